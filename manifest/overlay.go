package manifest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// part is one of the layers that a scenario sees: the root of the manifest or
// the scenario's overlay, each as written.
type part struct {
	path string // dotted; "" for the root
	node *Node
}

// rootPart is the manifest without its overlays.
func (l *loader) rootPart() part { return part{node: l.root} }

// overlays are the declared scenarios, in the order of the file.
func (l *loader) overlays() []part {
	var out []part
	for _, m := range members(l.object("scenarios")) {
		if objectOf(m.Value) != nil {
			out = append(out, part{memberPath("scenarios", m.Key), m.Value})
		}
	}
	return out
}

// slice is what the scenario sees, lowest layer first: the root and, where it
// is declared, the scenario's overlay (spec §14).
func (l *loader) slice(scenario string) []part {
	out := []part{l.rootPart()}
	if overlay := objectOf(l.object("scenarios").Get(scenario)); overlay != nil {
		out = append(out, part{memberPath("scenarios", scenario), overlay})
	}
	return out
}

// get returns the value at a key of the part and its path.
func (p part) get(key string) (*Node, string) { return p.node.Get(key), memberPath(p.path, key) }

// object is get for an object; nil for anything else.
func (p part) object(key string) (*Node, string) {
	n, path := p.get(key)
	return objectOf(n), path
}

// placed is a member with the path that the file has it at.
type placed struct {
	Member
	path string
}

// byName merges the objects at a key of several parts: a member takes the place
// of the one of the same name below it; new names come after it, sorted (spec
// §8.2). at is the place of the lowest object; ok is false without any.
func byName(parts []part, key string) (out []placed, at diag.Range, ok bool) {
	for _, p := range parts {
		n, path := p.object(key)
		if n == nil {
			continue
		}
		if !ok {
			at, ok = n.Range, true
		}
		known := len(out)
		for _, m := range n.Members {
			entry := placed{m, memberPath(path, m.Key)}
			if i := slices.IndexFunc(out, func(o placed) bool { return o.Key == m.Key }); i >= 0 {
				out[i] = entry
				continue
			}
			out = append(out, entry)
		}
		if known > 0 {
			slices.SortFunc(out[known:], func(a, b placed) int { return cmp.Compare(a.Key, b.Key) })
		}
	}
	return out, at, ok
}

// named is the section of the active scenario whose members replace each other
// by name, expanded; paths says where the file has each.
func (l *loader) named(key string) (section *Node, paths map[string]string) {
	found, at, ok := byName(l.parts, key)
	if !ok {
		return nil, nil
	}
	section, paths = &Node{Kind: Object, Range: at}, make(map[string]string, len(found))
	for _, m := range found {
		paths[m.Key] = m.path
		m.Value = l.x.tree(m.Value, m.path, l.c)
		section.Members = append(section.Members, m.Member)
	}
	return section, paths
}

// conf is odoo_conf of the active scenario, expanded: an option takes the place
// of the same option of the same section below it (spec §14).
func (l *loader) conf() *Node {
	sections, at, ok := confSections(l.parts)
	if !ok {
		return nil
	}
	out := &Node{Kind: Object, Range: at}
	for _, s := range sections {
		section := *s.Value
		section.Members = nil
		for _, option := range s.options {
			option.Value = l.x.tree(option.Value, option.path, l.c)
			section.Members = append(section.Members, option.Member)
		}
		s.Value = &section
		out.Members = append(out.Members, s.Member)
	}
	return out
}

// confSection is one section of odoo_conf with its options from all layers.
type confSection struct {
	Member
	options []placed
}

func confSections(parts []part) (out []confSection, at diag.Range, ok bool) {
	names, at, ok := byName(parts, "odoo_conf")
	for _, name := range names {
		if objectOf(name.Value) == nil {
			continue // a fault of structure
		}
		var layers []part
		for _, p := range parts {
			if n, path := p.object("odoo_conf"); n != nil {
				layers = append(layers, part{path, n})
			}
		}
		options, _, _ := byName(layers, name.Key)
		out = append(out, confSection{name.Member, options})
	}
	return out, at, ok
}

// texts are the strings of the lists at a key, of all layers: blank ones left
// out with a warning, and of equal ones the first (spec §14).
func (l *loader) texts(key string) []listed {
	var out []listed
	seen := make(map[string]bool)
	for _, p := range l.parts {
		n, path := p.get(key)
		if n == nil || n.Kind != Array {
			continue
		}
		for i, item := range n.Items {
			if item.Kind != String {
				continue
			}
			at := l.path(itemPath(path, i))
			trimmed := strings.TrimSpace(item.Text)
			if trimmed == "" {
				l.report(diag.ManifestBlankItem, diag.Warning, item.Range, at, "the entry is empty and is ignored", "remove it")
			}
			if trimmed == "" || seen[trimmed] {
				continue
			}
			seen[trimmed] = true
			out = append(out, listed{item, at})
		}
	}
	return out
}

// listed is an item of a list with its path.
type listed struct {
	node *Node
	path string
}

// secrets is the `secrets` block of the active scenario: `required` and
// `provider` of an overlay take the place of the root's, keys are added (spec
// §4.3).
func (l *loader) secrets() *Node {
	fields, at, ok := byName(l.parts, "secrets")
	if !ok {
		return nil
	}
	out := &Node{Kind: Object, Range: at}
	for _, f := range fields {
		if f.Key == "keys" && f.Value.Kind == Array {
			keys := *f.Value
			keys.Items = l.secretKeys()
			f.Value = &keys
		}
		out.Members = append(out.Members, f.Member)
	}
	return out
}

func (l *loader) secretKeys() []*Node {
	var out []*Node
	for _, p := range l.parts {
		secrets, _ := p.object("secrets")
		keys := secrets.Get("keys")
		if keys == nil || keys.Kind != Array {
			continue
		}
		for _, key := range keys.Items {
			again := slices.ContainsFunc(out, func(o *Node) bool { return o.Kind == key.Kind && o.Text == key.Text })
			if !again {
				out = append(out, key)
			}
		}
	}
	return out
}

// patches are the layers of service_patches of the active scenario, lowest
// first, expanded. They stay apart because each is applied to what the one
// below has made: list operations of both count (design §2, decision 5).
func (l *loader) patches() []PatchLayer {
	var out []PatchLayer
	for _, p := range l.parts {
		if n, path := p.object("service_patches"); n != nil {
			out = append(out, PatchLayer{Path: path, Patches: l.x.tree(n, path, l.c)})
		}
	}
	return out
}

// Overlaid reports whether a place is inside the overlay of the active scenario.
func (m *Manifest) Overlaid(at diag.Range) bool {
	overlay := m.Scenarios.Get(m.Scenario)
	return overlay != nil && !at.Start.IsZero() && at.File == overlay.Range.File && covers(overlay.Range, at.Start)
}

// Located returns findings about the document with the paths that the manifest
// has: a fault of a service that an overlay brings stands in that overlay.
func (m *Manifest) Located(found diag.List) diag.List {
	out := slices.Clone(found)
	for i := range out {
		if m.Overlaid(out[i].Range) {
			out[i].Path = m.Document.PathAt(out[i].Range.Start)
		}
	}
	return out
}
