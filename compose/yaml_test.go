package compose

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// sameAsJSON checks that a YAML reader finds what the JSON form says.
func sameAsJSON(t failer, m *Model) {
	t.Helper()
	var fromYAML, fromJSON any
	if err := yaml.Unmarshal(m.YAML(), &fromYAML); err != nil {
		t.Fatalf("%v in\n%s", err, m.YAML())
	}
	if err := json.Unmarshal(m.JSON(), &fromJSON); err != nil {
		t.Fatalf("%v in\n%s", err, m.JSON())
	}
	if d := cmp.Diff(fromJSON, floats(fromYAML)); d != "" {
		t.Fatalf("YAML and JSON differ: %s\n%s", d, m.YAML())
	}
}

// floats makes YAML's integers JSON's numbers.
func floats(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = floats(v[k])
		}
	}
	return v
}

// style is how a string has to stand in the document.
var styleTable = map[string]string{
	// plain
	"nginx": `nginx`, "8025:8025": `8025:8025`, "a b": `a b`, "a#b": `a#b`, "a:b": `a:b`, "-x": `-x`, "--flag": `--flag`, "?x": `?x`, ":x": `:x`,
	"./site:/site:ro": `./site:/site:ro`, "/data": `/data`, "größe ü 漢字": `größe ü 漢字`, "it's": `it's`, "k=v": `k=v`, "a, b": `a, b`, "x[0]": `x[0]`,
	"1.2.3": `1.2.3`, "127.0.0.1:80:80": `127.0.0.1:80:80`, "10m": `10m`, "0.5s": `0.5s`, "1e": `'1e'`, "postgres:16": `postgres:16`, "<x": `<x`, "=x": `=x`,
	"trueish": `trueish`, "nulls": `nulls`, "--": `--`, "5432:5432": `5432:5432`,
	// double-quoted words and digits
	"": `""`, "99999": `"99999"`, "0": `"0"`, "007": `"007"`, "true": `"true"`, "False": `"False"`, "YES": `"YES"`, "no": `"no"`, "On": `"On"`, "off": `"off"`,
	"null": `"null"`, "NULL": `"NULL"`, "~": `"~"`, "y": `"y"`, "N": `"N"`,
	// retyped by YAML 1.1 or 1.2
	"1.0": `'1.0'`, "1e3": `'1e3'`, "-1": `'-1'`, "+5": `'+5'`, "1_000": `'1_000'`, "0x1F": `'0x1F'`, "0o17": `'0o17'`, "0b11": `'0b11'`, ".5": `'.5'`, ".inf": `'.inf'`,
	"-.INF": `'-.INF'`, ".NaN": `'.NaN'`, "22:22": `'22:22'`, "1:30:00": `'1:30:00'`, "2001-01-01": `'2001-01-01'`, "2001-12-14t21:59:43.10-05:00": `'2001-12-14t21:59:43.10-05:00'`,
	"=": `'='`, "<<": `'<<'`, ".": `'.'`,
	// syntax
	"- x": `'- x'`, "-": `'-'`, "? x": `'? x'`, ": x": `': x'`, "a: b": `'a: b'`, "a:": `'a:'`, "a #b": `'a #b'`, "#x": `'#x'`, "&a": `'&a'`, "*a": `'*a'`, "!t": `'!t'`,
	"|": `'|'`, ">": `'>'`, "'q'": `'''q'''`, `"q"`: `'"q"'`, "%d": `'%d'`, "@x": `'@x'`, "`x`": "'`x`'", "[x]": `'[x]'`, "{x}": `'{x}'`, ",x": `',x'`, " x": `' x'`, "x ": `'x '`,
	"---": `'---'`, "--- x": `'--- x'`, "...": `'...'`, "a: 'b": `'a: ''b'`, "false: x": `'false: x'`,
	// what an editor would not show
	"a\tb": `"a\tb"`, "a\rb": `"a\rb"`, "\x00": `"\0"`, "\x7f": `"\x7F"`, "a\u00a0b": "\"a\u00a0b\"", "a\u2028b": `"a\Lb"`, "\ufeffx": `"\uFEFF\x78"`, "a\u0085b": `"a\Nb"`,
	"a\n": "|\n        a", "a\nb": "|-\n        a\n        b", " a\nb": `" a\nb"`, "a \nb": `"a \nb"`, "\n": `"\n"`, "a\n\n": `"a\n\n"`, "a\tb\nc": `"a\tb\nc"`,
	// dollars are doubled
	"$X": `$$X`, "${X:-1}": `$${X:-1}`, "a$$b": `a$$$$b`,
}

func TestStringsInYAML(t *testing.T) {
	if len(styleTable) < 40 {
		t.Fatalf("only %d strings", len(styleTable))
	}
	list := &value{}
	keys := slices.Sorted(maps.Keys(styleTable))
	for _, s := range keys {
		list.items = append(list.items, newText(s, nil))
		one := "services:\n  w:\n    command:\n      - " + styleTable[s] + "\n"
		m, _ := build(t, `{"services": {"w": {"command": [`+quote(s)+`]}}}`, nil)
		if d := cmp.Diff(header+one, string(m.YAML())); d != "" {
			t.Errorf("%q: %s", s, d)
		}
		sameAsJSON(t, m)
	}
	items := make([]string, len(keys))
	environment := make([]string, len(keys))
	for i, s := range keys {
		items[i], environment[i] = quote(s), fmt.Sprintf("%q: %s", fmt.Sprintf("K%d", i), quote(s))
	}
	m, _ := build(t, `{"services": {"w": {"image": "x", "command": [`+strings.Join(items, ",")+`], "environment": {`+strings.Join(environment, ",")+`}}}}`, nil)
	p, err := LoadProject(t.Context(), m.YAML(), t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	w := p.Services["w"]
	if d := cmp.Diff(keys, []string(w.Command)); d != "" {
		t.Errorf("Compose reads something else: %s", d)
	}
	for i, s := range keys {
		if got := w.Environment[fmt.Sprintf("K%d", i)]; got == nil || *got != s {
			t.Errorf("environment: %q became %v", s, got)
		}
	}
}

func TestKeysAreQuotedLikeStrings(t *testing.T) {
	m, _ := build(t, `{"services": {"w": {"image": "x", "labels": {"8080": "a", "yes": "b", "a: b": "c", "a$b": "e"}}}}`, nil)
	want := "    labels:\n      \"8080\": a\n      \"yes\": b\n      'a: b': c\n      a$b: e\n"
	if !strings.Contains(string(m.YAML()), want) {
		t.Errorf("%s", m.YAML())
	}
	p, err := LoadProject(t.Context(), m.YAML(), t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(types.Labels{"8080": "a", "yes": "b", "a: b": "c", "a$b": "e"}, p.Services["w"].Labels); d != "" {
		t.Error(d)
	}
}

func TestNumbersKeepTheirType(t *testing.T) {
	m, _ := build(t, `{"services": {"w": {"image": "x"}}, "x-n": [1, -5, 1.5, 1e3, 2.5E-3, 123456789012345678, true, null, {}, []]}`, nil)
	want := "x-n:\n  - 1\n  - -5\n  - 1.5\n  - 1000\n  - 0.0025\n  - 123456789012345678\n  - true\n  - null\n  - {}\n  - []\n"
	if !strings.HasSuffix(string(m.YAML()), want) {
		t.Errorf("%s", m.YAML())
	}
	sameAsJSON(t, m)
}

func TestAnyStringSurvives(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pieces := rapid.SampledFrom([]string{"", " ", "\n", "\t", "'", "\"", ":", "#", "-", "$", "{", "}", "a", "1", ".", "_", "0x", "e", "~", "null", "é", "😀", "\u2028", "\\", "%", "=", "<<"})
		s := strings.Join(rapid.SliceOfN(rapid.OneOf(pieces, rapid.String()), 0, 6).Draw(r, "s"), "")
		m, _ := build(t, marshal(map[string]any{"services": map[string]any{"w": map[string]any{"image": "x", "command": []any{s}, "labels": map[string]any{"k" + s: s}}}}), nil)
		sameAsJSON(r, m)
		p, err := LoadProject(t.Context(), m.YAML(), "/nowhere", "")
		if err != nil {
			r.Fatal(err)
		}
		if got := p.Services["w"].Command[0]; got != strings.ToValidUTF8(s, "\uFFFD") {
			r.Fatalf("%q became %q", s, got)
		}
	})
}

// TestDollarFixedPoint: what the manifest says is what Compose reads, in every
// kind of field (design decision 3).
func TestDollarFixedPoint(t *testing.T) {
	for _, d := range []string{"$", "$$", "${X}", "a$b", "$X", "${X:-d}", "$$$", "$${X}", "${", "$1"} {
		short := d
		if d == "${" { // Compose looks for the closing brace before it splits a short volume
			short = "{$"
		}
		src := marshal(map[string]any{
			"services": map[string]any{
				"w": map[string]any{
					"image": "img", "hostname": "h" + d, "working_dir": "/w" + d, "user": "u" + d,
					"environment": map[string]any{"A": d, "B": "x" + d + "y"}, "command": []any{"run", d}, "entrypoint": []any{d, "e"},
					"labels": map[string]any{"l": d}, "healthcheck": map[string]any{"test": []any{"CMD", d}},
					"volumes":     []any{"/host" + short + ":/c" + short, map[string]any{"type": "bind", "source": "/s" + d, "target": "/t" + d}},
					"extra_hosts": []any{"h=1.2.3.4"}, "stop_signal": d, "dns_search": []any{d}, "tmpfs": []any{"/tmp/" + d}, "domainname": d,
					"build": map[string]any{"context": "/b" + d, "args": map[string]any{"P": d}, "target": d},
				},
				"list": map[string]any{"image": "img", "environment": []any{"A=" + d, "B=x" + d}, "labels": []any{"l=" + d}},
			},
			"configs": map[string]any{"c": map[string]any{"content": d}},
			"x-note":  d,
		})
		m, _ := build(t, src, nil)
		p, err := LoadProject(t.Context(), m.YAML(), "/project", "")
		if err != nil {
			t.Errorf("%q: %v", d, err)
			continue
		}
		w, list := p.Services["w"], p.Services["list"]
		got := map[string]string{
			"hostname": strings.TrimPrefix(w.Hostname, "h"), "working_dir": strings.TrimPrefix(w.WorkingDir, "/w"),
			"user":          strings.TrimPrefix(w.User, "u"),
			"environment A": *w.Environment["A"], "environment B": strings.Trim(*w.Environment["B"], "xy"), "command": w.Command[1], "entrypoint": w.Entrypoint[0],
			"labels": w.Labels["l"], "healthcheck": w.HealthCheck.Test[1],
			"volume source": strings.Replace(w.Volumes[0].Source, "/host"+short, d, 1), "volume target": strings.Replace(w.Volumes[0].Target, "/c"+short, d, 1),
			"long source": strings.TrimPrefix(w.Volumes[1].Source, "/s"), "long target": strings.TrimPrefix(w.Volumes[1].Target, "/t"),
			"stop_signal": w.StopSignal, "dns_search": w.DNSSearch[0], "tmpfs": strings.TrimPrefix(w.Tmpfs[0], "/tmp/"), "domainname": w.DomainName,
			"build context": strings.TrimPrefix(w.Build.Context, "/b"), "build args": *w.Build.Args["P"], "build target": w.Build.Target,
			"list environment A": *list.Environment["A"], "list environment B": strings.TrimPrefix(*list.Environment["B"], "x"), "list labels": list.Labels["l"],
			"config": p.Configs["c"].Content, "x-note": p.Extensions["x-note"].(string),
		}
		for field, v := range got {
			if v != d {
				t.Errorf("%s: %q became %q", field, d, v)
			}
		}
	}
}
