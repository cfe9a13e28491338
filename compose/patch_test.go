package compose

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/devpm/devpm/diag"
)

func TestPatch(t *testing.T) {
	for _, c := range []struct {
		name, base, patch, want string
		codes                   []diag.Code
	}{
		{name: "a scalar replaces", base: `{"image": "a"}`, patch: `{"image": "b"}`, want: `{"image":"b"}`},
		{name: "a new key comes last", base: `{"image": "a"}`, patch: `{"tty": true}`, want: `{"image":"a","tty":true}`},
		{name: "null replaces", base: `{"command": ["a"]}`, patch: `{"command": null}`, want: `{"command":null}`},
		{name: "a list replaces a list", base: `{"command": ["a", "b"]}`, patch: `{"command": ["c"]}`, want: `{"command":["c"]}`},
		{name: "maps merge at every depth", base: `{"deploy": {"resources": {"limits": {"cpus": "1", "memory": "1g"}}}}`,
			patch: `{"deploy": {"resources": {"limits": {"memory": "2g"}}, "replicas": 2}}`,
			want:  `{"deploy":{"resources":{"limits":{"cpus":"1","memory":"2g"}},"replicas":2}}`},
		{name: "an empty map changes nothing", base: `{"healthcheck": {"retries": 1}}`, patch: `{"healthcheck": {}}`, want: `{"healthcheck":{"retries":1}}`},
		{name: "a map replaces a scalar", base: `{"build": "."}`, patch: `{"build": {"context": "x"}}`, want: `{"build":{"context":"x"}}`},
		{name: "a list replaces a map", base: `{"networks": {"a": {}}}`, patch: `{"networks": ["b"]}`, want: `{"networks":["b"]}`},

		{name: "append", base: `{"ports": ["1:1"]}`, patch: `{"ports": {"$append": ["2:2"]}}`, want: `{"ports":["1:1","2:2"]}`},
		{name: "append to nothing", base: `{}`, patch: `{"ports": {"$append": ["2:2"]}}`, want: `{"ports":["2:2"]}`},
		{name: "append to null", base: `{"ports": null}`, patch: `{"ports": {"$append": ["2:2"]}}`, want: `{"ports":["2:2"]}`},
		{name: "append deep inside", base: `{}`, patch: `{"deploy": {"placement": {"constraints": {"$append": ["x"]}}}}`, want: `{"deploy":{"placement":{"constraints":["x"]}}}`},
		{name: "remove", base: `{"ports": ["1:1", "2:2", "1:1"]}`, patch: `{"ports": {"$remove": ["1:1"]}}`, want: `{"ports":["2:2"]}`},
		{name: "remove goes before append", base: `{"ports": ["1:1", "2:2"]}`, patch: `{"ports": {"$append": ["1:1"], "$remove": ["1:1"]}}`, want: `{"ports":["2:2","1:1"]}`},
		{name: "remove an item of the long form, in any order of its keys", base: `{"ports": [{"target": 80, "published": "1"}]}`,
			patch: `{"ports": {"$remove": [{"published": "1", "target": 80}]}}`, want: `{"ports":[]}`},
		{name: "remove a key of a map", base: `{"labels": {"a": "1", "b": "2"}}`, patch: `{"labels": {"$remove": ["a"]}}`, want: `{"labels":{"b":"2"}}`},
		{name: "remove what is not there", base: `{"ports": ["1:1"]}`, patch: `{"ports": {"$remove": ["3:3"]}}`, want: `{"ports":["1:1"]}`, codes: []diag.Code{diag.PatchNothingToRemove}},
		{name: "append to a string", base: `{"command": "a b"}`, patch: `{"command": {"$append": ["c"]}}`, want: `{"command":"a b"}`, codes: []diag.Code{diag.PatchNotAList}},
		{name: "append to a map", base: `{"deploy": {"replicas": 1}}`, patch: `{"deploy": {"$append": ["c"]}}`, want: `{"deploy":{"replicas":1}}`, codes: []diag.Code{diag.PatchNotAList}},
		{name: "an unknown operation", base: `{"ports": ["1:1"]}`, patch: `{"ports": {"$apend": ["2:2"]}}`, want: `{"ports":["1:1"]}`, codes: []diag.Code{diag.PatchOperation}},
		{name: "an operation beside a key", base: `{"ports": ["1:1"]}`, patch: `{"ports": {"$append": ["2:2"], "x": 1}}`, want: `{"ports":["1:1"]}`, codes: []diag.Code{diag.PatchOperation}},
		{name: "an operation without a list", base: `{"ports": ["1:1"]}`, patch: `{"ports": {"$append": "2:2"}}`, want: `{"ports":["1:1"]}`, codes: []diag.Code{diag.PatchOperation}},

		{name: "environment: map onto list keeps the list and its order", base: `{"environment": ["A=1", "B=2"]}`, patch: `{"environment": {"C": "3", "A": "9"}}`, want: `{"environment":["A=9","B=2","C=3"]}`},
		{name: "environment: list onto list", base: `{"environment": ["A=1", "B"]}`, patch: `{"environment": ["B=2", "A"]}`, want: `{"environment":["A","B=2"]}`},
		{name: "environment: list onto map keeps the map", base: `{"environment": {"A": "1", "B": 2}}`, patch: `{"environment": ["B=x=y", "C"]}`, want: `{"environment":{"A":"1","B":"x=y","C":null}}`},
		{name: "environment: scalars onto list become text", base: `{"environment": ["A=1"]}`, patch: `{"environment": {"B": 2, "C": true, "D": null, "E": ""}}`, want: `{"environment":["A=1","B=2","C=true","D","E="]}`},
		{name: "environment: scalars onto map keep their type", base: `{"environment": {"A": "1"}}`, patch: `{"environment": {"B": 2}}`, want: `{"environment":{"A":"1","B":2}}`},
		{name: "environment: the last of several entries took effect and is replaced", base: `{"environment": ["A=1", "B=2", "A=3"]}`, patch: `{"environment": {"A": "4"}}`, want: `{"environment":["A=4","B=2"]}`},
		{name: "environment: append merges by key too", base: `{"environment": ["A=1", "B=2"]}`, patch: `{"environment": {"$append": ["A=3"], "$remove": ["B"]}}`, want: `{"environment":["A=3"]}`},
		{name: "environment: remove by name from a map", base: `{"environment": {"A": "1", "B": "2"}}`, patch: `{"environment": {"$remove": ["A", "B=2"]}}`, want: `{"environment":{}}`},
		{name: "environment: remove another value", base: `{"environment": {"A": "1"}}`, patch: `{"environment": {"$remove": ["A=2"]}}`, want: `{"environment":{"A":"1"}}`, codes: []diag.Code{diag.PatchNothingToRemove}},
		{name: "environment: a nested value", base: `{"environment": ["A=1"]}`, patch: `{"environment": {"A": ["x"], "B=": "1"}}`, want: `{"environment":["A=1"]}`, codes: []diag.Code{diag.PatchEnvironment, diag.PatchEnvironment}},
		{name: "environment: entries that are none", base: `{"environment": ["A=1"]}`, patch: `{"environment": [5, "=x"]}`, want: `{"environment":["A=1"]}`, codes: []diag.Code{diag.PatchEnvironment, diag.PatchEnvironment}},
		{name: "labels: a map onto a list merges by key", base: `{"labels": ["a=1"]}`, patch: `{"labels": {"a": "2", "b": "3"}}`, want: `{"labels":["a=2","b=3"]}`},
		{name: "labels: a list replaces", base: `{"labels": ["a=1"]}`, patch: `{"labels": ["b=1"]}`, want: `{"labels":["b=1"]}`},

		{name: "depends_on: the long form adds to the short one", base: `{"depends_on": ["db"]}`, patch: `{"depends_on": {"redis": {"condition": "service_healthy"}}}`,
			want: `{"depends_on":{"db":{"condition":"service_started"},"redis":{"condition":"service_healthy"}}}`},
		{name: "networks: the long form adds to the short one", base: `{"networks": ["a"]}`, patch: `{"networks": {"b": {"aliases": ["x"]}}}`, want: `{"networks":{"a":null,"b":{"aliases":["x"]}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, l := build(t, `{"services": {"w": `+c.base+`}, "service_patches": {"w": `+c.patch+`}}`, nil)
			if d := cmp.Diff(c.want, at(m, "services.w")); d != "" {
				t.Error(d)
			}
			wantCodes(t, l, c.codes...)
			for _, d := range l {
				if !strings.HasPrefix(d.Path, "service_patches.w.") || d.Range.Start.IsZero() || d.Fix == "" {
					t.Errorf("%s", d)
				}
			}
			// The fragment shows the service before its patches.
			var fragment, before any
			_ = json.Unmarshal([]byte(m.sidecars[0].value.json()), &fragment)
			_ = json.Unmarshal([]byte(c.base), &before)
			if d := cmp.Diff(before, fragment); d != "" {
				t.Errorf("the base changed: %s", d)
			}
		})
	}
}

func TestPatchOfPatchKeepsItsShape(t *testing.T) {
	_, l := build(t, `{"services": {"w": {"image": "x"}}, "service_patches": {"w": ["tty"]}}`, nil)
	wantCodes(t, l, diag.PatchShape)
}

func TestPatchSummaries(t *testing.T) {
	m, _ := build(t, `{"services": {"b": {"image": "x"}, "a": {"image": "x"}},
  "service_patches": {"b": {"tty": true, "image": "y"}, "a": {"tty": true}}}`, nil,
		fragment(t, "e", "", `{"b": {"user": "1", "tty": false}}`))
	p := m.Patches()
	if len(p) != 2 || p[0].Service != "a" || p[1].Service != "b" || p[1].Range.Start.Line != 2 {
		t.Fatalf("%+v", p)
	}
	if d := cmp.Diff([]string{"image", "tty", "user"}, p[1].Keys); d != "" {
		t.Error(d)
	}
}

// jsonText draws a JSON value, biased towards what services hold.
func jsonText() *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.SampledFrom([]any{nil, true, false, 0.0, 12.0, "", "A=1", "B", "8080:80", "a$b", "yes", "x: y"}),
		rapid.Map(rapid.String(), func(s string) any { return s }),
	)
	key := rapid.SampledFrom([]string{"environment", "ports", "command", "labels", "depends_on", "A", "B", "a.b", "x-y", "$append", "$remove", "healthcheck"})
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return scalar
		}
		return rapid.OneOf(
			scalar,
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 4), func(s []any) any { return s }),
			rapid.Map(rapid.MapOfN(key, value(depth-1), 0, 4), func(m map[string]any) any { return m }),
		)
	}
	return value(3)
}

func drawService(t *rapid.T, label string) map[string]any {
	key := rapid.SampledFrom([]string{"image", "environment", "ports", "command", "labels", "depends_on", "networks", "healthcheck", "a.b", "deploy"})
	return rapid.MapOfN(key, jsonText(), 0, 5).Draw(t, label)
}

func TestPatchingWithNothingChangesNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		doc := map[string]any{"services": map[string]any{"w": drawService(r, "service")}}
		without := marshal(doc)
		doc["service_patches"] = map[string]any{"w": map[string]any{}}
		with := marshal(doc)
		a, _ := build(t, without, nil)
		b, _ := build(t, with, nil)
		if d := cmp.Diff(string(a.YAML()), string(b.YAML())); d != "" {
			r.Fatal(d)
		}
	})
}

func TestPatchingTwiceWithReplacementsIsPatchingOnce(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		doc := map[string]any{"services": map[string]any{"w": drawService(r, "service")}}
		patch := drawService(r, "patch")
		if strings.Contains(marshal(patch), `"$`) { // operations are not idempotent
			return
		}
		doc["service_patches"] = map[string]any{"w": patch}
		once, _ := build(t, marshal(doc), nil)
		twice, _ := build(t, marshal(doc), nil, fragment(t, "again", "", marshal(map[string]any{"w": patch})))
		if d := cmp.Diff(once.root.json(), twice.root.json()); d != "" {
			r.Fatal(d)
		}
	})
}

func TestEveryLeafIsExplained(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		doc := map[string]any{
			"services":        map[string]any{"w": drawService(r, "service"), "my.svc": drawService(r, "other")},
			"service_patches": map[string]any{"w": drawService(r, "patch")},
		}
		m, _ := build(t, marshal(doc), Odoo(testOdoo(scenarioDeveloper)))
		everyLeafIsExplained(r, m)
	})
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// everyLeafIsExplained checks the invariants of a model: each path of Paths is
// found under its own spelling, has a layer, and the leaves are all there is.
func everyLeafIsExplained(t failer, m *Model) {
	t.Helper()
	paths := m.Paths()
	for _, p := range paths {
		e, err := m.Explain(p)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		if e.Path != p || len(e.Children) != 0 || e.Origin.Layer == "" || e.Origin.Name == "" {
			t.Fatalf("%s: %+v", p, e)
		}
		if o, ok := m.Origin(p); !ok || o.Layer != e.Origin.Layer {
			t.Fatalf("%s: Origin differs from Explain", p)
		}
	}
	n := 0
	var count func(v *value)
	count = func(v *value) {
		if len(v.members)+len(v.items) == 0 {
			n++
		}
		for _, c := range v.members {
			count(c.value)
		}
		for _, c := range v.items {
			count(c)
		}
	}
	count(m.root)
	if n != len(paths) {
		t.Fatalf("%d leaves, %d paths", n, len(paths))
	}
}

func FuzzPatch(f *testing.F) {
	for _, s := range [][2]string{
		{`{"image": "a", "environment": ["A=1", "A=2", "B"]}`, `{"environment": {"A": "3"}}`},
		{`{"environment": {"A": null}}`, `{"environment": {"$append": ["A=1"], "$remove": ["A", "Q"]}}`},
		{`{"ports": [{"target": 80}]}`, `{"ports": {"$remove": [{"target": 80}]}}`},
		{`{"depends_on": ["a", 3]}`, `{"depends_on": {"b": {"condition": "x"}}}`},
		{`{"command": "x"}`, `{"command": {"$append": []}}`},
		{`[1]`, `{"a": {"$x": 1}}`},
		{`{"deploy": {"a": [1, [2, {"b": null}]]}}`, `{"deploy": {"a": {"$append": [[2, {"b": null}]]}}}`},
		{`{"labels": ["a=1"]}`, `{"labels": {"a": 1e3, "": "x"}}`},
		{`{"scale": 1e999}`, `{"cpus": 1e-999}`},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, base, patch string) {
		services, err := parseNode("odpm.json", `{"services": {"w": `+base+`}, "service_patches": {"w": `+patch+`}}`)
		if err != nil || len(services.Members) != 2 {
			return
		}
		c := &diag.Collector{}
		m := Build(Input{Manifest: manifestOf(services, "")}, c)
		m.Check(c)
		everyLeafIsExplained(t, m)
		m.Services()
		m.Fragments()
		for _, d := range c.List() {
			if d.Message == "the number is too large" {
				return // JSON readers differ about it
			}
			if d.Message == "" || d.Fix == "" || strings.Contains(d.Message, "false schema") {
				t.Fatalf("a poor diagnostic: %s", d)
			}
		}
		again := Build(Input{Manifest: manifestOf(services, "")}, &diag.Collector{})
		if string(again.YAML()) != string(m.YAML()) {
			t.Fatal("the same input gave other bytes")
		}
		sameAsJSON(t, m)
	})
}
