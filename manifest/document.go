// Package manifest reads odpm.json: bytes to a Document with positions, then
// to a Manifest that is typed, checked and expanded.
//
// It does not read files or the environment itself (both come in as values),
// generates nothing, and knows neither Compose nor the engine.
package manifest

import "github.com/devpm/devpm/diag"

// Document is a manifest's source and its tree as written.
type Document struct {
	File   string // the name that diagnostics show
	Source []byte
	Root   *Node // unexpanded
}

// Range returns the place of the value at a JSON pointer; of its nearest
// parent when the document has no such value.
func (d *Document) Range(pointer string) diag.Range {
	_, n, _ := d.find(pointer)
	return n.Range
}

// KeyRange returns the place of the key of the member at a JSON pointer. For
// list items and absent members it is the nearest parent's key, for the root
// the root's own place.
func (d *Document) KeyRange(pointer string) diag.Range {
	key, n, _ := d.find(pointer)
	if key.File == "" && key.Start.IsZero() {
		return n.Range
	}
	return key
}

// Node returns the value at a JSON pointer as written, or nil.
func (d *Document) Node(pointer string) *Node {
	_, n, whole := d.find(pointer)
	if !whole {
		return nil
	}
	return n
}

// find walks as far along the pointer as the tree goes. It returns the range
// of the last key passed, the node reached and whether that is the whole way.
func (d *Document) find(pointer string) (key diag.Range, n *Node, whole bool) {
	n = d.Root
	for _, token := range splitPointer(pointer) {
		var next *Node
		switch n.Kind {
		case Object:
			for i := range n.Members {
				if n.Members[i].Key == token {
					key, next = n.Members[i].KeyRange, n.Members[i].Value
				}
			}
		case Array:
			if i, ok := listIndex(token); ok && i < len(n.Items) {
				next = n.Items[i]
			}
		}
		if next == nil {
			return key, n, false
		}
		n = next
	}
	return key, n, true
}

// PathAt is the dotted path of the innermost value whose key or text covers a
// position; "" for the root and for places outside of the document.
func (d *Document) PathAt(at diag.Position) string {
	path, n := "", d.Root
	for next := n; next != nil; n = next {
		next = nil
		for _, m := range n.Members {
			if covers(m.KeyRange, at) || covers(m.Value.Range, at) {
				path, next = memberPath(path, m.Key), m.Value
				break
			}
		}
		for i, item := range n.Items {
			if covers(item.Range, at) {
				path, next = itemPath(path, i), item
				break
			}
		}
	}
	return path
}

// covers reports whether a position is inside a range; its end is not.
func covers(r diag.Range, at diag.Position) bool {
	before := func(a, b diag.Position) bool { return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column }
	return !before(at, r.Start) && before(at, r.End)
}
