package extensions

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/manifest"
)

// text is an answer that findings have places in. It is kept for as long as they
// may be shown.
type text struct {
	file    string
	content []byte
}

// maxTexts bounds what is kept of the answers of one program, in bytes.
const maxTexts = 64 << 20

// full reports whether a program has said as much as may be kept.
func (a *answer) full() bool {
	size := 0
	for _, t := range a.seen {
		size += len(t.content)
	}
	return size >= maxTexts
}

// tooMuch says that a program is not asked any further.
func tooMuch(i *Info) diag.Diagnostic {
	return diag.Diagnostic{
		Code: diag.ExtensionTooLong, Range: i.Range,
		Message: fmt.Sprintf("the extension %s answered with more than %d MiB in all", i.Name, maxTexts>>20),
		Fix:     "the extension has to answer with less; large data belongs in a file",
	}
}

// place is the name under which an answer's findings are told.
func place(extension, method, name string) string {
	file := host.OutputName(extension, method)
	if name != extension {
		file += " " + name
	}
	return file
}

// read spreads an answer over lines, so that its places mean something to
// people, and reads it strictly. null is nothing.
func (a *answer) read(file string, raw json.RawMessage, c *diag.Collector) *manifest.Node {
	content := spread(raw)
	a.seen = append(a.seen, text{file, content})
	n := manifest.ReadJSON(file, content, c)
	if n == nil || n.Kind == manifest.Null {
		return nil
	}
	return n
}

// spread writes a key or an element a line. What would become too long for
// reading by that stays as it came: deep nesting makes a thousand times as much
// of it.
func spread(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if spreadSize(raw) > manifest.MaxBytes || json.Indent(&b, raw, "", "  ") != nil {
		b.Reset()
		b.Write(raw)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// spreadSize is how long an answer becomes by spreading it, at most.
func spreadSize(raw []byte) int {
	size, depth, quoted := len(raw)+1, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			size += 1 + 2*depth
		case c == '}' || c == ']':
			depth--
			size += 1 + 2*depth
		case c == ',':
			size += 1 + 2*depth
		case c == ':':
			size++
		}
	}
	return size
}
