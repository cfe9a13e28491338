package editor

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tailscale/hujson"
)

// SetMember gives a JSON file a value at a path of keys, and keeps every other
// byte: order, indentation, blank lines. Objects of the path that are not there
// are made. A file that says the same already comes back as it is. The error
// says why it is left alone.
func SetMember(text []byte, path []string, value any) ([]byte, error) {
	j, err := parseJSONC(text)
	if err != nil {
		return nil, err
	}
	at, depth := &j.root, 0
	for len(path) > 1 {
		object, ok := at.Value.(*hujson.Object)
		if !ok {
			return nil, &errShape{"something that should be an object is none"}
		}
		next, err := get(object, path[0])
		if err != nil {
			return nil, err
		}
		if next == nil {
			break
		}
		at, path, depth = next, path[1:], depth+1
	}
	for _, key := range slices.Backward(path[1:]) {
		value = map[string]any{key: value}
	}
	if j.inline(at, path[0], value) {
		return j.bytes(), nil
	}
	if err := j.set(at, depth, []member{{path[0], value}}); err != nil {
		return nil, err
	}
	return j.bytes(), nil
}

// inline adds a member to an object that stands on one line and holds some
// already, on that line, with blanks where the member before it has them.
func (j *jsonc) inline(at *hujson.Value, key string, value any) bool {
	object, ok := at.Value.(*hujson.Object)
	if !ok || len(object.Members) == 0 || bytes.ContainsAny(j.text[at.StartOffset:at.EndOffset], "\r\n") {
		return false
	}
	if have, err := get(object, key); have != nil || err != nil {
		return false
	}
	text, err := json.Marshal(value)
	if err != nil {
		return false
	}
	before := object.Members[len(object.Members)-1]
	last := before.Value.EndOffset
	member := "," + j.encode(key, 0) + ":" + string(text)
	if bytes.HasSuffix(j.text[before.Name.EndOffset:before.Value.StartOffset], []byte(" ")) {
		member = blanks(member)
	}
	j.edits = append(j.edits, splice{last, last, member})
	return true
}

// blanks puts a blank behind each comma and colon of compact JSON.
func blanks(compact string) string {
	var b strings.Builder
	text, escaped := false, false
	for _, r := range compact {
		b.WriteRune(r)
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			text = !text
		case !text && (r == ',' || r == ':'):
			b.WriteByte(' ')
		}
	}
	return b.String()
}
