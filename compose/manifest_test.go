package compose

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// TestFromTheManifestReader goes the whole way from bytes: positions and
// variables arrive in the document's provenance.
func TestFromTheManifestReader(t *testing.T) {
	src := `{
  "manifest_schema": 2, "requires_odpm": "4.6.0", "stack": "odoo",
  "platform": {"git": "https://github.com/odoo/odoo.git 17.0"},
  "python": "3.11", "distro": {"name": "debian", "version": "12"}, "postgres": "15",
  "services": {
    "mailpit": {"image": "axllent/mailpit:${MAILPIT:-latest}", "restart": "unless-stopped",
      "ports": ["8025:8025", "1025:1025"], "environment": {"PRICE": "5$$", "SHELL_VAR": "$HOME"}}
  },
  "service_patches": {
    "odoo": {"environment": {"CUSTOM_METRIC": "1"}}
  }
}`
	c := &diag.Collector{}
	env := manifest.NewEnvironment([]string{"MAILPIT=v1.21"}, nil, c)
	mf := manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: env, HostArch: "amd64"}, c)
	if mf == nil {
		t.Fatal(c.List())
	}
	o := testOdoo(mf.Scenario)
	o.BuildContext = "/home/ana/shop"
	m := Build(Input{Manifest: mf, Builtin: Odoo(o)}, c)
	m.Check(c)
	for _, d := range c.List() {
		if d.Severity == diag.Error {
			t.Error(d)
		}
	}
	LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, c)
	p, err := LoadProject(t.Context(), m.YAML(), t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	mailpit := p.Services["mailpit"]
	got := []string{mailpit.Image, *mailpit.Environment["PRICE"], *mailpit.Environment["SHELL_VAR"], *p.Services["odoo"].Environment["CUSTOM_METRIC"], p.Services["odoo"].Build.Context}
	if d := cmp.Diff([]string{"axllent/mailpit:v1.21", "5$", "$HOME", "1", "/home/ana/shop"}, got); d != "" {
		t.Error(d)
	}
	e, err := m.Explain("services.mailpit.image")
	if err != nil || e.Origin.Range.Start.Line != 6 || !strings.Contains(e.Origin.Raw, "${MAILPIT") || len(e.Origin.Uses) != 1 {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err = m.Explain(PathOf("services", "odoo", "environment", "CUSTOM_METRIC")); err != nil || e.Origin.Range.Start.Line != 10 {
		t.Errorf("%+v, %v", e, err)
	}
	if got := PathOf("services", "my.svc", "build"); got != `services["my.svc"].build` {
		t.Error(got)
	}
}
