package schema

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// names lists the embedded schemas.
func names(t *testing.T) []string {
	t.Helper()
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestEverySchemaCompilesAndHasItsOwnAddress(t *testing.T) {
	for _, name := range names(t) {
		s, err := compile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		root := s.document.(map[string]any)
		if root["$id"] != "devpm:"+name {
			t.Errorf("%s: $id is %v, want devpm:%s", name, root["$id"], name)
		}
		if root["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $schema is %v", name, root["$schema"])
		}
	}
}

func TestSchemasReferToNothingOutside(t *testing.T) {
	for _, ref := range []string{"file:///etc/passwd", "https://example.com/s.json", "other.json"} {
		text := `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "devpm:t.json", "$ref": "` + ref + `"}`
		if _, err := compileText("t.json", []byte(text)); err == nil || !strings.Contains(err.Error(), "not loaded from") {
			t.Errorf("%s: got error %v, want a refusal", ref, err)
		}
	}
}

// keywords are all that our schemas may use. The library ignores a misspelt
// keyword, and with it the rule.
var keywords = []string{
	"$schema", "$id", "$ref", "$defs", "$comment", "title", "description", "type", "const", "enum", "format", "default", "examples",
	"properties", "patternProperties", "additionalProperties", "propertyNames", "required", "minProperties", "maxProperties", "dependentRequired",
	"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern",
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "if", "then", "else", "not", "anyOf", "oneOf", "allOf",
}

// walk calls visit for every subschema, with its JSON pointer.
func walk(node any, pointer string, visit func(pointer string, schema map[string]any)) {
	object, ok := node.(map[string]any)
	if !ok {
		return
	}
	visit(pointer, object)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		child := pointer + "/" + key
		switch key {
		case "properties", "patternProperties", "$defs":
			for name, sub := range object[key].(map[string]any) {
				walk(sub, child+"/"+strings.ReplaceAll(name, "/", "~1"), visit)
			}
		case "additionalProperties", "propertyNames", "items", "if", "then", "else", "not":
			walk(object[key], child, visit)
		case "anyOf", "oneOf", "allOf", "prefixItems":
			for i, sub := range object[key].([]any) {
				walk(sub, child+"/"+string(rune('0'+i)), visit)
			}
		}
	}
}

func TestSchemasUseNoMisspeltKeyword(t *testing.T) {
	for _, name := range names(t) {
		s, err := compile(name)
		if err != nil {
			t.Fatal(err)
		}
		walk(s.document, "", func(pointer string, schema map[string]any) {
			for key := range schema {
				if !slices.Contains(keywords, key) {
					t.Errorf("%s#%s: %q is no keyword", name, pointer, key)
				}
			}
		})
	}
}

func TestTheKeywordCheckSeesAMisspeltKeyword(t *testing.T) {
	found := ""
	walk(map[string]any{"properties": map[string]any{"a": map[string]any{"typ": "string"}}}, "", func(pointer string, schema map[string]any) {
		for key := range schema {
			if !slices.Contains(keywords, key) {
				found = pointer + ":" + key
			}
		}
	})
	if found != "/properties/a:typ" {
		t.Errorf("found %q", found)
	}
}

func TestEveryPropertyIsDescribed(t *testing.T) {
	for _, name := range names(t) {
		s, err := compile(name)
		if err != nil {
			t.Fatal(err)
		}
		walk(s.document, "", func(pointer string, schema map[string]any) {
			properties, _ := schema["properties"].(map[string]any)
			if strings.Contains(pointer, "/if") {
				return
			}
			for key, sub := range properties {
				property, ok := sub.(map[string]any)
				if !ok {
					continue
				}
				text, _ := property["description"].(string)
				if ref, ok := property["$ref"].(string); ok && text == "" {
					target, _ := at(s.document, strings.TrimPrefix(ref, "#")).(map[string]any)
					text, _ = target["description"].(string)
				}
				if !strings.HasPrefix(name, "manifest.") {
					if len(text) < 8 {
						t.Errorf("%s#%s: property %q has no description", name, pointer, key)
					}
					continue
				}
				if len(strings.Fields(text)) < 4 {
					t.Errorf("%s#%s: property %q has no description, or none that says much: %q", name, pointer, key, text)
				}
				for _, value := range allowed(property) {
					if !strings.Contains(text, value) {
						t.Errorf("%s#%s: the description of %q does not explain the value %s", name, pointer, key, value)
					}
				}
			}
		})
	}
}

// allowed are the values that a schema enumerates, as text.
func allowed(property map[string]any) []string {
	var out []string
	values, _ := property["enum"].([]any)
	if value, ok := property["const"]; ok {
		values = append(values, value)
	}
	for _, value := range values {
		out = append(out, strings.Trim(jsonText(value), `"`))
	}
	return out
}

// decode reads a fixture afresh, as numbers that Validate takes.
func decode(t testing.TB, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// wrongs replace each value of the full manifest in turn.
var wrongs = []string{`null`, `5`, `0`, `true`, `""`, `" "`, `"../X"`, `[]`, `{}`, `[5]`, `[""]`, `[[5]]`, `{"zz": 5}`, `{"zz": [5]}`, `{"Zz-": {"image": ""}}`,
	`{"$append": 1}`, `{"$append": [], "zz": 1}`, `{"run": [], "plugin": ""}`, `{"source": "x"}`, `{"image": ""}`, `{"test": {"$append": 1}}`, `{"test": {}}`,
	`{"a": {"$remove": 1}}`, `{"a": {"$remove": [], "b": 1}}`}

// mutants yields every manifest that differs from the full one in one value,
// one missing key or one unknown key.
func mutants(t testing.TB, full []byte, yield func(v any)) {
	var pointers []string
	var list func(v any, pointer string)
	list = func(v any, pointer string) {
		pointers = append(pointers, pointer)
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				list(v[key], pointer+"/"+strings.ReplaceAll(key, "/", "~1"))
			}
		case []any:
			for i := range v {
				list(v[i], pointer+"/"+string(rune('0'+i)))
			}
		}
	}
	list(decode(t, full), "")
	for _, pointer := range pointers {
		cut := strings.LastIndexByte(pointer, '/')
		for _, wrong := range wrongs {
			root := decode(t, full)
			if cut < 0 {
				yield(decode(t, []byte(wrong)))
				continue
			}
			key := strings.ReplaceAll(pointer[cut+1:], "~1", "/")
			switch parent := at(root, pointer[:cut]).(type) {
			case map[string]any:
				parent[key] = decode(t, []byte(wrong))
			case []any:
				parent[key[0]-'0'] = decode(t, []byte(wrong))
			}
			yield(root)
		}
		root := decode(t, full)
		if object, ok := at(root, pointer).(map[string]any); ok {
			object["zz"] = 5.0
			yield(root)
		}
		root = decode(t, full)
		if cut >= 0 {
			if parent, ok := at(root, pointer[:cut]).(map[string]any); ok {
				delete(parent, strings.ReplaceAll(pointer[cut+1:], "~1", "/"))
				yield(root)
			}
		}
	}
}

// asserting are the keywords that make a value wrong by themselves.
var asserting = []string{"type", "const", "enum", "format", "required", "minProperties", "minItems", "minLength", "pattern", "minimum", "oneOf"}

func TestEachRuleOfTheManifestSchemaIsBrokenByAFixture(t *testing.T) {
	for name, s := range map[string]*Schema{"full.json": Manifest(), "flat.json": FlatManifest()} {
		t.Run(name, func(t *testing.T) { eachRuleIsBroken(t, name, s) })
	}
}

// eachRuleIsBroken wants a mutant of a valid manifest for each rule of a schema.
func eachRuleIsBroken(t *testing.T, name string, s *Schema) {
	full, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if v := s.Validate(decode(t, full)); len(v) > 0 {
		t.Fatalf("the full manifest is not valid: %+v", v)
	}
	hit := map[string]bool{}
	var note func(*jsonschema.ValidationError)
	note = func(e *jsonschema.ValidationError) {
		_, fragment, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
		hit[unescapeURL(fragment)] = true
		for _, cause := range e.Causes {
			note(cause)
		}
	}
	mutants(t, full, func(v any) {
		if fault, ok := errors.AsType[*jsonschema.ValidationError](s.compiled.Validate(v)); ok {
			note(fault)
		}
	})
	walk(s.document, "", func(pointer string, schema map[string]any) {
		// Conditions and the branches of a choice assert nothing themselves.
		if strings.Contains(pointer, "/if") || strings.Contains(pointer, "/oneOf") || pointer == "/$defs/operates" || strings.HasPrefix(pointer, "/$defs/operates/") {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(schema)) {
			if slices.Contains(asserting, key) && !hit[pointer+"/"+key] {
				t.Errorf("no fixture breaks %s/%s", pointer, key)
			}
		}
		if schema["additionalProperties"] == false && !hit[pointer+"/additionalProperties"] {
			t.Errorf("no fixture breaks %s/additionalProperties", pointer)
		}
	})
}

func TestViolationsAreStructured(t *testing.T) {
	for _, tc := range []struct {
		name, pointer, value string
		want                 Violation
	}{
		{"an unknown key", "/platform", `{"git": "u", "gti": "u"}`, Violation{Pointer: "/platform", Keyword: "additionalProperties", Keys: []string{"gti"}, Known: []string{"build_date", "git"}}},
		{"missing keys", "/distro", `{}`, Violation{Pointer: "/distro", Keyword: "required", Keys: []string{"name", "version"}}},
		{"a wrong type", "/services/web/tty", `"yes"`, Violation{Pointer: "/services/web/tty", Keyword: "type", Want: []string{"boolean"}, Got: "string"}},
		{"a wrong item", "/hooks/pre_up", `[[], 5]`, Violation{Pointer: "/hooks/pre_up/0", Keyword: "minItems", Limit: "1"}},
		{"a constant", "/manifest_schema", `3`, Violation{Pointer: "/manifest_schema", Keyword: "const", Want: []string{"2"}}},
		{"a limit", "/services/web/healthcheck/retries", `0`, Violation{Pointer: "/services/web/healthcheck/retries", Keyword: "minimum", Limit: "1"}},
		{"a malformed name", "/service_sources", `{"A/b c": "u"}`, Violation{Pointer: "/service_sources/A~1b c", Keyword: "pattern", InKey: true, Limit: "^[a-z][a-z0-9_]*$"}},
		{"a choice", "/hooks/pre_up", `[{"name": "x"}]`, Violation{Pointer: "/hooks/pre_up/0", Keyword: "oneOf", Keys: []string{"run", "plugin"}}},
		{"a key that is not for here", "/service_patches/odoo/source", `"shop"`, Violation{Pointer: "/service_patches/odoo/source", Keyword: "false"}},
		{"no image", "/services/web", `{}`, Violation{Pointer: "/services/web", Keyword: "required", Keys: []string{"image"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			full, err := os.ReadFile("testdata/full.json")
			if err != nil {
				t.Fatal(err)
			}
			root := decode(t, full)
			cut := strings.LastIndexByte(tc.pointer, '/')
			at(root, tc.pointer[:cut]).(map[string]any)[tc.pointer[cut+1:]] = decode(t, []byte(tc.value))
			got := Manifest().Validate(root)
			if len(got) == 0 {
				t.Fatal("no violation")
			}
			got[0].Message = ""
			if d := cmp.Diff(tc.want, got[0]); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestAPlainManifestHasNoneOfDevpmsKeys(t *testing.T) {
	full, err := os.ReadFile("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	var pointers []string
	for _, v := range PlainManifest().Validate(decode(t, full)) {
		pointers = append(pointers, v.Pointer)
	}
	for _, want := range []string{"", "/hooks", "/services/web", "/services/job", "/extensions", "/service_patches/db/ports"} {
		if !slices.Contains(pointers, want) {
			t.Errorf("nothing is said about %q; violations at %q", want, pointers)
		}
	}
}
