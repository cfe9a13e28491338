package editor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// jsonc is a file of Visual Studio Code: JSON in which users write comments
// and leave commas behind. Edits are splices of its bytes, so everything that
// is not edited stays as it was.
type jsonc struct {
	text   []byte
	root   hujson.Value
	unit   string // one level of indentation
	breaks string // how lines end
	edits  []splice
}

type splice struct {
	from, to int
	text     string
}

// member is one key that devpm owns, with its value.
type member struct {
	key   string
	value any
}

// errShape is a file that is well formed and holds something else than Visual
// Studio Code puts there.
type errShape struct{ message string }

func (e *errShape) Error() string { return e.message }

// parseJSONC reads a file whose top is an object; an empty one counts as {}.
func parseJSONC(text []byte) (*jsonc, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte("{\n}\n")
	}
	root, err := hujson.Parse(bytes.Clone(text))
	if err != nil {
		return nil, fmt.Errorf("it is not JSON, even with comments: %w", errors.New(strings.TrimPrefix(err.Error(), "hujson: ")))
	}
	object, ok := root.Value.(*hujson.Object)
	if !ok {
		return nil, &errShape{"its top is not an object"}
	}
	j := &jsonc{text: text, root: root, unit: "    ", breaks: newline(text)}
	if len(object.Members) > 0 {
		if indent, ok := j.indentAt(object.Members[0].Name.StartOffset); ok && indent != "" {
			j.unit = indent
		}
	}
	return j, nil
}

// indentAt is the white space before an offset, if nothing else is on its line.
func (j *jsonc) indentAt(offset int) (string, bool) {
	line := j.text[bytes.LastIndexByte(j.text[:offset], '\n')+1 : offset]
	return string(line), bytes.IndexByte(j.text[:offset], '\n') >= 0 && len(bytes.Trim(line, " \t")) == 0
}

// get finds a member by key. A key that is there twice has no single meaning.
func get(object *hujson.Object, key string) (*hujson.Value, error) {
	var found *hujson.Value
	for i := range object.Members {
		m := &object.Members[i]
		if name, ok := m.Name.Value.(hujson.Literal); !ok || name.String() != key {
			continue
		}
		if found != nil {
			return nil, &errShape{fmt.Sprintf("it has the key %q twice", key)}
		}
		found = &m.Value
	}
	return found, nil
}

// decoded is a value without comments, as encoding/json reads it.
func decoded(v hujson.Value) any {
	plain := v.Clone()
	plain.Standardize()
	return decode(plain.Pack())
}

func decode(text []byte) any {
	var out any
	if json.Unmarshal(text, &out) != nil {
		return nil
	}
	return out
}

// encode writes a value as it stands at a depth of the file.
func (j *jsonc) encode(value any, depth int) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(strings.Repeat(j.unit, depth), j.unit)
	if err := e.Encode(value); err != nil {
		panic(err) // strings, numbers, lists and objects of them
	}
	return strings.ReplaceAll(strings.TrimSpace(b.String()), "\n", j.breaks)
}

// set gives an object at a depth its own members: missing ones are added, and
// others replaced where they mean something else.
func (j *jsonc) set(at *hujson.Value, depth int, members []member) error {
	object, ok := at.Value.(*hujson.Object)
	if !ok {
		return &errShape{"something that should be an object is none"}
	}
	var missing []string
	for _, m := range members {
		text := j.encode(m.value, depth+1)
		have, err := get(object, m.key)
		switch {
		case err != nil:
			return err
		case have == nil:
			missing = append(missing, j.encode(m.key, 0)+": "+text)
		case !reflect.DeepEqual(decoded(*have), decode([]byte(text))):
			j.edits = append(j.edits, splice{have.StartOffset, have.EndOffset, text})
		}
	}
	last := -1
	if n := len(object.Members); n > 0 {
		last = object.Members[n-1].Value.EndOffset
	}
	j.insert(*at, last, depth, missing)
	return nil
}

// append adds elements to the end of an array at a depth.
func (j *jsonc) append(at *hujson.Value, depth int, elements ...any) error {
	array, ok := at.Value.(*hujson.Array)
	if !ok {
		return &errShape{"something that should be a list is none"}
	}
	texts := make([]string, len(elements))
	for i, e := range elements {
		texts[i] = j.encode(e, depth+1)
	}
	last := -1
	if n := len(array.Elements); n > 0 {
		last = array.Elements[n-1].EndOffset
	}
	j.insert(*at, last, depth, texts)
	return nil
}

// insert adds entries to an object or array behind its last entry, which ends
// at last; -1: it has none. A comma that stands after the last entry then
// stands after the new ones.
func (j *jsonc) insert(at hujson.Value, last, depth int, entries []string) {
	if len(entries) == 0 {
		return
	}
	line := j.breaks + strings.Repeat(j.unit, depth+1)
	text := line + strings.Join(entries, ","+line)
	if last >= 0 {
		j.edits = append(j.edits, splice{last, last, "," + text})
		return
	}
	inner := j.text[at.StartOffset+1 : at.EndOffset-1]
	if len(bytes.TrimSpace(inner)) == 0 {
		j.edits = append(j.edits, splice{at.StartOffset + 1, at.EndOffset - 1, text + j.breaks + strings.Repeat(j.unit, depth)})
		return
	}
	// A comment stands in it; the entries go in front.
	j.edits = append(j.edits, splice{at.StartOffset + 1, at.StartOffset + 1, text})
}

// bytes is the file with the edits.
func (j *jsonc) bytes() []byte {
	slices.SortStableFunc(j.edits, func(a, b splice) int { return a.from - b.from })
	var out []byte
	done := 0
	for _, e := range j.edits {
		out = append(append(out, j.text[done:e.from]...), e.text...)
		done = e.to
	}
	return append(out, j.text[done:]...)
}
