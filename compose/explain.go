package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/manifest"
)

// UnknownPathError says that a document has no value at a path.
type UnknownPathError struct {
	Path  string
	Known string   // the part of the path that exists, canonical; "" for the top
	Near  []string // paths that the user may have meant, closest first
}

// Error names the path and the nearest one.
func (e *UnknownPathError) Error() string {
	text := fmt.Sprintf("the document has no %s", e.Path)
	if len(e.Near) > 0 {
		text += "; near it: " + strings.Join(e.Near, ", ")
	}
	return text
}

// Explain says where the value at a dotted path comes from. Keys that hold
// dots are found as they are (services.my.svc.image) or in quotes
// (services["my.svc"].image), list items as ports[0], and the entries of an
// environment by name in both of its forms. Services, volumes and networks of the
// stack are found by the manifest's name and by the document's. The error is
// *UnknownPathError.
func (m *Model) Explain(path string) (Explanation, error) {
	l, ok := m.find(path)
	if !ok {
		return Explanation{}, m.unknown(path)
	}
	return explain(l), nil
}

// Origin is where the value at a path comes from.
func (m *Model) Origin(path string) (Origin, bool) {
	l, ok := m.find(path)
	if !ok {
		return Origin{}, false
	}
	return l.value.origin(), true
}

// Paths lists every leaf in its canonical spelling, sorted. Empty maps and
// lists are leaves.
func (m *Model) Paths() []string {
	var out []string
	collect(located{value: m.root}, &out)
	slices.Sort(out)
	return slices.Compact(out)
}

func collect(l located, out *[]string) {
	children := l.children()
	if len(children) == 0 && l.path != "" {
		*out = append(*out, l.path)
	}
	for _, c := range children {
		collect(c, out)
	}
}

func (m *Model) find(path string) (located, bool) {
	steps := splitPath(path)
	if len(steps) == 0 {
		return located{}, false
	}
	l, ok := find(m.root, "", steps)
	if physical, renamed := m.physicalPath(steps); !ok && renamed {
		return find(m.root, "", physical)
	}
	return l, ok
}

// children are the values below, each with its canonical path.
func (l located) children() []located {
	if l.hasEntry {
		return nil
	}
	var out []located
	for _, m := range l.value.members {
		out = append(out, located{path: joinKey(l.path, m.key), value: m.value})
	}
	named := isEnvironmentPath(l.path)
	for i, item := range l.value.items {
		c := located{path: joinIndex(l.path, i), value: item}
		if key := entryKey(item); named && key != "" && lastEntry(l.value.items, key) == i {
			c = located{path: joinKey(l.path, key), value: item, entry: key, hasEntry: true}
		}
		out = append(out, c)
	}
	return out
}

// explain describes a value and what is below it. An environment entry in list
// form is shown as its value; one without a value is null, as in the map form.
func explain(l located) Explanation {
	e := Explanation{Path: l.path, Value: l.value.json(), Origin: l.value.origin()}
	if l.hasEntry {
		e.Value = entryValue(l.value, l.entry)
		for r, v := e.Origin.Replaced, l.value.replaced; r != nil && v != nil; r, v = r.Origin.Replaced, v.replaced {
			r.Value = entryValue(v, l.entry)
		}
	}
	for _, c := range l.children() {
		e.Children = append(e.Children, explain(c))
	}
	return e
}

func entryValue(v *value, key string) string {
	if v.kind != manifest.String {
		return v.json()
	}
	if v.text == key {
		return "null"
	}
	return quote(strings.TrimPrefix(v.text, key+"="))
}

// unknown finds how far a path leads and what there is beyond.
func (m *Model) unknown(path string) *UnknownPathError {
	e := &UnknownPathError{Path: path}
	steps := splitPath(path)
	if physical, renamed := m.physicalPath(steps); renamed {
		steps = physical
	}
	at := located{value: m.root}
	missing := path
	for n := len(steps) - 1; n > 0; n-- {
		if l, ok := find(m.root, "", steps[:n]); ok {
			at, missing = l, steps[n].text
			break
		}
	}
	if at.path == "" && len(steps) > 0 {
		missing = steps[0].text
	}
	e.Known = at.path
	paths := map[string]string{}
	for _, c := range at.children() {
		name := strings.TrimPrefix(strings.TrimPrefix(c.path, at.path), ".")
		paths[name] = c.path
	}
	names := near(missing, sortedKeys(paths), 3)
	if len(names) == 0 { // nothing is spelled like it: show what there is
		names = sortedKeys(paths)
		names = names[:min(8, len(names))]
	}
	for _, n := range names {
		e.Near = append(e.Near, paths[n])
	}
	return e
}
