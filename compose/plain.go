package compose

import (
	"bytes"
	"path"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// PlainOptions say what a document without devpm needs beside the model.
type PlainOptions struct {
	ProjectName string // written as `name:`, so that containers and volumes stay the same
	// Moved are host paths, absolute, that have another place from now on, by
	// that place: relative to the project, with slashes.
	Moved map[string]string
}

// Plain is the document as a person keeps it once devpm is gone: with the
// project's name, paths inside of the project relative to it, and without what
// only devpm needs. It has no line that says it is generated.
func (m *Model) Plain(o PlainOptions) []byte {
	p := plainer{m: m, o: o}
	root := clone(m.root)
	if i := root.index("name"); i >= 0 {
		root.members = append(root.members[:i], root.members[i+1:]...)
	}
	root.members = append([]member{{key: "name", value: newText(o.ProjectName, nil)}}, root.members...)
	for _, s := range membersOf(root.get("services")) {
		p.service(s.value)
	}
	for _, section := range []string{"configs", "secrets"} {
		for _, s := range membersOf(root.get(section)) {
			p.key(s.value, "file")
		}
	}
	var out bytes.Buffer
	for _, top := range root.members {
		out.Write(encodeYAML(top))
	}
	return out.Bytes()
}

type plainer struct {
	m *Model
	o PlainOptions
}

func (p plainer) service(s *value) {
	if build := s.get("build"); build != nil && build.kind != manifest.Null {
		if i := s.index("pull_policy"); i >= 0 && s.members[i].value.textOf() == "never" {
			s.members = append(s.members[:i], s.members[i+1:]...)
		}
		p.key(s, "build")
		p.key(build, "context")
	}
	p.key(s, "env_file")
	for _, item := range itemsOf(s.get("env_file")) {
		p.text(item)
		p.key(item, "path")
	}
	for _, item := range itemsOf(s.get("volumes")) {
		mount, ok := readMount(item)
		if !ok || mount.kind != "bind" {
			continue
		}
		to, moved := p.place(mount.source)
		switch {
		case !moved:
		case item.kind == manifest.String:
			item.text = to + strings.TrimPrefix(item.text, mount.source)
		default:
			item.set("source", diag.Range{}, newText(to, nil))
		}
	}
}

// key changes the path in a member, if it is one.
func (p plainer) key(v *value, key string) {
	if v.is(manifest.Object) {
		p.text(v.get(key))
	}
}

func (p plainer) text(v *value) {
	if !v.is(manifest.String) || strings.Contains(v.text, "://") {
		return
	}
	if to, moved := p.place(v.text); moved {
		v.text = to
	}
}

// place is where an absolute path is from the project; false leaves it as it is.
func (p plainer) place(source string) (string, bool) {
	abs := filepath.Clean(p.m.absolute(source))
	for from, to := range p.o.Moved {
		if rel, err := filepath.Rel(from, abs); err == nil && filepath.IsLocal(rel) {
			return "./" + path.Join(to, filepath.ToSlash(rel)), true
		}
	}
	if !filepath.IsAbs(source) || p.m.input.ProjectDir == "" {
		return "", false
	}
	rel, err := filepath.Rel(p.m.input.ProjectDir, abs)
	switch {
	case err != nil || !filepath.IsLocal(rel):
		return "", false
	case rel == ".":
		return ".", true
	}
	return "./" + filepath.ToSlash(rel), true
}

// clone copies a value with all below it; provenance is left out.
func clone(v *value) *value {
	out := &value{kind: v.kind, text: v.text}
	for _, m := range v.members {
		out.members = append(out.members, member{key: m.key, value: clone(m.value)})
	}
	for _, item := range v.items {
		out.items = append(out.items, clone(item))
	}
	return out
}
