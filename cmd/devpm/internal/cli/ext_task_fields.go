package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// taskFields are the fields of a command as the protocol has them: those of a
// file, and over them those of the command line.
type taskFields struct {
	values  map[string]json.RawMessage
	secrets map[string]string // texts below keys that name a secret, to be masked
}

const fieldFix = "write --field KEY=VALUE, --field 'KEY[]=VALUE' for one of a list, or --field KEY.PART=VALUE for a part of an object"

// readTaskFields reads the fields of both kinds. What is wrong with them is all
// said at once; a value is never shown.
func readTaskFields(app *App, o extTaskLaunchOptions) (taskFields, error) {
	f := taskFields{values: map[string]json.RawMessage{}, secrets: map[string]string{}}
	var c diag.Collector
	if o.FieldsFile != "" {
		if err := f.file(app, o.FieldsFile, &c); err != nil {
			return f, err
		}
	}
	f.line(o.Fields, &c)
	if err := c.Err(); err != nil {
		return f, err
	}
	app.warn(c.List())
	for key, raw := range f.values {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return f, fmt.Errorf("reading the field %s: %w", key, err)
		}
		f.mask(key, key, v)
	}
	return f, nil
}

// file reads an object of fields. Its text is not kept for snippets: it may hold
// secrets.
func (f taskFields) file(app *App, name string, c *diag.Collector) error {
	shown := name
	var src []byte
	var err error
	if name == "-" {
		shown = "standard input"
		src, err = io.ReadAll(io.LimitReader(app.Streams.In, manifest.MaxBytes+1))
	} else {
		src, err = readConfig(app.path(name))
	}
	if err != nil {
		return fault(diag.TaskField, shown, "the fields cannot be read: "+cause(err), "name a file that you can read, or - for standard input")
	}
	var found diag.Collector
	root := manifest.ReadJSON(shown, src, &found)
	if root != nil && root.Kind != manifest.Object {
		found.Add(diag.Diagnostic{Code: diag.TaskField, Range: root.Range, Message: "the fields are " + root.Describe() + ", not an object",
			Fix: `write an object: {"action": ["start"], "target": "shop"}`})
	}
	for _, d := range found.List() {
		d.Code = diag.TaskField // the rules of JSON are the manifest's, the file is none
		c.Add(d)
	}
	if found.HasErrors() {
		return nil
	}
	return json.Unmarshal(src, &f.values)
}

// line reads --field flags. They replace a field of the file as a whole.
func (f taskFields) line(flags []string, c *diag.Collector) {
	type parts = map[string]json.RawMessage
	lists, objects, texts, kinds := map[string][]json.RawMessage{}, map[string]parts{}, parts{}, map[string]string{}
	for _, flag := range flags {
		key, value, ok := strings.Cut(flag, "=")
		name, part, dotted := strings.Cut(key, ".")
		name, list := strings.CutSuffix(name, "[]")
		kind := "text"
		switch {
		case dotted:
			kind = "object"
		case list:
			kind = "list"
		}
		_, twice := texts[name]
		if dotted {
			_, twice = objects[name][part]
		}
		before := kinds[name]
		wrong := ""
		switch {
		case !ok:
			wrong = "has no value" // the flag is not shown: it may be a secret
		case name == "" || dotted && part == "" || dotted && list:
			wrong = fmt.Sprintf("%q is no name of a field", key)
		case before != "" && before != kind:
			wrong = fmt.Sprintf("%s is given as %s and as %s", name, before, kind)
		case twice:
			wrong = fmt.Sprintf("%s is given twice", key)
		}
		if wrong != "" {
			c.Add(diag.Diagnostic{Code: diag.TaskField, Path: "--field", Message: wrong, Fix: fieldFix})
			continue
		}
		if namesSecret(key) {
			c.Add(diag.Diagnostic{Code: diag.TaskSecret, Severity: diag.Warning, Path: "--field " + key,
				Message: "others on this machine can read the command line, and this looks like a secret", Fix: "write it as JSON to standard input: --fields -"})
		}
		kinds[name] = kind
		switch {
		case dotted:
			if objects[name] == nil {
				objects[name] = parts{}
			}
			objects[name][part] = fieldValue(value)
		case list:
			lists[name] = append(lists[name], fieldValue(value))
		default:
			texts[name] = fieldValue(value)
		}
	}
	maps.Copy(f.values, texts)
	for name, v := range lists {
		f.values[name] = asJSON(v)
	}
	for name, v := range objects {
		f.values[name] = asJSON(v)
	}
}

// fieldValue is a value of the command line: JSON is taken as such, other text
// as a string.
func fieldValue(text string) json.RawMessage {
	if raw := json.RawMessage(text); json.Valid(raw) {
		return raw
	}
	return asJSON(text)
}

func asJSON(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, and JSON in lists and maps
	}
	return out
}

// mask notes the texts of a field that names a secret, whole or in a part.
func (f taskFields) mask(at, key string, v any) {
	switch v := v.(type) {
	case string:
		if namesSecret(key) {
			f.secrets[at] = v
		}
	case []any:
		for i, item := range v {
			f.mask(fmt.Sprintf("%s[%d]", at, i), key, item)
		}
	case map[string]any:
		for part, item := range v {
			f.mask(at+"."+part, key+"."+part, item)
		}
	}
}

// namesSecret reports whether a key says that its value is a secret.
func namesSecret(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc([]string{"password", "passwd", "passphrase", "secret", "token", "private_key", "privatekey", "api_key", "apikey"},
		func(word string) bool { return strings.Contains(key, word) })
}
