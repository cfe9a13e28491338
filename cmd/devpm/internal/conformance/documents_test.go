package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

const mailpit = `"mailpit":{"image":"axllent/mailpit","restart":"unless-stopped","ports":["8025:8025","1025:1025"]}`

var mergeCases = []testCase{
	passes("MRG-01", "services of the manifest come after db and odoo, sorted, and leave them alone", func(t *testing.T) {
		alone := sound(t, minimal, "developer")
		m := sound(t, with(`"services":{`+mailpit+`,"adminer":{"image":"adminer"}}`), "developer")
		if d := cmp.Diff([]string{"db", "odoo", "adminer", "mailpit"}, serviceNames(m)); d != "" {
			t.Error(d)
		}
		for _, path := range []string{"services.db", "services.odoo"} {
			before, _ := alone.Explain(path)
			wantValues(t, m, map[string]string{path: before.Value})
		}
	}),
	passes("MRG-02", "a service of the same name is replaced whole", func(t *testing.T) {
		m, _ := document(t, plus(plain, `"services":{"web":{"image":"old","ports":["1:1"]}}`), "developer", fragment(t, "ext", `{"web":{"ports":["2:2"]}}`, ""))
		wantValues(t, m, map[string]string{"services.web": `{"ports":["2:2"]}`})
	}),
	passes("MRG-04", "a patched list replaces the whole list", func(t *testing.T) {
		m := sound(t, with(`"service_patches":{"odoo":{"ports":["9090:8069"]}}`), "developer")
		wantValues(t, m, map[string]string{"services.odoo.ports": `["9090:8069"]`})
	}),
	passes("MRG-05", "a patch of an unknown service: refused, before anything is generated", func(t *testing.T) {
		refused(t, with(`"service_patches":{"redis":{"tty":true}}`), diag.ManifestPatchTarget, "redis", "db", "odoo")
		_, list := document(t, minimal, "developer", fragment(t, "ext", "", `{"redis":{"tty":true}}`))
		wantError(t, list, diag.PatchWithoutService, "redis")
	}),
	differs("MRG-07", "a patched environment map stays a map; the patch wins", func(t *testing.T) {
		m := sound(t, plus(plain, `"services":{"w":{"image":"i","environment":{"A":"1"}}},"service_patches":{"w":{"environment":{"A":"2","B":"3"}}}`), "developer")
		wantValues(t, m, map[string]string{"services.w.environment": `{"A":"2","B":"3"}`})
	}),
	passes("MRG-08", "an environment that only a patch has stays a map", func(t *testing.T) {
		m := sound(t, plus(plain, `"services":{"w":{"image":"i"}},"service_patches":{"w":{"environment":{"A":"1"}}}`), "developer")
		wantValues(t, m, map[string]string{"services.w.environment": `{"A":"1"}`})
	}),
	differs("MRG-10", "environment patched at the root and in an overlay: nothing is lost", func(t *testing.T) {
		m := sound(t, with(`"service_patches":{"odoo":{"environment":{"BASE":"1"}}},"scenarios":{"ci":{"service_patches":{"odoo":{"environment":{"CI":"1"}}}}}`), "ci")
		wantValues(t, m, map[string]string{"services.odoo.environment": `["PYTHONUNBUFFERED=1","BASE=1","CI=1"]`})
	}),
	differs("MRG-11", "environment patched by manifest and extension: nothing is lost", func(t *testing.T) {
		m := sound(t, with(`"service_patches":{"odoo":{"environment":{"BASE":"1"}}}`), "ci", fragment(t, "ext", "", `{"odoo":{"environment":{"PLUGIN":"1"}}}`))
		wantValues(t, m, map[string]string{"services.odoo.environment": `["PYTHONUNBUFFERED=1","BASE=1","PLUGIN=1"]`})
	}),
	passes("MRG-13", "services of manifest and extension are both there", func(t *testing.T) {
		m := sound(t, plus(plain, `"services":{`+mailpit+`}`), "developer", fragment(t, "ext", `{"mailpit-plugin":{"image":"i"}}`, ""))
		if d := cmp.Diff([]string{"mailpit", "mailpit-plugin"}, serviceNames(m)); d != "" {
			t.Error(d)
		}
	}),
	passes("MRG-14", "an extension that declares db: refused", func(t *testing.T) {
		_, list := document(t, minimal, "developer", fragment(t, "ext", `{"db":{"image":"i"}}`, ""))
		wantError(t, list, diag.StackServiceTaken, "db", "service_patches")
	}),
	passes("MRG-16", "a patch by physical name: refused, the manifest's name is named", func(t *testing.T) {
		names := environment{project: "ODPM_COMPOSE_PREFIX=acme"}.names(t)
		_, list := loadWith(with(`"service_patches":{"acme-db":{"tty":false}}`), manifest.Options{Environment: environment{}.build(t), Names: names, HostArch: "amd64"})
		wantError(t, list, diag.ManifestPatchTarget, "acme-db", `write "db"`)
	}),
	passes("MRG-17", "the sample plugin's patch carries the API version", func(t *testing.T) {
		p := plugged(t, minimal, map[string]string{"sample": `
from dev_project.extensions import EXTENSION_API_VERSION, register_compose_fragment
from dev_project.extensions.api import assert_extension_api_compatible
assert_extension_api_compatible(EXTENSION_API_VERSION)

class Sample:
    name = "sample"
    def compose_services(self, ctx):
        return {}
    def compose_service_patches(self, ctx):
        return {"odoo": {"environment": {"SAMPLE_API": EXTENSION_API_VERSION}}}

register_compose_fragment("sample", Sample())
`}).accepted(t)
		if _, got, _ := p.devpm(t, "render"); !strings.Contains(got, "SAMPLE_API=1.1") {
			t.Error(got)
		}
	}),
}

// wantBound wants ports to be written so in the scenario server.
func wantBound(t *testing.T, want map[string]string) {
	t.Helper()
	for port, bound := range want {
		m, _ := document(t, plus(plain, `"services":{"w":{"image":"i","ports":[`+port+`]}}`), "server")
		wantValues(t, m, map[string]string{"services.w.ports[0]": bound})
	}
}

var builtinCases = []testCase{
	passes("GLD-01", "developer: db and odoo with their ports, environment and mounts", func(t *testing.T) {
		m := sound(t, minimal, "developer")
		wantValues(t, m, map[string]string{
			"services.db.ports":         `["15432:5432"]`,
			"services.db.environment":   `["POSTGRES_PASSWORD=odoo","POSTGRES_USER=postgres","POSTGRES_DB=postgres"]`,
			"services.odoo.environment": `["PYTHONUNBUFFERED=1","PYTHONWARNINGS=ignore::DeprecationWarning:docutils","ODPM_CONFIG_PATH=/run/odpm/config.json"]`,
			"services.odoo.ports":       `["8069:8069","8072:8072","5678:5678"]`,
			"services.odoo.volumes[0]":  `"/home/ana/shop/.odpm/runtime/config.json:/run/odpm/config.json:ro,Z"`,
			"services.odoo.volumes[1]":  `"/home/ana/shop/.odpm/database:/run/odpm/database:Z"`,
			"services.odoo.restart":     "",
			"volumes.postgres-data":     `{"driver":"local","driver_opts":{"type":"none","o":"bind","device":"/home/ana/shop/data/postgresql/var/lib/postgresql/data"}}`,
		})
	}),
	passes("GLD-02", "ci: db bound to this host, two ports, no host volumes", func(t *testing.T) {
		m := sound(t, minimal, "ci")
		wantValues(t, m, map[string]string{
			"services.db.ports":         `["127.0.0.1:15432:5432"]`,
			"services.odoo.environment": `["PYTHONUNBUFFERED=1"]`,
			"services.odoo.ports":       `["8069:8069","8072:8072"]`,
			"services.odoo.volumes":     "",
		})
	}),
	passes("GLD-04", "server: every port bound to this host, restart policy, nothing for debugging", func(t *testing.T) {
		m := sound(t, with(`"services":{`+mailpit+`}`), "server")
		wantValues(t, m, map[string]string{
			"services.db.ports":         `["127.0.0.1:15432:5432"]`,
			"services.odoo.ports":       `["127.0.0.1:8069:8069","127.0.0.1:8072:8072"]`,
			"services.mailpit.ports":    `["127.0.0.1:8025:8025","127.0.0.1:1025:1025"]`,
			"services.db.restart":       `"unless-stopped"`,
			"services.odoo.restart":     `"unless-stopped"`,
			"services.odoo.environment": `["PYTHONUNBUFFERED=1","ODPM_CONFIG_PATH=/run/odpm/config.json"]`,
		})
	}),
	passes("GLD-05", "digits and true are quoted in YAML, words are not", func(t *testing.T) {
		m := sound(t, plus(plain, `"services":{"w":{"image":"i","command":["python3","99999","true"]}}`), "developer")
		if !strings.Contains(string(m.YAML()), "      - python3\n      - \"99999\"\n      - \"true\"\n") {
			t.Errorf("%s", m.YAML())
		}
	}),
	passes("GLD-07", "no services give no fragments", func(t *testing.T) {
		if f := sound(t, with(`"services":{}`), "developer").Fragments(); len(f) != 0 {
			t.Error(f)
		}
	}),
	passes("GLD-08", "the reference service mailpit", func(t *testing.T) {
		m := sound(t, with(`"services":{`+mailpit+`}`), "developer")
		wantValues(t, m, map[string]string{"services.mailpit": `{"image":"axllent/mailpit","restart":"unless-stopped","ports":["8025:8025","1025:1025"]}`})
	}),
}

var documentCases = []testCase{
	passes("CMP-01", "a service with an image and a command list: sound", judged(`{"w":{"image":"i","command":["a"]}}`, "")),
	passes("CMP-02", "a document without services: refused", func(t *testing.T) {
		_, list := document(t, plain, "developer")
		wantError(t, list, diag.DocumentEmpty)
	}),
	passes("CMP-04", "ports as text: refused", judged(`{"w":{"image":"i","ports":"8069:8069"}}`, diag.DocumentWrongType)),
	passes("CMP-05", "a blank user, tty as text: refused", func(t *testing.T) {
		judged(`{"w":{"image":"i","user":""}}`, diag.DocumentBlank)(t)
		judged(`{"w":{"image":"i","tty":"yes"}}`, diag.DocumentWrongType)(t)
	}),
	passes("CMP-07", "privileged as text, a blank pid: refused", func(t *testing.T) {
		judged(`{"w":{"image":"i","privileged":"yes"}}`, diag.DocumentWrongType)(t)
		judged(`{"w":{"image":"i","pid":""}}`, diag.DocumentBlank)(t)
	}),
	passes("CMP-08", "the document starts with a comment and Compose loads it", func(t *testing.T) {
		m := sound(t, plus(plain, `"services":{"w":{"image":"i"}}`), "developer")
		var c diag.Collector
		compose.LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, &c)
		if c.HasErrors() || !slices.Contains(strings.Split(string(m.YAML()), "\n"), "services:") || m.YAML()[0] != '#' {
			t.Errorf("%s\n%s", m.YAML(), text(c.List()))
		}
	}),
	passes("CMP-10", "a network that is not declared: refused", func(t *testing.T) {
		_, list := document(t, plus(plain, `"networks":{"stack":{}},"services":{"w":{"image":"i","networks":["missing"]}}`), "developer")
		wantError(t, list, diag.DocumentUndeclared, "missing")
	}),
	passes("CMP-11", "a declared network: sound", func(t *testing.T) {
		sound(t, plus(plain, `"networks":{"stack":{}},"services":{"w":{"image":"i","networks":["stack"]}}`), "developer")
	}),
}

// judged gives services to the document as an extension does, past the checks
// of the manifest; "" as code wants them to be sound.
func judged(services string, code diag.Code) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		_, list := document(t, plain, "developer", fragment(t, "ext", services, ""))
		if code != "" {
			wantError(t, list, code, "services.w")
		} else if list.HasErrors() {
			t.Error(text(list))
		}
	}
}
