package compose

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/manifest"
)

const explained = `{
  "services": {
    "my.svc": {"image": "redis", "ports": ["6379:6379"], "labels": {"a.b": "1", "a": {"b": "2"}}},
    "w": {"image": "x", "environment": {"MODE": "${MODE}", "P.Q": "1"}, "healthcheck": {"retries": 3}}
  },
  "service_patches": {
    "odoo": {"environment": {"CUSTOM_METRIC": "1", "PYTHONUNBUFFERED": "0"}, "tty": false},
    "w": {"healthcheck": {"retries": 5}}
  }
}`

func TestExplain(t *testing.T) {
	mf := testManifest(t, explained)
	mode := mf.Services.Get("w").Get("environment").Get("MODE")
	mode.Raw, mode.Text, mode.Uses = "${MODE}", "fast", []manifest.Use{{Name: "MODE", Origin: ".env:3"}}
	m := Build(Input{Manifest: mf, Builtin: Odoo(testOdoo(scenarioDeveloper)), ProjectName: "shop-1234"}, nil)
	for _, c := range []struct {
		path, canonical, value string
		layer                  LayerKind
		name                   string
		line                   int
		replaced               string
	}{
		{"services.odoo.environment.CUSTOM_METRIC", "services.odoo.environment.CUSTOM_METRIC", `"1"`, LayerPatch, "service_patches.odoo", 7, ""},
		{"services.odoo.environment[3]", "services.odoo.environment[3]", `"CUSTOM_METRIC=1"`, LayerPatch, "service_patches.odoo", 7, ""},
		{"services.odoo.environment.PYTHONUNBUFFERED", "services.odoo.environment.PYTHONUNBUFFERED", `"0"`, LayerPatch, "service_patches.odoo", 7, `"1" built-in odoo`},
		{"services.odoo.environment.ODPM_CONFIG_PATH", "services.odoo.environment.ODPM_CONFIG_PATH", `"/run/odpm/config.json"`, LayerBuiltin, "odoo", 0, ""},
		{"services.odoo.tty", "services.odoo.tty", `false`, LayerPatch, "service_patches.odoo", 7, `true built-in odoo`},
		{"services.w.environment.MODE", "services.w.environment.MODE", `"fast"`, LayerManifest, "odpm.json", 4, ""},
		{"services.w.environment.P.Q", `services.w.environment["P.Q"]`, `"1"`, LayerManifest, "odpm.json", 4, ""},
		{"services.w.healthcheck.retries", "services.w.healthcheck.retries", `5`, LayerPatch, "service_patches.w", 8, `3 manifest odpm.json`},
		{"services.my.svc.image", `services["my.svc"].image`, `"redis"`, LayerManifest, "odpm.json", 3, ""},
		{`services["my.svc"].ports[0]`, `services["my.svc"].ports[0]`, `"6379:6379"`, LayerManifest, "odpm.json", 3, ""},
		{`services['my.svc'].ports[0]`, `services["my.svc"].ports[0]`, `"6379:6379"`, LayerManifest, "odpm.json", 3, ""},
		{"services.my.svc.labels.a.b", `services["my.svc"].labels.a.b`, `"2"`, LayerManifest, "odpm.json", 3, ""},
		{`services["my.svc"].labels["a.b"]`, `services["my.svc"].labels["a.b"]`, `"1"`, LayerManifest, "odpm.json", 3, ""},
		{`services["my.svc"].labels["a"]["b"]`, `services["my.svc"].labels.a.b`, `"2"`, LayerManifest, "odpm.json", 3, ""},
		{"volumes.postgres-data.driver", "volumes.postgres-data.driver", `"local"`, LayerBuiltin, "odoo", 0, ""},
		{"name", "name", `"shop-1234"`, LayerDevpm, "devpm", 0, ""},
	} {
		e, err := m.Explain(c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		replaced := ""
		if r := e.Origin.Replaced; r != nil {
			replaced = r.Value + " " + string(r.Origin.Layer) + " " + r.Origin.Name
		}
		got := []any{e.Path, e.Value, e.Origin.Layer, e.Origin.Name, e.Origin.Range.Start.Line, replaced}
		if d := cmp.Diff([]any{c.canonical, c.value, c.layer, c.name, c.line, c.replaced}, got); d != "" {
			t.Errorf("%s: %s", c.path, d)
		}
	}
	e, _ := m.Explain("services.w.environment.MODE")
	if e.Origin.Raw != "${MODE}" || len(e.Origin.Uses) != 1 || e.Origin.Uses[0].Origin != ".env:3" {
		t.Errorf("%+v", e.Origin)
	}
	e, _ = m.Explain("services.odoo.environment")
	if len(e.Children) != 4 || e.Children[3].Path != "services.odoo.environment.CUSTOM_METRIC" || e.Children[3].Value != `"1"` {
		t.Errorf("%+v", e.Children)
	}
	everyLeafIsExplained(t, m)
}

func TestExplainUnknownPaths(t *testing.T) {
	m, _ := build(t, explained, Odoo(testOdoo(scenarioDeveloper)))
	for path, want := range map[string]string{
		"services.odo.image":                       "services.odoo",
		"services.odoo.enviroment":                 "services.odoo.environment",
		"services.odoo.environment.CUSTOM_METRICS": "services.odoo.environment.CUSTOM_METRIC",
		"service.odoo":                             "services",
		"services.my.svc.imag":                     `services["my.svc"].image`,
		"services.w.ports[7]":                      "services.w.environment",
		"services.odoo.ports[7]":                   "services.odoo.ports[0]",
		"":                                         "services",
		"..":                                       "services",
		`services["`:                               "services",
		"services..odoo":                           `services["my.svc"]`,
		"services.odoo.tty.x":                      "",
	} {
		_, err := m.Explain(path)
		var unknown *UnknownPathError
		if !errors.As(err, &unknown) {
			t.Errorf("%q: %v", path, err)
			continue
		}
		first := ""
		if len(unknown.Near) > 0 {
			first = unknown.Near[0]
		}
		if first != want || unknown.Path != path {
			t.Errorf("%q: %v, want %s first", path, unknown.Near, want)
		}
	}
}

func FuzzExplainPath(f *testing.F) {
	for _, s := range []string{"services.w", `services["my.svc"]`, "a[0]", "[", `["`, `["\"]`, "..a.", `services['`, "services.odoo.environment.A.B"} {
		f.Add(s)
	}
	m, _ := build(f, explained, Odoo(testOdoo(scenarioDeveloper)))
	f.Fuzz(func(t *testing.T, path string) {
		e, err := m.Explain(path)
		if err != nil {
			return
		}
		again, err := m.Explain(e.Path)
		if err != nil || again.Value != e.Value || again.Path != e.Path {
			t.Fatalf("%q leads to %q, which leads to %q (%v)", path, e.Path, again.Path, err)
		}
	})
}

func TestFragmentsAndSnapshot(t *testing.T) {
	m, _ := build(t, `{"services": {"b": {"image": "x", "command": ["$A"]}, "a": {"image": "q"}}, "service_patches": {"a": {"tty": true}}}`,
		Odoo(testOdoo(scenarioDeveloper)), fragment(t, "ext", `{"c": {"image": "z"}}`, ""))
	var got []string
	for _, f := range m.Fragments() {
		got = append(got, f.Path, strings.TrimPrefix(string(f.Content), header))
	}
	if d := cmp.Diff([]string{
		".odpm/compose/fragments/a.yml", "services:\n  a:\n    image: q\n",
		".odpm/compose/fragments/b.yml", "services:\n  b:\n    image: x\n    command:\n      - $$A\n",
		".odpm/compose/fragments/c.yml", "services:\n  c:\n    image: z\n",
	}, got); d != "" {
		t.Error(d)
	}
	want := `{
  "odpm_scenario": "developer",
  "services": {
    "a": {
      "image": "q"
    },
    "b": {
      "command": [
        "$A"
      ],
      "image": "x"
    },
    "c": {
      "image": "z"
    }
  }
}
`
	if d := cmp.Diff(want, string(m.Snapshot("developer"))); d != "" {
		t.Error(d)
	}
}

func TestUnifiedDiff(t *testing.T) {
	diff, added, removed := UnifiedDiff("docker-compose.yml", []byte("a\nb\n--x\n"), []byte("a\nc\n++y\nd\n"))
	if added != 3 || removed != 2 || !strings.HasPrefix(diff, "--- a/docker-compose.yml\n+++ b/docker-compose.yml\n@@ ") {
		t.Errorf("%d %d %s", added, removed, diff)
	}
	if diff, added, removed := UnifiedDiff("x", []byte("a\n"), []byte("a\n")); diff != "" || added+removed != 0 {
		t.Errorf("%q", diff)
	}
}
