package compose_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// What is read from a document is what the model that wrote it told, but for
// places in files and what only the model knows.
func TestReadServicesTellsWhatTheModelTold(t *testing.T) {
	src := `{"manifest_schema": 2, "requires_odpm": "4.6.0", "stack": "none", "services": {
		"web": {"image": "shop/$$web", "build": ".", "depends_on": ["db"], "profiles": ["a"], "ports": ["127.0.0.1:8080:80", "9000-9001:9000-9001/udp", {"target": 5, "published": "50"}],
			"volumes": ["./src:/src", "data:/data"], "env_file": "absent.env", "deploy": {"replicas": 2}},
		"db": {"image": "postgres:16", "privileged": true, "healthcheck": {"test": ["CMD", "true"]}}},
		"volumes": {"data": {}}}`
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{}, &c)
	model := compose.Build(compose.Input{Manifest: m, ProjectName: "shop", ProjectDir: "/shop"}, &c)
	if c.HasErrors() || model == nil {
		t.Fatal(c.List())
	}
	read, err := compose.ReadServices(model.YAML(), "/shop")
	if err != nil {
		t.Fatal(err)
	}
	known := cmpopts.IgnoreTypes(diag.Range{})
	if d := cmp.Diff(model.Services(), read, known, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	if !slices.ContainsFunc(read, func(s compose.Service) bool { return len(s.Ports) == 4 }) {
		t.Errorf("the ports are not told: %+v", read)
	}
	for _, text := range []string{"", "services: [a]", "services: {web: }", "services: {web: text}"} {
		if _, err := compose.ReadServices([]byte(text), "/shop"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := compose.ReadServices([]byte("services: {"), "/shop"); err == nil {
		t.Error("what is no YAML is read")
	}
}
