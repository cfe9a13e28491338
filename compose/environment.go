package compose

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// entry is one KEY=VALUE of a patch, from a list or a map.
type entry struct {
	key      string
	keyRange diag.Range
	node     *manifest.Node // where it is written
	text     string         // the value as text
	kind     manifest.Kind  // Null: the key alone, Compose takes the value from its environment
}

// entries merges KEY=VALUE pairs by key: the patch wins, and the base keeps its
// form and order. Without a base the patch's form stays.
func (p *patcher) entries(base *value, patch *manifest.Node, path string) *value {
	pairs, remove, ok := p.readEntries(patch, path)
	if !ok {
		return base
	}
	out := &value{kind: manifest.Array, layer: p.layer, source: patch}
	if patch.Kind == manifest.Object && !isOperation(patch) {
		out.kind = manifest.Object
	}
	if base != nil {
		if base.kind == manifest.Array || base.kind == manifest.Object {
			copied := *base
			copied.items, copied.members = slices.Clone(base.items), slices.Clone(base.members)
			out = &copied
		} else {
			out.replaced = base
		}
	}
	for _, r := range remove {
		if !out.removeEntry(r) {
			p.addNothingToRemove(r, out, path)
		}
	}
	for _, e := range pairs {
		p.setEntry(out, e, path)
	}
	return out
}

// setEntry writes one pair in the form of the base.
func (p *patcher) setEntry(base *value, e entry, path string) {
	v := &value{kind: manifest.String, layer: p.layer, source: e.node}
	if base.kind == manifest.Object {
		v.kind, v.text = e.kind, e.text
		v.replaced = base.get(e.key)
		p.shadows(v.replaced, v, e.node, joinKey(path, e.key))
		base.set(e.key, e.keyRange, v)
		return
	}
	v.text = e.key
	if e.kind != manifest.Null {
		v.text += "=" + e.text
	}
	// Compose lets the last of several entries win, so that is the one replaced,
	// and its predecessors, which had no effect, go.
	if at := lastEntry(base.items, e.key); at >= 0 {
		v.replaced = base.items[at]
		p.shadows(v.replaced, v, e.node, joinKey(path, e.key))
		first := slices.IndexFunc(base.items, func(i *value) bool { return entryKey(i) == e.key })
		base.items[first] = v
		rest := slices.DeleteFunc(base.items[first+1:], func(i *value) bool { return entryKey(i) == e.key })
		base.items = base.items[:first+1+len(rest)]
		return
	}
	base.items = append(base.items, v)
}

// removeEntry takes a KEY, or an exact KEY=VALUE, away.
func (v *value) removeEntry(r *manifest.Node) bool {
	if r.Kind != manifest.String {
		return false
	}
	key, _, pair := strings.Cut(r.Text, "=")
	if v.kind == manifest.Object {
		i := v.index(key)
		if i < 0 || pair && key+"="+v.members[i].value.text != r.Text {
			return false
		}
		v.members = slices.Delete(v.members, i, i+1)
		return true
	}
	before := len(v.items)
	v.items = slices.DeleteFunc(v.items, func(i *value) bool {
		return i.kind == manifest.String && (i.text == r.Text || !pair && entryKey(i) == key)
	})
	return len(v.items) < before
}

// readEntries reads a patch in any form: map, list, or list operations.
func (p *patcher) readEntries(patch *manifest.Node, path string) (pairs []entry, remove []*manifest.Node, ok bool) {
	ok = true
	fault := func(n *manifest.Node, at, message string) {
		ok = false
		p.report(diag.PatchEnvironment, diag.Error, n.Range, at, message, `write {"KEY": "value"} or ["KEY=value"]`)
	}
	items := patch.Items
	if isOperation(patch) {
		if items, remove, ok = p.operands(patch, path); !ok {
			return nil, nil, false
		}
	}
	for i, n := range items {
		at := joinIndex(path, i)
		if n.Kind != manifest.String {
			fault(n, at, "an entry is "+kindName(n.Kind)+", not text")
			continue
		}
		key, text, pair := strings.Cut(n.Text, "=")
		if key == "" {
			fault(n, at, "an entry has no name")
			continue
		}
		e := entry{key: key, keyRange: n.Range, node: n, text: text, kind: manifest.String}
		if !pair {
			e.kind = manifest.Null
		}
		pairs = append(pairs, e)
	}
	if isOperation(patch) {
		return pairs, remove, ok
	}
	for _, m := range patch.Members {
		at := joinKey(path, m.Key)
		switch {
		case m.Value.Kind == manifest.Object || m.Value.Kind == manifest.Array:
			fault(m.Value, at, "the value is "+kindName(m.Value.Kind)+", not text")
			continue
		case m.Key == "" || strings.Contains(m.Key, "="):
			fault(m.Value, at, quote(m.Key)+" is no name of a variable")
			continue
		}
		e := entry{key: m.Key, keyRange: m.KeyRange, node: m.Value, text: m.Value.Text, kind: m.Value.Kind}
		if e.kind == manifest.Number {
			e.text = numberLiteral(e.text)
		}
		pairs = append(pairs, e)
	}
	return pairs, nil, ok
}

// entryKey is the KEY of a KEY=VALUE item, or "".
func entryKey(v *value) string {
	key, _, _ := strings.Cut(v.textOf(), "=")
	return key
}

// lastEntry finds the item of a KEY=VALUE list that takes effect, or -1.
func lastEntry(items []*value, key string) int {
	for i, item := range slices.Backward(items) {
		if key != "" && entryKey(item) == key {
			return i
		}
	}
	return -1
}
