package compose

import (
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// FixedName is a name that the document gives itself, in place of one that Compose
// makes from the project's name: it is the same in every work tree.
type FixedName struct {
	Kind    string // container, volume, network
	Name    string
	Service string // in the document, of a container; "" for the others
	Range   diag.Range
	Path    string
}

// FixedNames lists them in document order. What is external is shared on purpose
// and is left out.
func (m *Model) FixedNames() []FixedName {
	var out []FixedName
	add := func(kind, service, path string, named *value) {
		if name := named.textOf(); name != "" {
			out = append(out, FixedName{Kind: kind, Name: name, Service: service, Range: named.rng(), Path: path})
		}
	}
	for _, s := range membersOf(m.services) {
		add("container", s.key, joinKey("services", s.key)+".container_name", s.value.get("container_name"))
	}
	for _, section := range []string{"volumes", "networks"} {
		for _, e := range membersOf(m.root.get(section)) {
			if external := e.value.get("external"); external.isTrue() || external.is(manifest.Object) {
				continue
			}
			add(section[:len(section)-1], "", joinKey(section, e.key)+".name", e.value.get("name"))
		}
	}
	return out
}
