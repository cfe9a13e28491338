package pack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/schema"
)

// violations are what the schema for editors says about a file; ok is false for one
// that is no YAML.
func violations(t *testing.T, text string) (found []schema.Violation, ok bool) {
	t.Helper()
	var parsed any
	if yaml.Unmarshal([]byte(text), &parsed) != nil {
		return nil, false
	}
	data, err := json.Marshal(parsed)
	if err != nil {
		return nil, false
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return schema.Extension().Validate(value), true
}

// beyond are faults that no schema sees.
var beyond = []diag.Code{diag.PackagePaths, diag.PackageZipSafe}

// beyondToo are rows of faulty whose fault stands outside of what YAML's data says.
var beyondToo = []string{"a device's name", "two documents", "a key twice", "a star with two readings", "no number of JSON", "a merge key", "empty"}

// An editor and devpm agree about what is right and what is wrong.
func TestTheSchemaAgreesWithTheReader(t *testing.T) {
	for _, tt := range faulty {
		var c diag.Collector
		pack.ReadMetadata("extension.yml", []byte(tt.text), &c)
		errors := slices.DeleteFunc(c.List(), func(d diag.Diagnostic) bool { return d.Severity != diag.Error || slices.Contains(beyond, d.Code) })
		found, ok := violations(t, tt.text)
		if !ok || slices.Contains(beyondToo, tt.name) {
			continue
		}
		if (len(found) > 0) != (len(errors) > 0) {
			t.Errorf("%s: the schema says %+v, the reader %v", tt.name, found, errors)
		}
	}
	for _, text := range []string{
		head, strings.Replace(head, "1.4.0", "1.0.0", 1),
		head + "devpm: {runtime: exec, entry: run.sh, network: true, x-more: 1}\n",
		head + "devpm: {runtime: exec, binaries: {linux/amd64: bin/tool, windows/amd64: bin/tool.exe}}\n",
		head + "devpm:\n  runtime: declarative\n  contributes:\n    services: {a: {image: b}}\n    hooks: {pre_up: [[make, \"\"]]}\n",
		head + "devpm: {runtime: python, entry: a.b, capabilities: [hooks/2], contributes: {prepare_steps: [{id: a.b, order: 5}]}}\n",
		head + "  requires_python: \" >= 3.8 , != 3.9.* , !=3.10* \"\nowner:\ncomments: |\n  a\n  b\n",
	} {
		if _, said := read(t, text); slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, " error ") }) {
			t.Errorf("%q: %v", text, said)
		}
		if found, _ := violations(t, text); len(found) > 0 {
			t.Errorf("%q: %+v", text, found)
		}
	}
}

// The seed's file, and every example's, is right by the schema.
func TestTheSchemaTakesTheSeedAndTheExamples(t *testing.T) {
	files, err := filepath.Glob("../../examples/extensions/*/*/extension.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found, ok := violations(t, string(text)); !ok || len(found) > 0 {
			t.Errorf("%s: %+v", file, found)
		}
	}
	// The page that the seed was copied from has no-break spaces in its indents.
	if found, ok := violations(t, strings.ReplaceAll(seed(t), "\u00a0", " ")); !ok || len(found) > 0 {
		t.Errorf("the seed: %+v", found)
	}
}

// Specifiers are read alike.
func TestTheSchemaKnowsSpecifiers(t *testing.T) {
	for _, text := range []string{"==2.7*", "!=3.9.1*", ">=3.6,<3.10", "~=3.6", "3.6", ">=3*", ">=", "", ">=3.6;x", " >= 3.8 , != 3.9.* ", "==3*1", ">=3.6,", "===3"} {
		_, bad := pack.ParseSpecifier(text)
		found, _ := violations(t, head+"  requires_python: \""+text+"\"\n")
		if (bad == nil) != (len(found) == 0) {
			t.Errorf("%q: the reader says %v, the schema %+v", text, bad, found)
		}
	}
}
