package secrets_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
)

func TestReadRefusesWhatIsNoSecretsFile(t *testing.T) {
	const hidden = "planted-value"
	tests := map[string]struct{ src, want string }{
		"no JSON":          {`{"schema_version": 1, "secrets": {"a": "planted-value" "b"}}`, "f.json:1:56"},
		"cut off":          {`{"schema_version": 1, "secrets": {"a": "planted-value`, "f.json:1:"},
		"no object":        {`["planted-value"]`, "f.json:1:1: error DPM3304: the file is not a JSON object"},
		"empty":            {``, "DPM3304"},
		"no version":       {`{"secrets": {"a": "planted-value"}}`, "schema_version: the schema version is missing"},
		"another version":  {`{"schema_version": 2, "secrets": {}}`, "f.json:1:20: error DPM3304: schema_version"},
		"version in text":  {`{"schema_version": "1", "secrets": {}}`, "f.json:1:20"},
		"no secrets":       {`{"schema_version": 1}`, "secrets: the secrets are missing"},
		"secrets a list":   {`{"schema_version": 1, "secrets": ["planted-value"]}`, "f.json:1:34"},
		"another key":      {`{"schema_version": 1, "secrets": {}, "password": "planted-value"}`, "f.json:1:38: error DPM3304: password"},
		"a blank name":     {`{"schema_version": 1, "secrets": {" ": "planted-value"}}`, "f.json:1:35: error DPM3304: secrets: a secret has a blank name"},
		"a number":         {`{"schema_version": 1, "secrets": {"a": 7}}`, "f.json:1:40: error DPM3304: secrets.a: the value of a secret must be a string"},
		"the same key":     {`{"schema_version": 1, "secrets": {"a": "x", "a": "planted-value"}}`, `f.json:1:45: error DPM3304: the key "a" is set a second time`},
		"null":             {`{"schema_version": 1, "secrets": {"a": null}}`, "secrets.a"},
		"text behind it":   {`{"schema_version": 1, "secrets": {}} planted-value`, "f.json:1:38"},
		"not UTF-8":        {"{\"schema_version\": 1, \"secrets\": {\"a\": \"planted-value\xff\"}}", "f.json:1:"},
		"a lone surrogate": {`{"schema_version": 1, "secrets": {"a": "planted-value\ud800"}}`, "f.json:1:"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c diag.Collector
			if f := secrets.Read("f.json", []byte(tt.src), &c); f != nil {
				t.Fatalf("accepted: %+v", f)
			}
			got := c.Err()
			if got == nil || !strings.Contains(got.Error(), tt.want) || strings.Contains(got.Error(), hidden) || strings.Contains(got.Error(), "manifest") {
				t.Errorf("%v\nwant %s", got, tt.want)
			}
		})
	}
}

func TestReadAndWriteAgree(t *testing.T) {
	values := map[string]string{"b.c": "two <&> \"q\"", "a": "one\nline", "é": "☃"}
	text := secrets.Encode(values)
	const want = `{
    "schema_version": 1,
    "secrets": {
        "a": "one\nline",
        "b.c": "two <&> \"q\"",
        "é": "☃"
    }
}
`
	if d := cmp.Diff(want, string(text)); d != "" {
		t.Error(d)
	}
	var c diag.Collector
	f := secrets.Read("f.json", text, &c)
	if f == nil {
		t.Fatal(c.List())
	}
	if d := cmp.Diff(values, f.Values); d != "" {
		t.Error(d)
	}
	if at := f.At["b.c"]; at.Start.Line != 5 || at.Start.Column != 16 {
		t.Errorf("b.c is at %s", at)
	}
	if got := string(secrets.Encode(nil)); !strings.Contains(got, `"secrets": {}`) {
		t.Error(got)
	}
}

func TestPlaceholders(t *testing.T) {
	for value, want := range map[string]bool{
		"REPLACE_ME": true, "changeme": true, " Todo\n": true, "TODO list": false, "": false, "REPLACEME": false,
	} {
		if got := secrets.IsPlaceholder(value); got != want {
			t.Errorf("%q: %t", value, got)
		}
	}
}

// block reads the value of one JSON object.
func block(t *testing.T, src string) *manifest.Node {
	t.Helper()
	var c diag.Collector
	d := manifest.Parse("odpm.json", []byte(src), &c)
	if d == nil || c.HasErrors() {
		t.Fatal(c.List())
	}
	return d.Root
}

func TestUnmet(t *testing.T) {
	file := func(values map[string]string) *secrets.File { return &secrets.File{Name: secrets.Path, Values: values} }
	tests := map[string]struct {
		block, scenario string
		file            *secrets.File
		example         []string
		want            []string // words of the one finding; nil: none
	}{
		"not required":                 {`{"keys": ["a"]}`, "developer", nil, nil, nil},
		"required, a file, no keys":    {`{"required": true}`, "developer", file(map[string]string{"x": "TODO"}), nil, nil},
		"required, no file, example":   {`{"required": true}`, "server", nil, []string{"pay.key"}, []string{"server", "pay.key", secrets.ExamplePath}},
		"required, no file, keys":      {`{"required": true, "keys": ["a", "b"]}`, "server", nil, []string{"pay.key"}, []string{"a and b"}},
		"missing before placeholder":   {`{"required": true, "keys": ["a", "b"]}`, "developer", file(map[string]string{"a": "TODO"}), nil, []string{"missing", ": b"}},
		"a placeholder in any case":    {`{"required": true, "keys": ["a"]}`, "developer", file(map[string]string{"a": "replace_me"}), nil, []string{"placeholders", ": a"}},
		"a blank value":                {`{"required": true, "keys": ["a"]}`, "developer", file(map[string]string{"a": "  "}), nil, []string{"blank", ": a"}},
		"everything there":             {`{"required": true, "keys": ["a"]}`, "developer", file(map[string]string{"a": "v"}), nil, nil},
		"ci mounts nothing":            {`{"required": true, "keys": ["a"]}`, "ci", nil, nil, nil},
		"an empty value without a key": {`{"required": true}`, "developer", file(nil), nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := secrets.BlockOf(block(t, tt.block)).Unmet(tt.scenario, tt.file, tt.example)
			if len(tt.want) == 0 {
				if len(got) != 0 {
					t.Error(got)
				}
				return
			}
			if len(got) != 1 || got[0].Code != diag.SecretsUnmet || got[0].Fix == "" || got[0].Range.Start.IsZero() {
				t.Fatal(got)
			}
			for _, word := range tt.want {
				if !strings.Contains(got[0].Message, word) {
					t.Errorf("does not say %q: %s", word, got[0].Message)
				}
			}
		})
	}
}
