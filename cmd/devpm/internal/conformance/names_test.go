package conformance

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// nameCases are the group NET: physical names, the network, ports.
var nameCases = []testCase{
	passes("NET-01", "a prefix that is None or blank is none", func(t *testing.T) {
		for _, value := range []string{"None", "", "   "} {
			if n := (environment{project: "ODPM_COMPOSE_PREFIX=" + value}).names(t); n.Prefix.Value != "" || n.Project() != "" {
				t.Errorf("%q: %+v", value, n)
			}
		}
	}),
	passes("NET-02", "a prefix is trimmed, in lower case, with one dash", func(t *testing.T) {
		for value, want := range map[string]string{"acme": "acme-", "acme-": "acme-", `"  Foo-Bar  "`: "foo-bar-"} {
			if n := (environment{project: "ODPM_COMPOSE_PREFIX=" + value}).names(t); n.Prefix.Value != want {
				t.Errorf("%q: %+v", value, n)
			}
		}
	}),
	passes("NET-04", "a prefix: services, volume, name, depends_on and mount", func(t *testing.T) {
		m, _ := namedDocument(t, minimal, "ODPM_COMPOSE_PREFIX=acme")
		wantNamed(t, m, "acme-db", "acme-odoo")
		wantValues(t, m, map[string]string{
			"name": `"acme"`, "services.acme-odoo.depends_on": `["acme-db"]`, "volumes.acme-postgres-data.driver": `"local"`,
			"services.acme-db.volumes": `["acme-postgres-data:/var/lib/postgresql/data"]`,
		})
	}),
	passes("NET-05", "a service that depends on db: the reference has the prefix, its own name stays", func(t *testing.T) {
		m, _ := namedDocument(t, with(`"services":{"mailpit":{"image":"i","depends_on":["db"]}}`), "ODPM_COMPOSE_PREFIX=acme")
		wantNamed(t, m, "acme-db", "acme-odoo", "mailpit")
		wantValues(t, m, map[string]string{"services.mailpit.depends_on": `["acme-db"]`})
	}),
	passes("NET-07", "POSTGRES_SERVICE_NAME renames db, where it stands", func(t *testing.T) {
		m, _ := namedDocument(t, with(`"services":{"mailpit":{"image":"i","depends_on":["db"]}}`), "POSTGRES_SERVICE_NAME=postgres")
		wantNamed(t, m, "postgres", "odoo", "mailpit")
		wantValues(t, m, map[string]string{"services.mailpit.depends_on": `["postgres"]`, "services.odoo.depends_on": `["postgres"]`})
	}),
	passes("NET-08", "prefix and POSTGRES_SERVICE_NAME: the prefix counts, with a warning", func(t *testing.T) {
		var c diag.Collector
		n := manifest.ReadNames(environment{project: "ODPM_COMPOSE_PREFIX=acme\nPOSTGRES_SERVICE_NAME=postgres"}.build(t), &c)
		if n.Service("db") != "acme-db" || len(c.List()) != 1 || c.List()[0].Code != diag.NameOverruled || c.HasErrors() {
			t.Errorf("%+v\n%s", n, text(c.List()))
		}
	}),
	passes("NET-10", "a service with the name that a prefix gives to db: refused", func(t *testing.T) {
		_, list := namedDocument(t, with(`"services":{"acme-db":{"image":"i"}}`), "ODPM_COMPOSE_PREFIX=acme")
		wantError(t, list, diag.NameTaken, "acme-db", "ODPM_COMPOSE_PREFIX")
	}),
	passes("NET-11", "a network is trimmed and in lower case", func(t *testing.T) {
		for value, want := range map[string]string{"Proxy": "proxy", `"  foo-bar  "`: "foo-bar"} {
			if n := (environment{project: "ODPM_COMPOSE_NETWORK=" + value}).names(t); n.Network.Value != want {
				t.Errorf("%q: %+v", value, n)
			}
		}
	}),
	passes("NET-13", "what counts as an external network", func(t *testing.T) {
		external := func(line string) bool {
			return environment{project: "ODPM_COMPOSE_NETWORK=stack\n" + line}.names(t).External
		}
		for _, value := range []string{"1", "true", "YES"} {
			if !external("ODPM_COMPOSE_NETWORK_EXTERNAL=" + value) {
				t.Error(value)
			}
		}
		for _, line := range []string{"", "ODPM_COMPOSE_NETWORK_EXTERNAL=", "ODPM_COMPOSE_NETWORK_EXTERNAL=0", "ODPM_COMPOSE_NETWORK_EXTERNAL=false"} {
			if external(line) {
				t.Error(line)
			}
		}
	}),
	passes("NET-14", "a managed network with a prefix: declared and joined under its physical name", func(t *testing.T) {
		m, _ := namedDocument(t, with(`"services":{`+mailpit+`}`), "ODPM_COMPOSE_PREFIX=acme\nODPM_COMPOSE_NETWORK=stack")
		wantValues(t, m, map[string]string{"networks": `{"acme-stack":{"driver":"bridge"}}`})
		for _, name := range serviceNames(m) {
			wantValues(t, m, map[string]string{compose.PathOf("services", name, "networks"): `["acme-stack"]`})
		}
	}),
	passes("NET-16", "an external network without a name does nothing", func(t *testing.T) {
		m, _ := namedDocument(t, minimal, "ODPM_COMPOSE_NETWORK_EXTERNAL=1")
		wantValues(t, m, map[string]string{"networks": "", "services.db.networks": ""})
	}),
	passes("NET-17", "a service with networks of its own keeps them", func(t *testing.T) {
		m, _ := namedDocument(t, with(`"networks":{"proxy":{}},"services":{"mailpit":{"image":"i","networks":["proxy"]}}`), "ODPM_COMPOSE_NETWORK=stack")
		wantValues(t, m, map[string]string{"services.mailpit.networks": `["proxy"]`, "services.db.networks": `["stack"]`})
	}),
	passes("NET-19", "a port with an address keeps it where ports are bound", func(t *testing.T) {
		wantBound(t, map[string]string{`"0.0.0.0:80:80"`: `"0.0.0.0:80:80"`, `"localhost:80:80"`: `"localhost:80:80"`, `"[::1]:80:80"`: `"[::1]:80:80"`, `"80:80"`: `"127.0.0.1:80:80"`})
	}),
	differs("NET-20", "a container port alone is bound with a free host port", func(t *testing.T) {
		wantBound(t, map[string]string{`"8025"`: `"127.0.0.1::8025"`})
	}),
}

// wantNamed wants these services, in this order.
func wantNamed(t *testing.T, m *compose.Model, names ...string) {
	t.Helper()
	if d := cmp.Diff(names, serviceNames(m)); d != "" {
		t.Error(d)
	}
}

// wantService wants what a string with a service token becomes in a container.
func wantService(t *testing.T, env, value, want string) {
	t.Helper()
	m, list := namedDocument(t, with(`"services":{"w":{"image":"i","hostname":"`+value+`"}}`), env)
	if len(list) > 0 {
		t.Error(text(list))
	}
	wantValues(t, m, map[string]string{"services.w.hostname": `"` + want + `"`})
}

// namedDocument is document with the names of a dotenv file.
func namedDocument(t *testing.T, src, env string) (*compose.Model, diag.List) {
	t.Helper()
	names := environment{project: env}.names(t)
	m, list := loadWith(src, manifest.Options{Environment: environment{project: env}.build(t), Names: names, HostArch: "amd64"})
	if m == nil || list.HasErrors() {
		t.Fatal(text(list))
	}
	var c diag.Collector
	c.Add(list...)
	model := compose.Build(compose.Input{Manifest: m, Builtin: compose.Odoo(odooOptions("developer")), Names: names, ProjectDir: "/home/ana/shop", HomeDir: "/home/ana"}, &c)
	model.Check(&c)
	return model, c.List()
}

// gated is a project with services and the gates of user_settings.json.
func gated(t *testing.T, sidecars string) project {
	t.Helper()
	p := newProject(t, plus(plain, `"services":{"mailpit":{"image":"i"},"redis":{"image":"i"},"worker":{"image":"i","depends_on":["mailpit","redis"]}}`))
	p.write(t, "user_settings.json", `{"sidecars":`+sidecars+`}`)
	return p
}

// rendered is the document of a project, and what is said about it.
func (p project) rendered(t *testing.T) (document, said string) {
	t.Helper()
	status, stdout, stderr := p.devpm(t, "render")
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	return stdout, stderr
}

var gateCases = []testCase{
	passes("GATE-01", "null or no gates: nothing is left out", func(t *testing.T) {
		for _, sidecars := range []string{"null", "{}"} {
			if document, said := gated(t, sidecars).rendered(t); said != "" || !strings.Contains(document, "\n  mailpit:\n") {
				t.Errorf("%s: %s%s", sidecars, document, said)
			}
		}
	}),
	passes("GATE-02", "gates that are a list, text or a number: refused", func(t *testing.T) {
		for _, sidecars := range []string{"[]", `{"mailpit":"false"}`, `{"mailpit":0}`} {
			if status, _, said := gated(t, sidecars).devpm(t, "render"); status != 1 || !strings.Contains(said, string(diag.SidecarGates)) {
				t.Errorf("%s: exit status %d\n%s", sidecars, status, said)
			}
		}
	}),
	passes("GATE-04", "a closed gate drops its service; open ones and services without a gate stay", func(t *testing.T) {
		document, _ := gated(t, `{"mailpit":false,"redis":true}`).rendered(t)
		if strings.Contains(document, "mailpit") || !strings.Contains(document, "\n  redis:\n") || !strings.Contains(document, "\n  worker:\n") {
			t.Error(document)
		}
	}),
	passes("GATE-05", "a gate of an unknown service: a warning", func(t *testing.T) {
		document, said := gated(t, `{"ghost":true}`).rendered(t)
		if !strings.Contains(said, "warning "+string(diag.GateUnknown)) || !strings.Contains(document, "\n  mailpit:\n") {
			t.Errorf("%s%s", document, said)
		}
	}),
	passes("GATE-07", "a closed gate: no step, no fragment", func(t *testing.T) {
		p := gated(t, `{"mailpit":false}`)
		p.write(t, ".odpm/compose/fragments/mailpit.yml", "services: {}\n")
		plan := p.plan(t)
		if plan.index("compose.fragment.mailpit") >= 0 || plan.index("compose.fragment.redis") < 0 {
			t.Error(plan.Steps)
		}
		if status, _, said := p.devpm(t, "up", "--skip-start"); status != 0 {
			t.Fatalf("exit status %d\n%s", status, said)
		}
		files, err := filepath.Glob(filepath.Join(p.dir, ".odpm/compose/fragments/*.yml"))
		for i := range files {
			files[i] = filepath.Base(files[i])
		}
		if err != nil || !slices.Equal(files, []string{"redis.yml", "worker.yml"}) {
			t.Error(files, err)
		}
	}),
}
