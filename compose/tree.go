package compose

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// value is one node of the document. Unlike a manifest.Node it knows the layer
// that set it and what that layer replaced. Texts are what the container is to
// get; the second "$" that Compose needs is added when the document is written.
type value struct {
	kind     manifest.Kind
	text     string
	members  []member
	items    []*value
	layer    *layer
	source   *manifest.Node // where Range, Raw and Uses come from; nil for what devpm adds
	replaced *value         // nil when nothing was there before
	why      *Reason        // of what nobody wrote; nil for what is as written
}

type member struct {
	key      string
	keyRange diag.Range
	value    *value
}

// layer is shared by all values that one layer set.
type layer struct {
	kind LayerKind
	name string
}

// fromNode copies a tree of the manifest, a fragment or a built-in into the
// document.
func fromNode(n *manifest.Node, l *layer) *value {
	if n == nil {
		return &value{kind: manifest.Null, layer: l}
	}
	v := &value{kind: n.Kind, text: n.Text, layer: l, source: n}
	switch n.Kind {
	case manifest.Object:
		v.members = make([]member, len(n.Members))
		for i, m := range n.Members {
			v.members[i] = member{m.Key, m.KeyRange, fromNode(m.Value, l)}
		}
	case manifest.Array:
		v.items = make([]*value, len(n.Items))
		for i, item := range n.Items {
			v.items[i] = fromNode(item, l)
		}
	}
	return v
}

func newText(text string, l *layer) *value {
	return &value{kind: manifest.String, text: text, layer: l}
}

func newObject(l *layer) *value { return &value{kind: manifest.Object, layer: l} }

func (v *value) is(k manifest.Kind) bool { return v != nil && v.kind == k }

// index is the position of a member, or -1.
func (v *value) index(key string) int {
	if !v.is(manifest.Object) {
		return -1
	}
	for i := range v.members {
		if v.members[i].key == key {
			return i
		}
	}
	return -1
}

// get returns a member's value, or nil; it accepts a nil receiver.
func (v *value) get(key string) *value {
	if i := v.index(key); i >= 0 {
		return v.members[i].value
	}
	return nil
}

func (v *value) set(key string, keyRange diag.Range, to *value) {
	if i := v.index(key); i >= 0 {
		v.members[i].value = to
		return
	}
	v.members = append(v.members, member{key, keyRange, to})
}

// textOf is the text of a string value, else "".
func (v *value) textOf() string {
	if v.is(manifest.String) {
		return v.text
	}
	return ""
}

// isFalse reports whether the value is the boolean false.
func (v *value) isFalse() bool { return v.is(manifest.Bool) && v.text == "false" }

// isTrue reports whether the value is the boolean true, or a text that Compose
// reads as one.
func (v *value) isTrue() bool {
	return v != nil && (v.kind == manifest.Bool || v.kind == manifest.String) && slices.Contains([]string{"true", "y", "yes", "on"}, strings.ToLower(v.text))
}

// integer reads a whole number written as a number or as text.
func (v *value) integer() (int, bool) {
	if v == nil || v.kind != manifest.Number && v.kind != manifest.String {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(v.text))
	return n, err == nil
}

// rng is where the value is written; the zero Range when no file holds it.
func (v *value) rng() diag.Range {
	if v == nil || v.source == nil {
		return diag.Range{}
	}
	return v.source.Range
}

func (v *value) origin() Origin {
	o := Origin{}
	if v.layer != nil {
		o.Layer, o.Name = v.layer.kind, v.layer.name
	}
	if v.source != nil {
		o.Range, o.Raw, o.Uses = v.source.Range, v.source.Raw, v.source.Uses
	}
	if v.why != nil {
		o.Reason = *v.why
	}
	if v.replaced != nil {
		o.Replaced = &Replaced{Value: v.replaced.json(), Origin: v.replaced.origin()}
	}
	return o
}

// equal compares contents, not provenance. Objects are equal in any order of
// their keys.
func (v *value) equal(w *value) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.kind != w.kind || v.text != w.text || len(v.members) != len(w.members) || len(v.items) != len(w.items) {
		return false
	}
	for _, m := range v.members {
		if !m.value.equal(w.get(m.key)) {
			return false
		}
	}
	for i := range v.items {
		if !v.items[i].equal(w.items[i]) {
			return false
		}
	}
	return true
}

// json is the value as canonical one-line JSON, unescaped: what the container
// is to get.
func (v *value) json() string {
	return string(appendJSON(nil, v, jsonStyle{}))
}

// kindName says what a value is, for messages.
func kindName(k manifest.Kind) string {
	switch k {
	case manifest.Null:
		return "null"
	case manifest.Bool:
		return "a boolean"
	case manifest.Number:
		return "a number"
	case manifest.String:
		return "a string"
	case manifest.Array:
		return "a list"
	default:
		return "a map"
	}
}

// jsonStyle says how appendJSON writes.
type jsonStyle struct {
	indent bool // two spaces a level, one member a line
	escape bool // double "$", as Compose reads it
	sorted bool // members by name
	depth  int
}

func appendJSON(b []byte, v *value, s jsonStyle) []byte {
	inner := s
	inner.depth++
	line := func(b []byte, depth int) []byte {
		if !s.indent {
			return b
		}
		b = append(b, '\n')
		for range depth {
			b = append(b, "  "...)
		}
		return b
	}
	switch v.kind {
	case manifest.Object:
		if len(v.members) == 0 {
			return append(b, "{}"...)
		}
		b = append(b, '{')
		members := v.members
		if s.sorted {
			members = sortedMembers(members)
		}
		for i, m := range members {
			if i > 0 {
				b = append(b, ',')
			}
			b = line(b, inner.depth)
			b = appendQuoted(b, m.key)
			b = append(b, ':')
			if s.indent {
				b = append(b, ' ')
			}
			b = appendJSON(b, m.value, inner)
		}
		return append(line(b, s.depth), '}')
	case manifest.Array:
		if len(v.items) == 0 {
			return append(b, "[]"...)
		}
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = line(b, inner.depth)
			b = appendJSON(b, item, inner)
		}
		return append(line(b, s.depth), ']')
	case manifest.String:
		if s.escape {
			return appendQuoted(b, escapeDollars(v.text))
		}
		return appendQuoted(b, v.text)
	case manifest.Number:
		return append(b, numberLiteral(v.text)...)
	case manifest.Bool:
		return append(b, v.text...)
	default:
		return append(b, "null"...)
	}
}

// appendQuoted writes a JSON string. Bytes that are no UTF-8 become U+FFFD:
// neither JSON nor YAML can carry them.
func appendQuoted(b []byte, s string) []byte {
	b, err := jsontext.AppendQuote(b, s)
	if err != nil {
		// AppendQuote has already written the text with U+FFFD in place.
		return b
	}
	return b
}

// escapeDollars doubles every "$", because Compose interpolates every string
// of the file it reads (design decision 3).
func escapeDollars(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// numberLiteral writes a JSON number so that JSON, YAML 1.1 and YAML 1.2 read
// the same one: YAML 1.1 takes 1e3 for text.
func numberLiteral(s string) string {
	if !strings.ContainsAny(s, "eE") {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	if out := strconv.FormatFloat(f, 'f', -1, 64); len(out) <= 40 {
		return out
	}
	return s
}
