package compose

import (
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// loaded builds the document of a manifest in a scenario.
func loaded(t *testing.T, src, scenario string) (*Model, *manifest.Manifest, diag.List) {
	t.Helper()
	var c diag.Collector
	mf := manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: manifest.NewEnvironment(nil, nil, &c), Scenario: scenario, HostArch: "amd64"}, &c)
	if mf == nil || c.HasErrors() {
		t.Fatal(c.Err())
	}
	m := Build(Input{Manifest: mf, ProjectDir: "/p", HomeDir: "/h"}, &c)
	m.Check(&c)
	return m, mf, c.List()
}

func TestPatchesOfAnOverlayAreAppliedToWhatTheRootsPatchesMade(t *testing.T) {
	const src = `{"manifest_schema":2,"requires_odpm":"4.8.0","stack":"none",
"services":{"w":{"image":"i","environment":["KEPT=1","A=0"],"ports":["1:1","2:2"],"healthcheck":{"test":["CMD","x"],"interval":"9s"}}},
"service_patches":{"w":{"environment":{"A":"root","R":"1"},"ports":{"$append":["3:3"]},"healthcheck":{"interval":"1s"}}},
"scenarios":{"server":{"service_patches":{
  "w":{"environment":["A=server","S=1"],"ports":{"$append":["4:4"],"$remove":["1:1"]},"healthcheck":{"retries":3}}}}}}`
	m, _, list := loaded(t, src, "developer")
	if list.HasErrors() {
		t.Fatal(list)
	}
	check := func(m *Model, want map[string]string) {
		t.Helper()
		for path, value := range want {
			if e, err := m.Explain(path); err != nil || e.Value != value {
				t.Errorf("%s is %s (%v), want %s", path, e.Value, err, value)
			}
		}
	}
	check(m, map[string]string{"services.w.environment": `["KEPT=1","A=root","R=1"]`, "services.w.ports": `["1:1","2:2","3:3"]`})
	m, _, list = loaded(t, strings.Replace(src, `"1:1","2:2"`, `"127.0.0.1:1:1","127.0.0.1:2:2"`, 1), "ci")
	if list.HasErrors() {
		t.Fatal(list)
	}
	check(m, map[string]string{"services.w.ports": `["127.0.0.1:1:1","127.0.0.1:2:2","3:3"]`})
	m, _, list = loaded(t, strings.ReplaceAll(src, `"server":{`, `"ci":{`), "ci")
	if list.HasErrors() {
		t.Fatal(list)
	}
	check(m, map[string]string{
		"services.w.environment": `["KEPT=1","A=server","R=1","S=1"]`, "services.w.ports": `["2:2","3:3","4:4"]`,
		"services.w.healthcheck": `{"test":["CMD","x"],"interval":"1s","retries":3}`,
	})
	e, _ := m.Explain("services.w.environment.A")
	o := e.Origin
	if o.Layer != LayerPatch || o.Name != "scenarios.ci.service_patches.w" || o.Range.Start.Line != 5 || o.Replaced.Origin.Name != "service_patches.w" || o.Replaced.Origin.Replaced.Value != `"0"` {
		t.Errorf("%+v", o)
	}
	if p := m.Patches(); len(p) != 1 || strings.Join(p[0].Keys, " ") != "environment healthcheck ports" {
		t.Errorf("one step a service: %+v", p)
	}
}

func TestWhatAnOverlayBringsIsExplainedAndBlamedThere(t *testing.T) {
	m, mf, list := loaded(t, `{"manifest_schema":2,"requires_odpm":"4.8.0","stack":"none","services":{"w":{"image":"i"}},
"scenarios":{"ci":{"services":{"w":{"image":"j",
  "restrat":"no"}}}}}`, "ci")
	e, err := m.Explain("services.w.image")
	if err != nil || e.Value != `"j"` || e.Origin.Layer != LayerScenario || e.Origin.Name != "ci" || e.Origin.Range.Start.Line != 2 {
		t.Errorf("%+v, %v", e, err)
	}
	list = mf.Located(list)
	if len(list) != 1 || list[0].Path != "scenarios.ci.services.w.restrat" || list[0].Range.Start.Line != 3 {
		t.Errorf("%v", list)
	}
}
