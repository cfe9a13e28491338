package manifest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// report joins diagnostics as the text view prints them.
func report(c *diag.Collector) string {
	var b strings.Builder
	for _, d := range c.List() {
		b.WriteString(d.String() + "\n")
	}
	return b.String()
}

func TestReaderSaysWhatIsNotJSONAndWhere(t *testing.T) {
	deep := strings.Repeat("[", 201) + strings.Repeat("]", 201)
	for _, tc := range []struct{ name, src, want string }{
		{"an empty file", "", `1:1: error DPM1001: the file is empty`},
		{"only blanks", " \n\t", `1:1: error DPM1001: the file is empty`},
		{"a trailing comma in an object", "{\"a\": 1,\n}", `1:8: error DPM1001: there is a comma after the last entry`},
		{"a trailing comma in a list", `{"a": [1,]}`, `1:9: error DPM1001: there is a comma after the last entry`},
		{"two commas", `{"a": [1,,2]}`, `1:10: error DPM1001: there is a comma where a value is expected`},
		{"a missing comma", "{\"a\": 1\n \"b\": 2}", `2:2: error DPM1001: a comma is missing before this`},
		{"a missing comma between objects", "{\"a\": [{} {}]}", `1:11: error DPM1001: a comma or a colon is missing before this`},
		{"a missing colon", `{"a" 1}`, `1:6: error DPM1001: '1' is not expected after a string`},
		{"a missing value", `{"a":}`, `1:6: error DPM1001: the value is missing after the colon`},
		{"single quotes", `{'a': 1}`, `1:2: error DPM1001: strings are not quoted with ' in JSON`},
		{"typographic quotes", `{“a”: 1}`, `1:2: error DPM1001: strings are not quoted with “ in JSON`},
		{"a line comment", "{\n  // note\n}", `2:3: error DPM1001: JSON has no comments`},
		{"a hash comment", "# note\n{}", `1:1: error DPM1001: JSON has no comments`},
		{"a key without quotes", `{a: 1}`, `1:2: error DPM1001: the key a is not quoted`},
		{"a text without quotes", `{"a": web}`, `1:7: error DPM1001: the text web is not quoted`},
		{"a number as key", `{1: 2}`, `1:2: error DPM1001: the key 1 is not quoted`},
		{"a Python literal", `{"a": True}`, `1:7: error DPM1001: True is not JSON`},
		{"NaN", `{"a": NaN}`, `1:7: error DPM1001: NaN is not JSON`},
		{"a leading zero", `{"a": 012}`, `1:8: error DPM1001: this is not a number of JSON`},
		{"a plus sign", `{"a": +1}`, `1:7: error DPM1001: this is not a number of JSON`},
		{"a string over two lines", "{\"a\": \"x\ny\"}", `1:9: error DPM1001: a string may not hold a line break`},
		{"an unknown escape", `{"a": "C:\x"}`, `1:10: error DPM1001: \x is not an escape sequence`},
		{"a file cut short", `{"a": [1`, `1:9: error DPM1001: the file ends in the middle`},
		{"the wrong bracket", `{"a": [1}`, `1:9: error DPM1001: '}' does not close the '[' before it`},
		{"YAML", "services:\n  a: 1\n", `1:1: error DPM1001: this is not JSON`},
		{"a byte order mark", "\xef\xbb\xbf{}", `1:1: error DPM1003: the file starts with a byte order mark`},
		{"a byte that is not UTF-8", "{\"ä\":\n \"x\xffy\"}", `2:4: error DPM1003: the byte 0xFF is not UTF-8`},
		{"half a surrogate pair", `{"a": "\ud83d"}`, `1:8: error DPM1003: the escape sequence is half of a character`},
		{"text behind the end", "{}\n{}", `2:1: error DPM1004: there is text after the end`},
		{"a list at the root", `[1]`, `1:1: error DPM1007: the manifest is a list`},
		{"a string at the root", `"x"`, `1:1: error DPM1007: the manifest is a string`},
		{"too deep a nesting", deep, `1:201: error DPM1006: objects and lists are nested more than 200 deep`},
		{"a key set twice", "{\"a\": 1,\n \"é\": 2, \"a\": 3}", "2:10: error DPM1002: the key \"a\" is set a second time in the same object\n    m.json:1:2: first set here"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c diag.Collector
			manifest.Parse("m.json", []byte(tc.src), &c)
			got := report(&c)
			if !strings.HasPrefix(got, "m.json:"+tc.want) {
				t.Errorf("got:  %s\nwant: m.json:%s", got, tc.want)
			}
			if n := len(c.List()); n != 1 {
				t.Errorf("%d diagnostics, want 1:\n%s", n, got)
			}
			for _, d := range c.List() {
				if d.Fix == "" {
					t.Errorf("no fix: %s", d)
				}
			}
		})
	}
}

func TestReaderReportsSeveralFaultsAtOnce(t *testing.T) {
	src := "\xef\xbb\xbf{\"a\": 1, \"a\": 2, \"b\": \"\xff\", \"a\": 3} x"
	var c diag.Collector
	if manifest.Parse("m.json", []byte(src), &c) == nil {
		t.Error("the tree should still be readable")
	}
	want := []diag.Code{diag.ManifestEncoding, diag.ManifestDuplicate, diag.ManifestEncoding, diag.ManifestDuplicate, diag.ManifestTrailing}
	var got []diag.Code
	for _, d := range c.List() {
		got = append(got, d.Code)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("codes %v, want %v\n%s", got, want, report(&c))
	}
}

func TestReaderRefusesMoreThanTenMegabytes(t *testing.T) {
	src := []byte(`{"a": "` + strings.Repeat("x", manifest.MaxBytes-9) + `"}`)
	var c diag.Collector
	if len(src) != manifest.MaxBytes {
		t.Fatalf("the test's source has %d bytes", len(src))
	}
	if manifest.Parse("m.json", src, &c) == nil {
		t.Errorf("%d bytes should be read: %s", len(src), report(&c))
	}
	if manifest.Parse("m.json", append(src, '\n'), &c) != nil || !strings.Contains(report(&c), "DPM1005") {
		t.Errorf("%d bytes should be refused: %s", len(src)+1, report(&c))
	}
}

func TestReaderKeepsBigNumbersAsWritten(t *testing.T) {
	var c diag.Collector
	d := manifest.Parse("m.json", []byte(`{"a": 123456789012345678901234567890, "b": 1e400, "c": -0.10}`), &c)
	for i, want := range []string{"123456789012345678901234567890", "1e400", "-0.10"} {
		if got := d.Root.Members[i].Value.Text; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRangesPointIntoTheSource(t *testing.T) {
	src := "{\n  \"sörvices\": {\"web\": {\"image\": \"nginx\", \"ports\": [\"80\", \"81\"]}}\n}"
	var c diag.Collector
	d := manifest.Parse("m.json", []byte(src), &c)
	for _, tc := range []struct{ pointer, value, key string }{
		{"", "m.json:1:1", "m.json:1:1"},
		{"/sörvices", "m.json:2:15", "m.json:2:3"},
		{"/sörvices/web/ports/1", "m.json:2:58", "m.json:2:42"},
		{"/sörvices/web/ports/7", "m.json:2:51", "m.json:2:42"},
		{"/sörvices/db/image", "m.json:2:15", "m.json:2:3"},
		{"/sörvices/web/image/x", "m.json:2:33", "m.json:2:24"},
	} {
		if got := d.Range(tc.pointer).String(); got != tc.value {
			t.Errorf("Range(%q) = %s, want %s", tc.pointer, got, tc.value)
		}
		if got := d.KeyRange(tc.pointer).String(); got != tc.key {
			t.Errorf("KeyRange(%q) = %s, want %s", tc.pointer, got, tc.key)
		}
	}
	if end := d.Range("/sörvices/web/image").End; end != (diag.Position{Line: 2, Column: 40}) {
		t.Errorf("end %v", end)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`{}`, `{"a": [1, true, null, "x\n\u00e4"], "a": {}}`, "\xef\xbb\xbf{\"a\": \"\xff\"}", `{"a":1,}`,
		`{'a': 1}`, `{"a": "\ud83d\ude00", "b": "\ud83d"}`, `[[[[`, `{"a": 1} x`, `{"a"`, "{\"a\": \"x\ny\"}", `// c`, `{"a": 1e999999999}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var c diag.Collector
		d := manifest.Parse("m.json", src, &c)
		lines := bytes.Count(src, []byte("\n")) + 1
		for _, found := range c.List() {
			for _, at := range []diag.Position{found.Range.Start, found.Range.End} {
				if at.Line < 1 || at.Line > lines || at.Column < 1 || at.Column > len(src)+1 {
					t.Fatalf("%s: %v is outside the file", found, at)
				}
			}
		}
		if d == nil {
			if !c.HasErrors() {
				t.Fatal("refused without a diagnostic")
			}
			return
		}
		if c.HasErrors() {
			return
		}
		var want any
		dec := json.NewDecoder(bytes.NewReader(src))
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		if got := plain(d.Root); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// plain is the value of a tree as encoding/json would decode it.
func plain(n *manifest.Node) any {
	switch n.Kind {
	case manifest.Bool:
		return n.Text == "true"
	case manifest.Number:
		return json.Number(n.Text)
	case manifest.String:
		return n.Text
	case manifest.Array:
		out := []any{}
		for _, i := range n.Items {
			out = append(out, plain(i))
		}
		return out
	case manifest.Object:
		out := map[string]any{}
		for _, m := range n.Members {
			out[m.Key] = plain(m.Value)
		}
		return out
	}
	return nil
}
