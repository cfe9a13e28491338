package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

// TestEveryExampleFitsThePrintedSchema compiles what `devpm schema manifest`
// prints, as an editor would, and holds every manifest that users see against it.
func TestEveryExampleFitsThePrintedSchema(t *testing.T) {
	p := newProject(t, plain)
	printed := func(args ...string) *jsonschema.Schema {
		status, out, errs := p.devpm(t, append([]string{"schema", "manifest"}, args...)...)
		if status != 0 {
			t.Fatal(errs)
		}
		s, err := jsonschema.CompileString("printed.json", out)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	full, odpm := printed(), printed("--contract", "odpm")
	check := func(s *jsonschema.Schema, name, text string) bool {
		var v map[string]any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Errorf("%s: %v", name, err)
			return false
		}
		if v["manifest_schema"] != 2.0 {
			return false // flat, or no manifest
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return true
	}
	root := filepath.Join("..", "..", "..", "..")
	count := map[string]int{}
	for kind, pattern := range map[string]string{
		"example": "examples/*/odpm.json", "fixture": "testdata/fixtures/*/odpm.json", "page": "docs/*.md", "readme": "*.md",
	} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if wrong(file) {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts := []string{string(data)}
			if strings.HasSuffix(file, ".md") {
				texts = nil
				for _, block := range jsonBlock.FindAllStringSubmatch(string(data), -1) {
					if strings.Contains(block[1], `"manifest_schema"`) {
						texts = append(texts, block[1])
					}
				}
			}
			for _, text := range texts {
				if check(full, file, text) {
					count[kind]++
				}
			}
		}
	}
	for kind, least := range map[string]int{"example": 1, "fixture": 10, "readme": 1} {
		if count[kind] < least {
			t.Errorf("%d manifests of kind %s, want %d or more", count[kind], kind, least)
		}
	}

	for _, stack := range []string{"none", "odoo"} {
		p := newProject(t, "{}")
		if status, _, stderr := p.devpm(t, "init", "--force", "--stack", stack); status != 0 {
			t.Fatal(stderr)
		}
		made, err := os.ReadFile(filepath.Join(p.dir, "odpm.json"))
		if err != nil || !check(full, "init --stack "+stack, string(made)) {
			t.Errorf("init --stack %s: %v\n%s", stack, err, made)
		}
	}
	check(full, "with $schema", plus(plain, `"$schema":"https://example.com/manifest.json"`))
	check(odpm, "M", minimal)
	var own any
	if err := json.Unmarshal([]byte(plain), &own); err != nil || odpm.Validate(own) == nil {
		t.Error("odpm's schema takes the key stack")
	}
}

// wrong reports whether a fixture is one of faults.
func wrong(file string) bool {
	said, err := os.ReadFile(filepath.Join(filepath.Dir(file), "want.diag"))
	return err == nil && strings.Contains(string(said), ": error DPM")
}
