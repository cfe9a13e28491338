package manifest

import "github.com/devpm/devpm/diag"

// Kind is the JSON type of a Node.
type Kind uint8

// The kinds of JSON value.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Node is one value of a manifest with its place in the source. Compose keys
// stay nodes all the way to the generated document, which is how every value
// there can be traced to a line.
type Node struct {
	Kind    Kind
	Text    string     // String: the value, after expansion; Number: its literal; Bool: "true" or "false"
	Raw     string     // String: the value as written, when expansion changed it; else empty
	Members []Member   // Object: in source order, keys unique
	Items   []*Node    // Array
	Range   diag.Range // of the value; the zero Range for values that no file holds
	Uses    []Use      // String: the variables and tokens that expansion read, in order
}

// Member is one key of an object.
type Member struct {
	Key      string
	KeyRange diag.Range
	Value    *Node
}

// Use records that expansion read a name, for `devpm explain`.
type Use struct {
	Name   string // "HELLO_PORT", "@service:db"
	Origin string // "environment", ".env:3", "~/.odpm/.env:1", "default", "unset"; "project" for the name of a service
}

// Get returns the member's value, or nil. It accepts a nil receiver.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Object {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Key == key {
			return n.Members[i].Value
		}
	}
	return nil
}

// Keys are the keys of an object in source order. It accepts a nil receiver.
func (n *Node) Keys() []string {
	if n == nil {
		return nil
	}
	var out []string
	for _, m := range n.Members {
		out = append(out, m.Key)
	}
	return out
}
