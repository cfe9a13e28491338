package compose

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

func serviceNames(m *Model) []string {
	var out []string
	for _, s := range m.Services() {
		out = append(out, s.Name)
	}
	return out
}

func fragment(t testing.TB, extension, services, patches string) Fragment {
	f := Fragment{Extension: extension}
	if services != "" {
		f.Services = parse(t, extension, services)
	}
	if patches != "" {
		f.Patches = parse(t, extension, patches)
	}
	return f
}

// TestMergeCases are the cases MRG of the conformance list; docs/compatibility
// lists those whose result differs from odpm's, by decision.
func TestMergeCases(t *testing.T) {
	odoo := func() *Builtin { return Odoo(testOdoo(scenarioDeveloper)) }

	t.Run("MRG-01 new services come after the built-in ones and leave them alone", func(t *testing.T) {
		plainOdoo, _ := build(t, `{}`, odoo())
		m, l := check(t, `{"services": {`+mailpit+`, "adminer": {"image": "adminer"}}}`, odoo())
		wantClean(t, l)
		if d := cmp.Diff([]string{"db", "odoo", "adminer", "mailpit"}, serviceNames(m)); d != "" {
			t.Error(d)
		}
		for _, name := range []string{"db", "odoo"} {
			if at(m, "services."+name) != at(plainOdoo, "services."+name) {
				t.Errorf("%s changed", name)
			}
		}
	})
	t.Run("MRG-02 a service of the same name is replaced whole, never merged", func(t *testing.T) {
		m, l := build(t, `{"services": {"web": {"image": "old", "ports": ["1:1"]}}}`, nil,
			fragment(t, "ext", `{"web": {"ports": ["2:2"]}}`, ""))
		wantCodes(t, l, diag.ServiceShadowed)
		if got := at(m, "services.web"); got != `{"ports":["2:2"]}` {
			t.Error(got)
		}
	})
	t.Run("MRG-04 a patched list replaces the whole list", func(t *testing.T) {
		m, l := check(t, `{"service_patches": {"odoo": {"ports": ["9090:8069"]}}}`, odoo())
		wantClean(t, l)
		if got := at(m, "services.odoo.ports"); got != `["9090:8069"]` {
			t.Error(got)
		}
	})
	t.Run("MRG-05 a patch for an unknown service is an error with the known names (decision 5)", func(t *testing.T) {
		_, l := build(t, `{"service_patches": {"odo": {"tty": false}, "redis": {"tty": true}, "postgres": {"tty": true}}}`, odoo())
		wantCodes(t, l, diag.PatchWithoutService, diag.PatchWithoutService, diag.PatchWithoutService)
		for i, fix := range []string{`did you mean "odoo"?`, "known services: db, odoo", "service_patches.db"} {
			if !strings.Contains(l[i].Fix, fix) || l[i].Range.Start.Line != 1 {
				t.Errorf("%s", l[i])
			}
		}
	})
	t.Run("MRG-07 an environment map patched by a map keeps its form, the patch wins (decision 5)", func(t *testing.T) {
		m, l := check(t, `{"services": {"w": {"image": "x", "environment": {"A": "1"}}},
			"service_patches": {"w": {"environment": {"A": "2", "B": "3"}}}}`, nil)
		wantClean(t, l)
		if got := at(m, "services.w.environment"); got != `{"A":"2","B":"3"}` {
			t.Error(got)
		}
	})
	t.Run("MRG-08 an environment from a patch alone stays a map", func(t *testing.T) {
		m, _ := check(t, `{"services": {"w": {"image": "x"}}, "service_patches": {"w": {"environment": {"A": "1"}}}}`, nil)
		if got := at(m, "services.w.environment"); got != `{"A":"1"}` {
			t.Error(got)
		}
	})
	t.Run("MRG-11 patches of manifest and extension both reach a built-in's environment, nothing is lost (decision 5)", func(t *testing.T) {
		m, l := check(t, `{"service_patches": {"odoo": {"environment": {"BASE": "1"}}}}`, odoo(),
			fragment(t, "ext", "", `{"odoo": {"environment": ["PLUGIN=1"]}}`))
		wantClean(t, l)
		want := `["PYTHONUNBUFFERED=1","PYTHONWARNINGS=ignore::DeprecationWarning:docutils","ODPM_CONFIG_PATH=/run/odpm/config.json","BASE=1","PLUGIN=1"]`
		if got := at(m, "services.odoo.environment"); got != want {
			t.Error(got)
		}
	})
	t.Run("MRG-13 services of manifest and extension are both there", func(t *testing.T) {
		m, l := check(t, `{"services": {`+mailpit+`}}`, nil, fragment(t, "ext", `{"mailpit-plugin": {"image": "y"}}`, ""))
		wantClean(t, l)
		if d := cmp.Diff([]string{"mailpit", "mailpit-plugin"}, serviceNames(m)); d != "" {
			t.Error(d)
		}
	})
	t.Run("MRG-14 an extension that declares a reserved name is an error", func(t *testing.T) {
		for _, name := range []string{"db", "odoo", "postgres"} {
			m, l := build(t, `{}`, odoo(), fragment(t, "ext", `{"`+name+`": {"image": "x"}}`, ""))
			wantCodes(t, l, diag.StackServiceTaken)
			if !strings.Contains(l[0].Fix, "service_patches") || len(serviceNames(m)) != 2 {
				t.Errorf("%s", l[0])
			}
		}
	})
	t.Run("MRG-17 an extension's patch reaches the odoo service", func(t *testing.T) {
		m, l := check(t, `{}`, odoo(), fragment(t, "sample", "", `{"odoo": {"environment": {"ODPM_SAMPLE_PLUGIN_API": "1.4.0"}}}`))
		wantClean(t, l)
		if got := at(m, "services.odoo.environment.ODPM_SAMPLE_PLUGIN_API"); got != `"1.4.0"` {
			t.Error(got)
		}
	})
	t.Run("a built-in's variable can be overridden, odpm ignored that (decision 5)", func(t *testing.T) {
		m, _ := check(t, `{"service_patches": {"db": {"environment": {"POSTGRES_PASSWORD": "s3"}}, "odoo": {"environment": {"PYTHONUNBUFFERED": "0"}}}}`, odoo())
		if got := at(m, "services.db.environment"); got != `["POSTGRES_PASSWORD=s3","POSTGRES_USER=postgres","POSTGRES_DB=postgres"]` {
			t.Error(got)
		}
		if got := at(m, "services.odoo.environment.PYTHONUNBUFFERED"); got != `"0"` {
			t.Error(got)
		}
	})
}

// TestBuiltinCases are the cases GLD. Keys that design decision 10 and design
// §7 add (healthcheck, entrypoint) are compared by the golden documents.
func TestBuiltinCases(t *testing.T) {
	list := func(m *Model, path string) string { return at(m, "services."+path) }
	t.Run("GLD-01 developer", func(t *testing.T) {
		m, l := check(t, `{}`, Odoo(testOdoo(scenarioDeveloper)))
		wantClean(t, l)
		for path, want := range map[string]string{
			"db.ports":         `["15432:5432"]`,
			"db.environment":   `["POSTGRES_PASSWORD=odoo","POSTGRES_USER=postgres","POSTGRES_DB=postgres"]`,
			"db.volumes":       `["postgres-data:/var/lib/postgresql/data"]`,
			"odoo.ports":       `["8069:8069","8072:8072","5678:5678"]`,
			"odoo.environment": `["PYTHONUNBUFFERED=1","PYTHONWARNINGS=ignore::DeprecationWarning:docutils","ODPM_CONFIG_PATH=/run/odpm/config.json"]`,
			"odoo.volumes[0]":  `"/home/ana/shop/.odpm/runtime/config.json:/run/odpm/config.json:ro,Z"`,
			"odoo.volumes[1]":  `"/home/ana/shop/.odpm/database:/run/odpm/database:Z"`,
			"odoo.depends_on":  `["db"]`,
			"odoo.restart":     "<none>",
			"odoo.user":        `"1000:1000"`,
		} {
			if got := list(m, path); got != want {
				t.Errorf("%s = %s, want %s", path, got, want)
			}
		}
		want := `{"driver":"local","driver_opts":{"type":"none","o":"bind","device":"/home/ana/shop/data/postgresql/var/lib/postgresql/data"}}`
		if got := at(m, "volumes.postgres-data"); got != want {
			t.Error(got)
		}
	})
	t.Run("GLD-02 ci", func(t *testing.T) {
		m, l := check(t, `{"scenario": "ci"}`, Odoo(testOdoo(scenarioCI)))
		wantClean(t, l)
		for path, want := range map[string]string{
			"db.ports":         `["127.0.0.1:15432:5432"]`,
			"odoo.environment": `["PYTHONUNBUFFERED=1"]`,
			"odoo.ports":       `["8069:8069","8072:8072"]`,
			"odoo.volumes":     "<none>",
			"odoo.entrypoint":  "<none>",
		} {
			if got := list(m, path); got != want {
				t.Errorf("%s = %s, want %s", path, got, want)
			}
		}
	})
	t.Run("GLD-04 server", func(t *testing.T) {
		m, l := check(t, `{"scenario": "server", "services": {`+mailpit+`}}`, Odoo(testOdoo(scenarioServer)))
		wantClean(t, l)
		for path, want := range map[string]string{
			"db.ports":         `["127.0.0.1:15432:5432"]`,
			"db.restart":       `"unless-stopped"`,
			"odoo.restart":     `"unless-stopped"`,
			"odoo.ports":       `["127.0.0.1:8069:8069","127.0.0.1:8072:8072"]`,
			"odoo.environment": `["PYTHONUNBUFFERED=1","ODPM_CONFIG_PATH=/run/odpm/config.json"]`,
			"mailpit.ports":    `["127.0.0.1:8025:8025","127.0.0.1:1025:1025"]`,
		} {
			if got := list(m, path); got != want {
				t.Errorf("%s = %s, want %s", path, got, want)
			}
		}
	})
	t.Run("GLD-05 digits and words that YAML retypes are double-quoted", func(t *testing.T) {
		m, _ := check(t, `{"services": {"w": {"image": "x", "command": ["python3", "99999", "true"]}}}`, nil)
		if !strings.Contains(string(m.YAML()), "      - python3\n      - \"99999\"\n      - \"true\"\n") {
			t.Errorf("%s", m.YAML())
		}
	})
	t.Run("GLD-07 no services give no fragments", func(t *testing.T) {
		m, _ := build(t, `{"services": {}}`, Odoo(testOdoo(scenarioDeveloper)))
		if f := m.Fragments(); len(f) != 0 {
			t.Error(f)
		}
	})
	t.Run("GLD-08 the seed's Mailpit", func(t *testing.T) {
		m, l := check(t, `{"services": {`+mailpit+`}}`, Odoo(testOdoo(scenarioDeveloper)))
		wantClean(t, l)
		if got := at(m, "services.mailpit"); got != `{"image":"axllent/mailpit","restart":"unless-stopped","ports":["8025:8025","1025:1025"]}` {
			t.Error(got)
		}
	})
	t.Run("the data directory moves with PostgreSQL 18", func(t *testing.T) {
		for version, want := range map[string]string{"": "/data", "15": "/data", "17.2": "/data", "18": "", "18-alpine": "", "latest": "/data"} {
			o := testOdoo(scenarioDeveloper)
			o.Postgres = version
			m, _ := build(t, `{}`, Odoo(o))
			if got := at(m, "services.db.volumes[0]"); got != `"postgres-data:/var/lib/postgresql`+want+`"` {
				t.Errorf("%s: %s", version, got)
			}
		}
	})
	t.Run("a platform under another name, arguments, and a mount of our own target", func(t *testing.T) {
		o := testOdoo(scenarioDeveloper)
		o.PlatformName, o.Args = "flectra", []manifest.Text{{Value: "-d"}, {Value: "shop"}}
		o.Mounts = []Mount{{Source: "/x:y", Target: "/t"}, {Source: "/c.json", Target: runtimeConfig, ReadOnly: true, NoRelabel: true}, {Source: "/n", Target: "/n", NoRelabel: true}}
		m, l := check(t, `{}`, Odoo(o))
		wantClean(t, l)
		if got := at(m, "services.odoo.command"); got != `["/home/ana/flectra/flectra-bin","-c","/home/ana/odoo.conf","--limit-time-real","99999","-d","shop"]` {
			t.Error(got)
		}
		want := `["/home/ana/shop/.odpm/database:/run/odpm/database:Z","/home/ana/shop/.odpm/runtime/entrypoint.sh:/run/odpm/entrypoint.sh:ro,Z",` +
			`{"type":"bind","source":"/x:y","target":"/t","bind":{"create_host_path":false}},"/c.json:/run/odpm/config.json:ro","/n:/n"]`
		if got := at(m, "services.odoo.volumes"); got != want {
			t.Error(got)
		}
		// The launcher that odpm needed is dropped from a patched command.
		m, l = build(t, `{"service_patches": {"odoo": {"command": ["python3", "-m", "dev_project.inside_docker_app.run_odoo", "--", "/home/ana/odoo/odoo-bin", "shell"]}}}`, Odoo(o))
		wantCodes(t, l, diag.PatchLauncher)
		if got := at(m, "services.odoo.command"); got != `["/home/ana/odoo/odoo-bin","shell"]` {
			t.Error(got)
		}
	})
}

// TestStructureCases are the cases CMP.
func TestStructureCases(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      []diag.Code
	}{
		{"CMP-01 a service with an image and a command list is fine", `{"services": {"w": {"image": "x", "command": ["a"]}}}`, nil},
		{"CMP-02 a document without services is an error", `{}`, []diag.Code{diag.DocumentEmpty}},
		{"CMP-04 ports as text are an error", `{"services": {"w": {"image": "x", "ports": "8069:8069"}}}`, []diag.Code{diag.DocumentWrongType}},
		{"CMP-05 a blank user is an error", `{"services": {"w": {"image": "x", "user": ""}}}`, []diag.Code{diag.DocumentBlank}},
		{"CMP-05 tty as text is an error", `{"services": {"w": {"image": "x", "tty": "yes"}}}`, []diag.Code{diag.DocumentWrongType}},
		{"CMP-07 privileged as text is an error", `{"services": {"w": {"image": "x", "privileged": "yes"}}}`, []diag.Code{diag.DocumentWrongType}},
		{"CMP-07 a blank pid is an error", `{"services": {"w": {"image": "x", "pid": ""}}}`, []diag.Code{diag.DocumentBlank}},
		{"CMP-10 a network that is not declared is an error", `{"services": {"w": {"image": "x", "networks": ["missing"]}}, "networks": {"stack": {}}}`, []diag.Code{diag.DocumentUndeclared}},
		{"CMP-11 a declared network is fine", `{"services": {"w": {"image": "x", "networks": ["stack"]}}, "networks": {"stack": {}}}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, l := check(t, c.src, nil)
			wantCodes(t, l, c.want...)
			for _, d := range l {
				if d.Severity != diag.Error || d.Fix == "" || d.Range.Start.IsZero() && d.Code != diag.DocumentEmpty {
					t.Errorf("%s", d)
				}
			}
		})
	}
	t.Run("CMP-08 the document starts with a comment and still loads", func(t *testing.T) {
		m, _ := check(t, `{"services": {"w": {"image": "x"}}}`, nil)
		if !strings.HasPrefix(string(m.YAML()), "# ") || lines([]byte(header)) != 2 {
			t.Error("no comment line")
		}
		c := &diag.Collector{}
		LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, c)
		wantClean(t, c.List())
	})
}

// TestPortBinding are the cases NET-19 and NET-20, and the other forms.
func TestPortBinding(t *testing.T) {
	for in, want := range map[string]string{
		`"8025:8025"`:                         `"127.0.0.1:8025:8025"`,
		`"0.0.0.0:80:80"`:                     `"0.0.0.0:80:80"`,
		`"localhost:80:80"`:                   `"localhost:80:80"`,
		`"[::1]:80:80"`:                       `"[::1]:80:80"`,
		`"8025"`:                              `"127.0.0.1::8025"`,
		`8025`:                                `"127.0.0.1::8025"`,
		`"53:53/udp"`:                         `"127.0.0.1:53:53/udp"`,
		`{"target": 80, "published": "8080"}`: `{"target":80,"published":"8080","host_ip":"127.0.0.1"}`,
		`{"target": 80, "host_ip": "::1"}`:    `{"target":80,"host_ip":"::1"}`,
	} {
		m, _ := build(t, `{"scenario": "server", "services": {"w": {"image": "x", "ports": [`+in+`]}}}`, nil)
		if got := at(m, "services.w.ports[0]"); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
	m, _ := build(t, `{"scenario": "server", "services": {"w": {"image": "x", "ports": ["80:80"]}}}`, nil)
	e, err := m.Explain("services.w.ports[0]")
	if err != nil || e.Origin.Layer != LayerDevpm || e.Origin.Replaced == nil || e.Origin.Replaced.Value != `"80:80"` {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestExtensionsThatClash(t *testing.T) {
	a := fragment(t, "alpha", `{"web": {"image": "a"}}`, `{"db": {"environment": {"TZ": "UTC"}}}`)
	b := fragment(t, "beta", `{"web": {"image": "b"}}`, `{"db": {"environment": {"TZ": "CET"}}}`)
	m, l := build(t, `{"service_patches": {"db": {"environment": {"TZ": "EET"}}}}`, Odoo(testOdoo(scenarioDeveloper)), a, b)
	wantCodes(t, l, diag.PatchShadowed, diag.ServiceTwice, diag.PatchShadowed)
	if !strings.Contains(l[1].Message, `"alpha" and "beta"`) {
		t.Error(l[1])
	}
	e, _ := m.Explain("services.db.environment.TZ")
	var chain []string
	chain = append(chain, e.Value+" "+e.Origin.Name)
	for r := e.Origin.Replaced; r != nil; r = r.Origin.Replaced {
		chain = append(chain, r.Value+" "+r.Origin.Name)
	}
	if d := cmp.Diff([]string{`"CET" extension beta`, `"UTC" extension alpha`, `"EET" service_patches.db`}, chain); d != "" {
		t.Error(d)
	}
	t.Run("fragments that are no fragments", func(t *testing.T) {
		_, l := build(t, `{}`, nil, fragment(t, "e", `["x"]`, `"y"`), fragment(t, "f", `{"../up": {"image": "x"}, "ok": {"image": "x"}}`, `{"ok": 3}`))
		wantCodes(t, l, diag.FragmentShape, diag.PatchShape, diag.FragmentServiceName, diag.PatchShape)
	})
	t.Run("a stack of an extension reserves its names against the manifest too", func(t *testing.T) {
		stack := &Builtin{Name: "rails", Services: object("app", object("image", text("rails"))), Reserved: []string{"app"}}
		_, l := build(t, `{"services": {"app": {"image": "mine"}}}`, stack)
		wantCodes(t, l, diag.StackServiceTaken)
	})
	t.Run("a volume of the manifest takes the place of the stack's, with a warning", func(t *testing.T) {
		m, l := check(t, `{"volumes": {"postgres-data": {}}}`, Odoo(testOdoo(scenarioDeveloper)))
		wantCodes(t, l, diag.StackVolumeReplaced)
		if at(m, "volumes.postgres-data") != "{}" {
			t.Error(at(m, "volumes"))
		}
	})
}

func TestServiceSourceIsNotCompose(t *testing.T) {
	m, l := check(t, `{"services": {"w": {"image": "x", "source": "tool"}}}`, nil)
	wantClean(t, l)
	if at(m, "services.w.source") != "<none>" || slices.Contains(m.Paths(), "services.w.source") {
		t.Error("source reached the document")
	}
}
