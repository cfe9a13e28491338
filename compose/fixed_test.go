package compose

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

func TestFixedNames(t *testing.T) {
	var c diag.Collector
	m := Build(Input{Manifest: &manifest.Manifest{
		Services: parse(t, "odpm.json", `{
"web": {"image": "x", "container_name": "hello"}, "job": {"image": "x"},
"my.svc": {"image": "x"}}`),
		Patches:  []manifest.PatchLayer{{Path: "service_patches", Patches: parse(t, "odpm.json", `{"my.svc": {"container_name": "patched"}}`)}},
		Volumes:  parse(t, "odpm.json", `{"a": {}, "b": {"name": "fixed"}, "c": {"name": "meant", "external": true}, "d": {"external": {"name": "old"}}}`),
		Networks: parse(t, "odpm.json", `{"n": {"name": "net"}, "default": null}`),
	}}, &c)
	var got []string
	for _, f := range m.FixedNames() {
		got = append(got, fmt.Sprintf("%s %s %q %s %d", f.Kind, f.Name, f.Service, f.Path, f.Range.Start.Line))
	}
	if d := cmp.Diff([]string{
		`container patched "my.svc" services["my.svc"].container_name 1`,
		`container hello "web" services.web.container_name 2`,
		`volume fixed "" volumes.b.name 1`,
		`network net "" networks.n.name 1`,
	}, got); d != "" {
		t.Error(d, c.List())
	}
}
