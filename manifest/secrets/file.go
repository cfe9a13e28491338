package secrets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Where the secrets of a project are, relative to it (spec §4.1).
const (
	Path        = ".odpm/secrets.json"
	ExamplePath = ".odpm/secrets.example.json"
	RuntimePath = ".odpm/runtime/secrets.json"
)

// The copy that a container finds, and the variable that names it (spec §4.1).
const (
	ContainerPath     = "/run/odpm/secrets.json"
	ContainerVariable = "ODPM_SECRETS_PATH"
)

// fileVersion is the "schema_version" that a secrets file must have.
const fileVersion = "1"

// File is a secrets file that was read.
type File struct {
	Name   string // as diagnostics show it
	Values map[string]string
	At     map[string]diag.Range // where each value stands
}

// Read reads a secrets file: an object with schema_version 1 and `secrets`, an
// object of strings (spec §4.1). Every fault is reported, none with a value; nil
// means that the file cannot be used.
func Read(name string, src []byte, c *diag.Collector) *File {
	fail := func(at diag.Range, path, message, fix string) {
		c.Add(diag.Diagnostic{Code: diag.SecretsFile, Range: at, Path: path, Message: message, Fix: fix})
	}
	root, ok := parse(name, src, fail)
	if !ok {
		return nil
	}
	for _, m := range root.Members {
		if m.Key != "schema_version" && m.Key != "secrets" {
			ok = false
			fail(m.KeyRange, m.Key, "a secrets file has no such key", `move it into "secrets", or remove it`)
		}
	}
	version := root.Get("schema_version")
	switch {
	case version == nil:
		ok = false
		fail(root.Range, "schema_version", "the schema version is missing", `add "schema_version": 1`)
	case version.Kind != manifest.Number || version.Text != fileVersion:
		ok = false
		fail(version.Range, "schema_version", "this is no schema version that devpm reads", "write 1")
	}
	table := root.Get("secrets")
	if table == nil || table.Kind != manifest.Object {
		at := root.Range
		if table != nil {
			at = table.Range
		}
		fail(at, "secrets", "the secrets are missing", `write "secrets": {"KEY": "value"}`)
		return nil
	}
	f := &File{Name: name, Values: map[string]string{}, At: map[string]diag.Range{}}
	for _, m := range table.Members {
		switch {
		case strings.TrimSpace(m.Key) == "":
			ok = false
			fail(m.KeyRange, "secrets", "a secret has a blank name", "give it a name, or remove it")
		case m.Value.Kind != manifest.String:
			ok = false
			fail(m.Value.Range, "secrets."+m.Key, "the value of a secret must be a string", "put it in quotes")
		default:
			f.Values[m.Key], f.At[m.Key] = m.Value.Text, m.Value.Range
		}
	}
	if !ok {
		return nil
	}
	return f
}

// parse reads JSON strictly. What the reader of manifests says of a text may
// quote from it, so only its place is kept.
func parse(name string, src []byte, fail func(at diag.Range, path, message, fix string)) (*manifest.Node, bool) {
	var found diag.Collector
	d := manifest.Parse(name, src, &found)
	for _, f := range found.List() {
		message, fix := "the file is not JSON here", "correct the JSON; `devpm` does not show what stands here"
		switch f.Code {
		case diag.ManifestDuplicate:
			message, fix = f.Message, f.Fix // names the key alone
		case diag.ManifestNotObject:
			message, fix = "the file is not a JSON object", `write {"schema_version": 1, "secrets": {"KEY": "value"}}`
		case diag.ManifestTooLarge, diag.ManifestTooDeep:
			message, fix = "the file is larger or deeper than a secrets file may be", "keep secrets in it, and nothing else"
		}
		fail(f.Range, "", message, fix)
	}
	if d == nil || found.HasErrors() {
		return nil, false
	}
	return d.Root, true
}

// Encode writes a secrets file: keys sorted, four spaces a level, a final line
// feed (spec §4.1). The caller writes it with mode 0600.
func Encode(values map[string]string) []byte {
	if values == nil {
		values = map[string]string{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	err := e.Encode(struct {
		Version int               `json:"schema_version"`
		Secrets map[string]string `json:"secrets"`
	}{1, values})
	if err != nil {
		panic(err) // strings always encode
	}
	return b.Bytes()
}

// ExampleKeys reads the names in a committed secrets.example.json, in its
// order. It is a hint: a file that cannot be used names nothing.
func ExampleKeys(src []byte) []string {
	var c diag.Collector
	d := manifest.Parse(ExamplePath, src, &c)
	if d == nil || c.HasErrors() {
		return nil
	}
	table := d.Root.Get("secrets")
	if table == nil {
		return nil
	}
	var keys []string
	for _, m := range table.Members {
		keys = append(keys, m.Key)
	}
	return keys
}

// placeholders stand in a copied template until somebody writes the value.
var placeholders = []string{"REPLACE_ME", "CHANGEME", "TODO"}

// IsPlaceholder reports whether a value is one that a template has, in any
// case and with blanks around it. (odpm minds the case in tokens, and does not
// in secrets.keys: TOK-17.)
func IsPlaceholder(value string) bool {
	value = strings.TrimSpace(value)
	for _, p := range placeholders {
		if strings.EqualFold(value, p) {
			return true
		}
	}
	return false
}

// Mask is what stands in a value's place: "<secret:KEY>". Names in a file may
// hold any character; those that would end the mask, or a string around it, are
// replaced.
func Mask(key string) string {
	return "<secret:" + strings.Map(func(r rune) rune {
		if isNameRune(r) {
			return r
		}
		return '_'
	}, key) + ">"
}

// isNameRune reports whether a rune may be in the KEY of ${@secret:KEY}.
func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-'
}

// list names keys in a sentence: "a", "a and b", "a, b and c".
func list(keys []string) string {
	switch len(keys) {
	case 0:
		return ""
	case 1:
		return keys[0]
	}
	return fmt.Sprintf("%s and %s", strings.Join(keys[:len(keys)-1], ", "), keys[len(keys)-1])
}
