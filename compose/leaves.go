package compose

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Leaf is one value that reaches a container, or what containers share.
type Leaf struct {
	Path   string // canonical, as Explain spells it
	Value  string // canonical one-line JSON
	Range  diag.Range
	Secret bool // a secret was expanded into it
}

// inert are the keys of a service that no running container depends on. Compose
// leaves them out of its own comparison too: images and numbers of containers
// are looked at by themselves.
var inert = []string{"build", "pull_policy", "scale", "depends_on", "profiles", "develop"}

// Leaves lists the values of a service that its containers are made from, in
// document order. The entries of an environment have their name as path and
// text as value in both forms, so neither the form nor the order of keys tells
// two services apart. An unknown name has no leaves.
func (m *Model) Leaves(service string) []Leaf {
	v := m.services.get(service)
	if v == nil {
		return nil
	}
	top := joinKey("services", service)
	var out []Leaf
	for _, c := range (located{path: top, value: v}).children() {
		key := strings.TrimPrefix(c.path, top+".")
		if !isInert(key) {
			appendLeaves(&out, c, top)
		}
	}
	return out
}

// SharedLeaves lists the values of volumes, networks, configs and secrets.
func (m *Model) SharedLeaves() []Leaf {
	var out []Leaf
	for _, section := range m.root.members {
		if section.value == m.services || section.key == "name" || strings.HasPrefix(section.key, "x-") {
			continue
		}
		appendLeaves(&out, located{path: section.key, value: section.value}, "")
	}
	return out
}

func isInert(key string) bool {
	return strings.HasPrefix(key, "x-") || strings.HasPrefix(key, `["x-`) || slices.Contains(inert, key)
}

func appendLeaves(out *[]Leaf, l located, service string) {
	if service != "" && l.path == service+".deploy.replicas" {
		return
	}
	children := l.children()
	for _, c := range children {
		appendLeaves(out, c, service)
	}
	if len(children) > 0 {
		return
	}
	leaf := Leaf{Path: l.path, Value: l.value.json(), Range: l.value.rng(), Secret: holdsSecret(l.value)}
	switch {
	case l.hasEntry:
		leaf.Value = entryValue(l.value, l.entry)
	case service != "" && strings.HasPrefix(l.path, service+".environment") && l.value.kind != manifest.Null && l.value.kind != manifest.Object && l.value.kind != manifest.Array:
		text := l.value.text
		if l.value.kind == manifest.Number {
			text = numberLiteral(text)
		}
		leaf.Value = quote(text)
	}
	*out = append(*out, leaf)
}

// holdsSecret reports whether the value was made from a secret.
func holdsSecret(v *value) bool {
	if v.source == nil {
		return false
	}
	for _, u := range v.source.Uses {
		if strings.HasPrefix(u.Name, "@secret:") {
			return true
		}
	}
	return false
}
