package manifest

import "github.com/go-json-experiment/json/jsontext"

// indentation of a manifest that devpm writes, as in odpm's.
const indentation = "    "

// appendNode writes a tree as JSON, one member or item a line.
func appendNode(b []byte, n *Node, depth int) []byte {
	line := func(b []byte, depth int) []byte {
		b = append(b, '\n')
		for range depth {
			b = append(b, indentation...)
		}
		return b
	}
	switch n.Kind {
	case Object:
		if len(n.Members) == 0 {
			return append(b, "{}"...)
		}
		b = append(b, '{')
		for i, m := range n.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(line(b, depth+1), m.Key), ": "...)
			b = appendNode(b, m.Value, depth+1)
		}
		return append(line(b, depth), '}')
	case Array:
		if len(n.Items) == 0 {
			return append(b, "[]"...)
		}
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendNode(line(b, depth+1), item, depth+1)
		}
		return append(line(b, depth), ']')
	case String:
		return appendText(b, n.Text)
	case Null:
		return append(b, "null"...)
	default: // numbers keep their digits
		return append(b, n.Text...)
	}
}

// appendText writes a JSON string; the reader has let no bytes through that it
// could not write.
func appendText(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
