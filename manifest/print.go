package manifest

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// printWidth is how long a line may get before a list or object is spread
	// over several lines.
	printWidth  = 100
	printIndent = "  "
	// flatIndent is a level of a migrated manifest, as in odpm's.
	flatIndent = "    "
)

// Print writes a tree as a manifest that people edit: two blanks a level, keys
// in the order of the tree, lists and objects that fit on one line on one line,
// and a final newline. Strings are written as they are in Text.
func Print(n *Node) []byte { return printTree(n, printIndent, printWidth) }

// printTree is Print with lines of another form; with width 0 every list and
// object that is not empty is spread.
func printTree(n *Node, indent string, width int) []byte {
	p := printer{indent: indent, width: width}
	p.value(n, 0, 0)
	p.b.WriteByte('\n')
	return []byte(p.b.String())
}

type printer struct {
	b      strings.Builder
	indent string
	width  int
}

// value writes n, which starts after `used` columns at a level.
func (p *printer) value(n *Node, level, used int) {
	short := oneLine(n)
	if len(n.Items)+len(n.Members) == 0 || flat(n) && used+len(short) <= p.width && level > 0 {
		p.b.WriteString(short)
		return
	}
	indent := strings.Repeat(p.indent, level+1)
	open, end := "{\n", "}"
	if n.Kind == Array {
		open, end = "[\n", "]"
	}
	p.b.WriteString(open)
	line := func(i, count int, key string, v *Node) {
		p.b.WriteString(indent + key)
		p.value(v, level+1, len(indent)+len(key))
		if i < count-1 {
			p.b.WriteByte(',')
		}
		p.b.WriteByte('\n')
	}
	for i, m := range n.Members {
		line(i, len(n.Members), jsonString(m.Key)+": ", m.Value)
	}
	for i, item := range n.Items {
		line(i, len(n.Items), "", item)
	}
	p.b.WriteString(indent[len(p.indent):] + end)
}

// flat reports whether a list or object holds nothing but scalars, or nothing.
func flat(n *Node) bool {
	for _, item := range n.Items {
		if item.Kind == Object || item.Kind == Array {
			return false
		}
	}
	for _, m := range n.Members {
		if m.Value.Kind == Object || m.Value.Kind == Array {
			return false
		}
	}
	return true
}

func oneLine(n *Node) string {
	switch n.Kind {
	case Null:
		return "null"
	case Bool, Number:
		return n.Text
	case String:
		return jsonString(n.Text)
	case Array:
		parts := make([]string, len(n.Items))
		for i, item := range n.Items {
			parts[i] = oneLine(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		parts := make([]string, len(n.Members))
		for i, m := range n.Members {
			parts[i] = jsonString(m.Key) + ": " + oneLine(m.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
}

// jsonString is a JSON string. Bytes that are no UTF-8 become the replacement
// character; Parse lets none through.
func jsonString(s string) string {
	out, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil {
		return `""` // only invalid UTF-8 is refused
	}
	return string(out)
}
