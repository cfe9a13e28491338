package manifest

import (
	"encoding/json"
	"strings"

	"github.com/devpm/devpm/diag"
)

// Provided is what extensions add that a manifest can refer to.
type Provided struct {
	Services []string
	Open     bool // there are extensions whose answers are not known
}

// View is the manifest as extensions see it (spec §12, ExtensionHostContext):
// JSON texts, none of which holds a secret.
type View struct {
	Manifest json.RawMessage // the whole file in the shape of schema 2, expanded but for hooks
	Services json.RawMessage // as in effect in the active scenario
	Patches  json.RawMessage // by service, the layers merged key by key
	Hooks    json.RawMessage // by phase, as written
	Locks    json.RawMessage
}

// View makes the texts. Values are expanded with the environment and the tokens
// that the manifest was read with; in place of a secret stands "<secret:KEY>".
func (m *Manifest) View(e *Environment, tokens Tokens) View {
	tokens.Secret = func(key string) (string, string, *TokenFault) { return secretMask + key + ">", "", nil }
	v := viewer{x: NewExpander(e, tokens)}
	root := &Node{Kind: Object}
	for _, member := range members(m.root) {
		if member.Key != "hooks" {
			member.Value = v.expanded(member.Value)
		}
		root.Members = append(root.Members, member)
	}
	hooks := &Node{Kind: Object}
	for _, phase := range phases {
		if len(m.Hooks[phase]) > 0 {
			hooks.Members = append(hooks.Members, Member{Key: phase, Value: hookNodes(m.Hooks[phase])})
		}
	}
	return View{
		Manifest: raw(root), Services: raw(v.expanded(m.Services)), Patches: raw(v.patches(m.Patches)), Hooks: raw(hooks), Locks: raw(m.Locks),
	}
}

// secretMask starts what stands in the place of a secret that is not told, or not
// known yet.
const secretMask = "<secret:"

// raw is a tree as JSON; an absent one is an object without keys.
func raw(n *Node) json.RawMessage {
	if n == nil {
		return json.RawMessage("{}")
	}
	return json.RawMessage(oneLine(n))
}

type viewer struct{ x *Expander }

// expanded is a copy whose strings are expanded from what was written.
func (v viewer) expanded(n *Node) *Node {
	if n == nil {
		return nil
	}
	out := *n
	switch n.Kind {
	case String:
		text := n.Text
		if n.Raw != "" {
			text = n.Raw
		}
		if strings.Contains(text, "$") {
			// Faults are told where the manifest is read.
			out.Text, _ = v.x.Expand(text, n.Range, "", &diag.Collector{})
		}
	case Array:
		out.Items = make([]*Node, len(n.Items))
		for i, item := range n.Items {
			out.Items[i] = v.expanded(item)
		}
	case Object:
		out.Members = make([]Member, len(n.Members))
		for i, member := range n.Members {
			member.Value = v.expanded(member.Value)
			out.Members[i] = member
		}
	}
	return &out
}

// patches merges layers: a later one replaces the keys that it has.
func (v viewer) patches(layers []PatchLayer) *Node {
	out := &Node{Kind: Object}
	for _, layer := range layers {
		for _, service := range members(layer.Patches) {
			into := out.Get(service.Key)
			if into == nil {
				into = &Node{Kind: Object}
				out.Members = append(out.Members, Member{Key: service.Key, Value: into})
			}
			for _, key := range members(v.expanded(service.Value)) {
				if i := memberIndex(into, key.Key); i >= 0 {
					into.Members[i] = key
				} else {
					into.Members = append(into.Members, key)
				}
			}
		}
	}
	return out
}

func memberIndex(n *Node, key string) int {
	for i := range n.Members {
		if n.Members[i].Key == key {
			return i
		}
	}
	return -1
}

// hookNodes writes entries in odpm's two forms where these say everything.
func hookNodes(entries []HookEntry) *Node {
	out := &Node{Kind: Array}
	for _, e := range entries {
		if e.Plugin != "" {
			out.Items = append(out.Items, &Node{Kind: String, Text: e.Plugin})
			continue
		}
		argv := &Node{Kind: Array}
		for _, word := range e.Run {
			argv.Items = append(argv.Items, &Node{Kind: String, Text: word.Raw})
		}
		out.Items = append(out.Items, argv)
	}
	return out
}
