package compose

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// withNames builds a document of the stack odoo with the names of a dotenv file.
func withNames(t *testing.T, src, env string) (*Model, diag.List) {
	t.Helper()
	return checkWith(t, src, Odoo(testOdoo(scenarioDeveloper)), Input{Names: dotenvNames(t, env)})
}

func TestAPrefixRenamesTheStackEverywhere(t *testing.T) {
	m, l := withNames(t, `{"services": {
		"mailpit": {"image": "i", "depends_on": ["db", "odoo"], "links": ["db:base", "odoo"], "volumes_from": ["db:ro"]},
		"peek": {"image": "i", "depends_on": {"db": {"condition": "service_started"}, "mailpit": {"condition": "service_started"}}, "pid": "service:odoo",
			"volumes": ["postgres-data:/d:ro", {"type": "volume", "source": "postgres-data", "target": "/e"}, "./postgres-data:/f", "own:/g"]},
		"twice": {"image": "i", "depends_on": ["acme-db", "db"], "network_mode": "service:db"}
	}, "volumes": {"own": {}}, "service_patches": {"db": {"tty": false}, "odoo": {"environment": {"A": "1"}}}}`, "# shop\nODPM_COMPOSE_PREFIX=Acme\n")
	wantClean(t, l)
	if d := cmp.Diff([]string{"acme-db", "acme-odoo", "mailpit", "peek", "twice"}, serviceNames(m)); d != "" {
		t.Error(d)
	}
	for path, want := range map[string]string{
		"name":                              `"acme"`,
		"services.acme-odoo.depends_on":     `["acme-db"]`,
		"services.acme-db.volumes":          `["acme-postgres-data:/var/lib/postgresql/data"]`,
		"services.acme-db.tty":              `false`,
		"services.acme-odoo.environment.A":  `"1"`,
		"services.mailpit.depends_on":       `["acme-db","acme-odoo"]`,
		"services.mailpit.links":            `["acme-db:base","acme-odoo"]`,
		"services.mailpit.volumes_from":     `["acme-db:ro"]`,
		"services.peek.depends_on":          `{"acme-db":{"condition":"service_started"},"mailpit":{"condition":"service_started"}}`,
		"services.peek.pid":                 `"service:acme-odoo"`,
		"services.peek.volumes":             `["acme-postgres-data:/d:ro",{"type":"volume","source":"acme-postgres-data","target":"/e"},"./postgres-data:/f","own:/g"]`,
		"services.twice.depends_on":         `["acme-db"]`,
		"services.twice.network_mode":       `"service:acme-db"`,
		"volumes.own":                       `{}`,
		"volumes.acme-postgres-data.driver": `"local"`,
	} {
		if got := at(m, path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if got := m.Services()[0]; got.Name != "acme-db" || got.Logical != "db" || !got.Builtin || got.NamedVolumes[0] != "acme-postgres-data" {
		t.Errorf("%+v", got)
	}
	if got := m.Services()[2]; got.Logical != "mailpit" || got.Builtin {
		t.Errorf("%+v", got)
	}
	if m.Physical("db") != "acme-db" || m.Physical("acme-db") != "acme-db" || m.Physical("mailpit") != "mailpit" {
		t.Error("physical names")
	}
	// Steps of a plan are called as the manifest says.
	if p := m.Patches(); len(p) != 2 || p[0].Service != "db" {
		t.Errorf("%+v", p)
	}
	var c diag.Collector
	LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, &c)
	wantClean(t, c.List())
}

func TestRenamedValuesAreTraced(t *testing.T) {
	m, l := withNames(t, `{"services": {"mailpit": {"image": "i", "depends_on": ["db"]}}}`, "# shop\nODPM_COMPOSE_PREFIX=acme\nODPM_COMPOSE_NETWORK=stack\n")
	wantClean(t, l)
	prefix := manifest.Use{Name: "ODPM_COMPOSE_PREFIX", Origin: ".env:2"}
	for _, tt := range []struct {
		path, raw, place string
		use              manifest.Use
	}{
		{"services.mailpit.depends_on[0]", "db", "odpm.json:1:56", prefix},
		{"services.odoo.depends_on[0]", "db", ".env:2:1", prefix},
		{"services.db", "db", "", prefix},
		{"services.db.volumes[0]", "postgres-data:/var/lib/postgresql/data", ".env:2:1", prefix},
		{"volumes.postgres-data", "postgres-data", "", prefix},
		{"name", "", ".env:2:1", prefix},
		{"services.mailpit.networks[0]", "stack", ".env:3:1", prefix},
		{"networks.stack.driver", "", ".env:3:1", manifest.Use{Name: "ODPM_COMPOSE_NETWORK", Origin: ".env:3"}},
	} {
		e, err := m.Explain(tt.path)
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		if e.Origin.Raw != tt.raw || e.Origin.Range.String() != tt.place || len(e.Origin.Uses) == 0 || e.Origin.Uses[len(e.Origin.Uses)-1] != tt.use {
			t.Errorf("%s: %+v", tt.path, e.Origin)
		}
	}
	e, _ := m.Explain("services.mailpit.depends_on[0]")
	if e.Origin.Layer != LayerDevpm || e.Origin.Replaced == nil || e.Origin.Replaced.Value != `"db"` || e.Origin.Replaced.Origin.Layer != LayerManifest {
		t.Errorf("%+v", e.Origin)
	}
	everyLeafIsExplained(t, m)
}

func TestExplainTakesBothNames(t *testing.T) {
	m, _ := withNames(t, `{}`, "POSTGRES_SERVICE_NAME=my.pg\n")
	for _, path := range []string{"services.db.image", `services["my.pg"].image`, "services.my.pg.image"} {
		e, err := m.Explain(path)
		if err != nil || e.Path != `services["my.pg"].image` || e.Value != `"postgres:16"` {
			t.Errorf("%s: %+v %v", path, e, err)
		}
	}
	_, err := m.Explain("services.db.imag")
	unknown, ok := errors.AsType[*UnknownPathError](err)
	if !ok || len(unknown.Near) == 0 || unknown.Near[0] != `services["my.pg"].image` {
		t.Errorf("%v", err)
	}
	// A service of the manifest is never hidden by a name of the stack.
	m, _ = checkWith(t, `{"services": {"db": {"image": "mine"}}}`, nil, Input{Names: dotenvNames(t, "ODPM_COMPOSE_PREFIX=acme\n")})
	if got := at(m, "services.db.image"); got != `"mine"` {
		t.Error(got)
	}
}

func TestTheDatabasesNameKeepsItsPlace(t *testing.T) {
	m, l := withNames(t, `{"services": {"mailpit": {"image": "i", "depends_on": ["db"]}}}`, "POSTGRES_SERVICE_NAME=postgres\n")
	wantClean(t, l)
	if d := cmp.Diff([]string{"postgres", "odoo", "mailpit"}, serviceNames(m)); d != "" {
		t.Error(d)
	}
	if got := at(m, "services.mailpit.depends_on") + at(m, "services.odoo.depends_on") + at(m, "volumes.postgres-data.driver") + at(m, "name"); got != `["postgres"]["postgres"]"local"<none>` {
		t.Error(got)
	}
}

func TestTakenNames(t *testing.T) {
	for _, tt := range []struct{ name, src, env, want string }{
		{"NET-10: a service", `{"services": {"acme-db": {"image": "i"}}}`, "ODPM_COMPOSE_PREFIX=acme\n", "services.acme-db"},
		{"the database's own name", `{"services": {"pg": {"image": "i"}}}`, "POSTGRES_SERVICE_NAME=pg\n", "services.pg"},
		{"a volume", `{"volumes": {"acme-postgres-data": {}}}`, "ODPM_COMPOSE_PREFIX=acme\n", "volumes.acme-postgres-data"},
		{"a network", `{"networks": {"acme-stack": {}}}`, "ODPM_COMPOSE_PREFIX=acme\nODPM_COMPOSE_NETWORK=stack\n", "networks.acme-stack"},
		{"the other service of the stack", `{}`, "POSTGRES_SERVICE_NAME=odoo\n", "services.odoo"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, l := withNames(t, tt.src, tt.env)
			wantCodes(t, l, diag.NameTaken)
			if l[0].Path != tt.want || l[0].Range.Start.IsZero() {
				t.Errorf("%s %v", l[0], l[0].Range)
			}
			if strings.Count(string(m.YAML()), "\n  db:\n") != 1 && strings.HasPrefix(tt.want, "services") {
				t.Errorf("the database is gone:\n%s", m.YAML())
			}
		})
	}
}

func TestNetwork(t *testing.T) {
	const src = `{"services": {"mailpit": {"image": "i", "networks": ["proxy"]}, "host": {"image": "i", "network_mode": "host"}, "both": {"image": "i", "networks": {"stack": {"aliases": ["b"]}}}}, "networks": {"proxy": {"external": true}}}`
	for _, tt := range []struct{ name, env, want string }{
		{"managed, with a prefix (NET-14)", "ODPM_COMPOSE_PREFIX=acme\nODPM_COMPOSE_NETWORK=stack\n",
			`["acme-stack"] ["acme-stack"] ["proxy"] <none> {"acme-stack":{"aliases":["b"]}} {"proxy":{"external":true},"acme-stack":{"driver":"bridge"}}`},
		{"managed", "ODPM_COMPOSE_NETWORK=stack\nODPM_COMPOSE_NETWORK_EXTERNAL=no\n",
			`["stack"] ["stack"] ["proxy"] <none> {"stack":{"aliases":["b"]}} {"proxy":{"external":true},"stack":{"driver":"bridge"}}`},
		{"external, never prefixed", "ODPM_COMPOSE_PREFIX=acme\nODPM_COMPOSE_NETWORK=stack\nODPM_COMPOSE_NETWORK_EXTERNAL=YES\n",
			`["stack"] ["stack"] ["proxy"] <none> {"stack":{"aliases":["b"]}} {"proxy":{"external":true},"stack":{"external":true}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, l := withNames(t, src, tt.env)
			wantClean(t, l)
			var got []string
			for _, path := range []string{"services.db.networks", "services.odoo.networks", "services.mailpit.networks", "services.host.networks", "services.both.networks", "networks"} {
				got = append(got, at(m, path))
			}
			if d := cmp.Diff(tt.want, strings.Join(got, " ")); d != "" {
				t.Error(d)
			}
			var c diag.Collector
			LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, &c)
			wantClean(t, c.List())
		})
	}
	t.Run("the manifest's own declaration stays", func(t *testing.T) {
		m, l := withNames(t, `{"networks": {"stack": {"driver": "overlay"}}}`, "ODPM_COMPOSE_PREFIX=acme\nODPM_COMPOSE_NETWORK=stack\n")
		wantClean(t, l)
		if got := at(m, "networks"); got != `{"acme-stack":{"driver":"overlay"}}` {
			t.Error(got)
		}
	})
	t.Run("no network", func(t *testing.T) {
		m, l := withNames(t, `{"services": {"a": {"image": "i", "networks": ["stack"]}, "b": {"image": "i", "networks": {"stack": {}, "own": {}}}}, "networks": {"own": {}}}`, "ODPM_COMPOSE_NETWORK_EXTERNAL=1\n")
		wantClean(t, l)
		if got := at(m, "services.a") + at(m, "services.b.networks") + at(m, "networks"); got != `{"image":"i"}{"own":{}}{"own":{}}` {
			t.Error(got)
		}
	})
}

func TestGates(t *testing.T) {
	const src = `{"services": {
		"mailpit": {"image": "i", "depends_on": ["redis"]}, "redis": {"image": "i"},
		"worker": {"image": "i", "depends_on": ["mailpit", "redis"], "links": ["mailpit:mail"]},
		"long": {"image": "i", "depends_on": {"mailpit": {"condition": "service_started"}}}
	}, "service_patches": {"mailpit": {"tty": true}, "redis": {"tty": true}, "odoo": {"depends_on": {"$append": ["mailpit"]}}}}`
	gated := func(sidecars string) (*Model, diag.List) {
		return checkWith(t, src, Odoo(testOdoo(scenarioDeveloper)), Input{Sidecars: settings(t, `{"sidecars": `+sidecars+`}`).Sidecars})
	}
	m, l := gated(`{"mailpit": false, "redis": true}`)
	wantClean(t, l)
	if d := cmp.Diff([]string{"db", "odoo", "long", "redis", "worker"}, serviceNames(m)); d != "" {
		t.Error(d)
	}
	for path, want := range map[string]string{
		"services.worker": `{"image":"i","depends_on":["redis"]}`, "services.long": `{"image":"i"}`, "services.odoo.depends_on": `["db"]`,
	} {
		if got := at(m, path); got != want {
			t.Errorf("%s is %s", path, got)
		}
	}
	var left []string
	for _, f := range m.Fragments() {
		left = append(left, f.Service)
	}
	for _, p := range m.Patches() {
		left = append(left, "patch "+p.Service)
	}
	if d := cmp.Diff([]string{"long", "redis", "worker", "patch odoo", "patch redis"}, left); d != "" {
		t.Error(d)
	}
	if strings.Contains(string(m.Snapshot("developer")), "\n    \"mailpit\": {") {
		t.Error("the snapshot has the service")
	}
	if _, l := gated(`{"ghost": true}`); len(l) != 1 || l[0].Code != diag.GateUnknown || l[0].Severity != diag.Warning {
		t.Errorf("%v", l)
	}
	if _, l := gated(`{"odoo": true, "postgres": false}`); len(l) != 2 || l[0].Code != diag.GateOfStack || l[1].Code != diag.GateOfStack {
		t.Errorf("%v", l)
	}
	// Without the stack these are names like any other.
	m, l = checkWith(t, `{"services": {"db": {"image": "i"}, "w": {"image": "i"}}}`, nil, Input{Sidecars: settings(t, `{"sidecars": {"db": false}}`).Sidecars})
	wantClean(t, l)
	if d := cmp.Diff([]string{"w"}, serviceNames(m)); d != "" {
		t.Error(d)
	}
}

func TestSecurityProfile(t *testing.T) {
	for _, tt := range []struct{ scenario, profile, db, odoo, mail string }{
		{scenarioDeveloper, "", `"15432:5432"`, `"8069:8069"`, `"8025:8025"`},
		{scenarioDeveloper, "hardened", `"127.0.0.1:15432:5432"`, `"127.0.0.1:8069:8069"`, `"127.0.0.1:8025:8025"`},
		{scenarioServer, "", `"127.0.0.1:15432:5432"`, `"127.0.0.1:8069:8069"`, `"127.0.0.1:8025:8025"`},
		{scenarioServer, "convenience", `"15432:5432"`, `"8069:8069"`, `"8025:8025"`},
		{scenarioCI, "", `"127.0.0.1:15432:5432"`, `"8069:8069"`, `"8025:8025"`},
		{scenarioCI, "hardened", `"127.0.0.1:15432:5432"`, `"8069:8069"`, `"8025:8025"`},
	} {
		chosen := manifest.Choice{}
		if tt.profile != "" {
			var c diag.Collector
			chosen = manifest.ReadSecurityProfile("", dotenv(t, "ODPM_SECURITY_PROFILE= "+strings.ToUpper(tt.profile)+"\n"), &c)
			wantClean(t, c.List())
		}
		m, l := checkWith(t, `{"scenario": "`+tt.scenario+`", "services": {"mail": {"image": "i", "ports": ["8025:8025", {"target": 25, "published": "1025"}]}}}`,
			Odoo(testOdoo(tt.scenario)), Input{Security: chosen})
		wantClean(t, l)
		got := []string{at(m, "services.db.ports[0]"), at(m, "services.odoo.ports[0]"), at(m, "services.mail.ports[0]")}
		if d := cmp.Diff([]string{tt.db, tt.odoo, tt.mail}, got); d != "" {
			t.Errorf("%s %s: %s", tt.scenario, tt.profile, d)
		}
		if long := at(m, "services.mail.ports[1]"); strings.Contains(long, "127.0.0.1") != strings.Contains(tt.mail, "127") {
			t.Errorf("%s %s: %s", tt.scenario, tt.profile, long)
		}
	}
}
