package editor

import (
	"bytes"
	"encoding/json"
	"slices"

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
// already, on that line.
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
	last := object.Members[len(object.Members)-1].Value.EndOffset
	j.edits = append(j.edits, splice{last, last, ", " + j.encode(key, 0) + ": " + string(text)})
	return true
}
