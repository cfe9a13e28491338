package conformance

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare/odoo"
)

// scenarioCases are the group SCN: overlays of scenarios.
var scenarioCases = []testCase{
	passes("SCN-01", "no scenarios: server has the root's fields", func(t *testing.T) {
		m := slice(t, with(`"services":{`+mailpit+`}`), "server")
		wantNames(t, m.Services, "mailpit")
	}),
	passes("SCN-02", "empty scenarios: ci has the root's fields", func(t *testing.T) {
		m := slice(t, with(`"scenarios":{},"services":{`+mailpit+`}`), "ci")
		wantNames(t, m.Services, "mailpit")
	}),
	passes("SCN-04", "requirements of an overlay are appended, each once", func(t *testing.T) {
		m := slice(t, changed(t, `"requirements":[]`, `"requirements":["pkg-a","pkg-b"],"scenarios":{"ci":{"requirements":[" pkg-b ","pkg-c"]}}`), "ci")
		wantTexts(t, m.Requirements, "pkg-a", "pkg-b", "pkg-c")
	}),
	passes("SCN-05", "dependencies of an overlay likewise, the first stays", func(t *testing.T) {
		m := slice(t, changed(t, `"dependencies":[]`, `"dependencies":["https://h/o/a","https://h/o/b 1"],"scenarios":{"ci":{"dependencies":["https://h/o/b 1","https://h/o/c"]}}`), "ci")
		wantTexts(t, m.Dependencies, "https://h/o/a", "https://h/o/b 1", "https://h/o/c")
		wantText(t, m.Dependencies[1].Path, "dependencies[1]")
	}),
	passes("SCN-07", "a service of an overlay replaces the root's whole", func(t *testing.T) {
		m := sound(t, plus(plain, `"services":{`+mailpit+`},"scenarios":{"server":{"services":{"mailpit":{"image":"other"}}}}`), "server")
		wantValues(t, m, map[string]string{"services.mailpit": `{"image":"other"}`})
	}),
	passes("SCN-08", "patches of root and overlay: other keys stay, both environments are there", func(t *testing.T) {
		m := sound(t, with(`"service_patches":{"odoo":{"environment":{"BASE":"1"},"ports":["9090:8069"]}},"scenarios":{"ci":{"service_patches":{"odoo":{"environment":{"EXTRA":"2"}}}}}`), "ci")
		wantValues(t, m, map[string]string{
			"services.odoo.ports": `["9090:8069"]`, "services.odoo.environment.BASE": `"1"`, "services.odoo.environment.EXTRA": `"2"`,
		})
	}),
	passes("SCN-10", "db_host in the overlay of server: refused, both are named", func(t *testing.T) {
		refused(t, with(`"scenarios":{"server":{"odoo_conf":{"options":{"db_host":"pg"}}}}`), diag.ManifestFrozen, "db_host", "scenario server")
	}),
	passes("SCN-11", "database options in the overlay of ci: accepted", func(t *testing.T) {
		m := slice(t, with(`"scenarios":{"ci":{"odoo_conf":{"options":{"db_host":"pg","db_port":5000,"db_user":"u","db_password":"p"}}}}`), "ci")
		wantNames(t, m.OdooConf.Get("options"), "db_host", "db_port", "db_user", "db_password")
	}),
	passes("SCN-13", "a service in the network stack without ODPM_COMPOSE_NETWORK: valid, with a warning", func(t *testing.T) {
		_, list := load(t, inStack, environment{})
		if len(list) != 1 || list[0].Code != diag.ManifestStackNetwork || list[0].Severity != diag.Warning || !strings.Contains(list[0].Fix, "ODPM_COMPOSE_NETWORK") {
			t.Error(text(list))
		}
		m, _ := document(t, inStack, "developer")
		var c diag.Collector
		if compose.LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, &c); c.HasErrors() {
			t.Error(text(c.List()))
		}
	}),
	passes("SCN-14", "the same with the network: no warning", func(t *testing.T) {
		if _, list := loadWith(inStack, manifest.Options{Environment: environment{}.build(t), HostArch: "amd64", Names: environment{project: "ODPM_COMPOSE_NETWORK=stack"}.names(t)}); len(list) > 0 {
			t.Error(text(list))
		}
	}),
	passes("SCN-16", "a patched user per scenario", func(t *testing.T) {
		src := with(`"service_patches":{"odoo":{"user":"1000:1000"}},"scenarios":{"server":{"service_patches":{"odoo":{"user":"0:0"}}}}`)
		wantValues(t, sound(t, src, "developer"), map[string]string{"services.odoo.user": `"1000:1000"`})
		wantValues(t, sound(t, src, "server"), map[string]string{"services.odoo.user": `"0:0"`})
	}),
	passes("SCN-17", "platform in an overlay: refused", func(t *testing.T) {
		refused(t, with(`"scenarios":{"ci":{"platform":{"git":"https://h/o/r"}}}`), diag.ManifestUnknownKey, "scenarios.ci.platform")
	}),
}

var inStack = with(`"services":{"w":{"image":"i","networks":["stack"]}}`)

// confCases are the group ODC: odoo_conf.
var confCases = []testCase{
	passes("ODC-01", "proxy_mode and workers: accepted", func(t *testing.T) {
		m := slice(t, with(`"odoo_conf":{"options":{"proxy_mode":true,"workers":4}}`), "developer")
		wantNames(t, m.OdooConf.Get("options"), "proxy_mode", "workers")
	}),
	passes("ODC-02", "addons_path in ci: refused, the scenario and all frozen options are named", func(t *testing.T) {
		refused(t, with(`"scenarios":{"ci":{"odoo_conf":{"options":{"addons_path":"/x"}}}}`), diag.ManifestFrozen,
			"scenario ci", "addons_path", "data_dir", "admin_passwd", "http_port")
	}),
	passes("ODC-04", "db_* where only ci sees it: accepted there", func(t *testing.T) {
		for _, option := range manifest.FrozenOptions("developer")[4:] {
			slice(t, with(`"scenarios":{"ci":{"odoo_conf":{"options":{"`+option+`":"x"}}}}`), "ci")
		}
	}),
	passes("ODC-05", "db_host at the root with empty overlays: refused", func(t *testing.T) {
		refused(t, with(`"odoo_conf":{"options":{"db_host":"pg"}},"scenarios":{"ci":{},"developer":{}}`), diag.ManifestFrozen, "db_host", "developer", "db_password")
	}),
	passes("ODC-07", "service and secret tokens in odoo_conf", func(t *testing.T) {
		o := manifest.Options{Environment: environment{}.build(t), HostArch: "amd64", Tokens: manifest.Tokens{
			Secret: func(key string) (string, string, *manifest.TokenFault) { return "value of " + key, "project", nil },
		}}
		m, list := loadWith(with(`"odoo_conf":{"queue":{"redis_server":"${@service:redis}","redis_password":"${@secret:redis_password}"}}`), o)
		if list.HasErrors() {
			t.Fatal(text(list))
		}
		wantText(t, m.OdooConf.Get("queue").Get("redis_server").Text, "redis")
		wantText(t, m.OdooConf.Get("queue").Get("redis_password").Text, "value of redis_password")
	}),
	passes("ODC-08", "odoo.conf on disk, the manifest's options over it", func(t *testing.T) {
		m := slice(t, with(`"odoo_conf":{"options":{"proxy_mode":true}}`), "developer")
		var c diag.Collector
		layout := odoo.Plan(m, odoo.Settings{ProjectDir: "/p", ProjectsDir: "/src", BackupDir: "/b", Scenario: "developer", Login: "ana", UID: 1000, GID: 1000},
			[]byte("[options]\nproxy_mode = False\nlog_level = info\n"), &c)
		found := false
		for _, f := range layout.Files {
			found = found || f.Path == "odoo.conf"
			if text := string(f.Content); f.Path == "odoo.conf" && (!strings.Contains(text, "proxy_mode = True\n") || !strings.Contains(text, "log_level = info\n") || strings.Contains(text, "False")) {
				t.Error(text)
			}
		}
		if !found {
			t.Error("no odoo.conf")
		}
	}),
}

// slice is a manifest without a fault as a scenario sees it.
func slice(t *testing.T, src, scenario string) *manifest.Manifest {
	t.Helper()
	m, list := loadWith(src, manifest.Options{Environment: environment{}.build(t), HostArch: "amd64", Scenario: scenario})
	if m == nil || list.HasErrors() {
		t.Fatalf("refused: %s\n%s", src, text(list))
	}
	return m
}

func wantNames(t *testing.T, object *manifest.Node, want ...string) {
	t.Helper()
	var got []string
	for _, m := range object.Members {
		got = append(got, m.Key)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func wantTexts(t *testing.T, texts []manifest.Text, want ...string) {
	t.Helper()
	var got []string
	for _, text := range texts {
		got = append(got, text.Value)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
