package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// The list operations of a patch (design decision 5).
const (
	opAppend = "$append"
	opRemove = "$remove"
)

// isOperation reports whether a patch value edits a list instead of replacing it.
func isOperation(n *manifest.Node) bool {
	return n.Kind == manifest.Object && slices.ContainsFunc(n.Members, func(m manifest.Member) bool {
		return strings.HasPrefix(m.Key, "$")
	})
}

// operands reads {"$append": […], "$remove": […]}; ok is false after a fault.
func (p *patcher) operands(patch *manifest.Node, path string) (add, remove []*manifest.Node, ok bool) {
	ok = true
	for _, m := range patch.Members {
		var into *[]*manifest.Node
		switch m.Key {
		case opAppend:
			into = &add
		case opRemove:
			into = &remove
		default:
			ok = false
			fix := "keep list operations and plain keys apart"
			if strings.HasPrefix(m.Key, "$") {
				fix = didYouMean(m.Key, []string{opAppend, opRemove}, "operations")
			}
			p.report(diag.PatchOperation, diag.Error, m.KeyRange, path, quote(m.Key)+" is no list operation", fix)
			continue
		}
		if m.Value.Kind != manifest.Array {
			ok = false
			p.report(diag.PatchOperation, diag.Error, m.Value.Range, path,
				quote(m.Key)+" takes a list, not "+kindName(m.Value.Kind), fmt.Sprintf("write {%q: [value]}", m.Key))
			continue
		}
		*into = m.Value.Items
	}
	return add, remove, ok
}

// operate edits a list, or removes keys from a map. What is removed goes
// first, so that an item can be moved to the end.
func (p *patcher) operate(base *value, patch *manifest.Node, path string) *value {
	add, remove, ok := p.operands(patch, path)
	if !ok {
		return base
	}
	if base == nil || base.kind == manifest.Null {
		base = &value{kind: manifest.Array, layer: p.layer, source: patch, replaced: base}
	}
	if base.kind != manifest.Array && (base.kind != manifest.Object || len(add) > 0) {
		p.report(diag.PatchNotAList, diag.Error, patch.Range, path,
			"the value to change is "+kindName(base.kind)+", not a list", "give the whole new value instead of a list operation")
		return base
	}
	out := *base
	out.items, out.members = slices.Clone(base.items), slices.Clone(base.members)
	changed := len(add) > 0
	for _, r := range remove {
		found := false
		out.items = slices.DeleteFunc(out.items, func(v *value) bool {
			gone := v.equal(fromNode(r, nil))
			found = found || gone
			return gone
		})
		if i := out.index(r.Text); i >= 0 && r.Kind == manifest.String {
			out.members = slices.Delete(out.members, i, i+1)
			found = true
		}
		changed = changed || found
		if !found {
			p.addNothingToRemove(r, base, path)
		}
	}
	for _, a := range add {
		out.items = append(out.items, fromNode(a, p.layer))
	}
	if !changed {
		return base
	}
	out.layer, out.source, out.replaced = p.layer, patch, base
	return &out
}

func (p *patcher) addNothingToRemove(r *manifest.Node, base *value, path string) {
	known := map[string]bool{}
	for _, item := range base.items {
		known[item.json()] = true
	}
	for _, m := range base.members {
		known[quote(m.key)] = true
	}
	what := string(appendJSON(nil, fromNode(r, nil), jsonStyle{}))
	fix := "remove it from $remove; the list is empty"
	if len(known) > 0 {
		fix = listed("remove it from $remove, or use one of: ", sortedKeys(known), 20)
	}
	p.report(diag.PatchNothingToRemove, diag.Warning, r.Range, path, "there is no "+what+" to remove", fix)
}
