package conformance

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

var structureCases = []testCase{
	passes("SCH-01", "the minimal manifest: valid, with its versions", func(t *testing.T) {
		m := accept(t, minimal, environment{})
		got := []string{m.OdooVersion, m.Python, m.Distro.Name, m.Distro.Version, m.Postgres, m.PlatformName, m.Arch}
		if d := cmp.Diff([]string{"19.0", "3.12", "debian", "13", "15", "odoo", "amd64"}, got); d != "" {
			t.Error(d)
		}
	}),
	passes("SCH-02", "platform.build_date is read", func(t *testing.T) {
		m := accept(t, changed(t, `19.0"}`, `19.0","build_date":"20251223"}`), environment{})
		if m.Platform.BuildDate.Value != "20251223" {
			t.Error(m.Platform.BuildDate.Value)
		}
	}),
	passes("SCH-04", "no platform: refused", func(t *testing.T) {
		refused(t, changed(t, `"platform":{"git":"https://github.com/odoo/odoo.git 19.0"},`, ""), diag.ManifestMissingKey, `"platform"`)
	}),
	passes("SCH-05", "an unknown top-level key: refused", func(t *testing.T) {
		refused(t, with(`"extra_field":"nope"`), diag.ManifestUnknownKey, "extra_field")
	}),
	passes("SCH-07", "a service with a reserved name: refused, service_patches is named", func(t *testing.T) {
		refused(t, with(`"services":{"odoo":{"image":"odoo:dev","ports":[]}}`), diag.ManifestReserved, "odoo", "service_patches")
	}),
	passes("SCH-08", "command and entrypoint of a service, environment of a patch: passed on unchanged", func(t *testing.T) {
		m := sound(t, with(`"services":{"worker":{"image":"busybox","command":["sh","-c","sleep infinity"],"entrypoint":["sh"]}},
			"service_patches":{"odoo":{"environment":{"WORKER_ENABLED":"1"}}}`), "developer")
		wantValues(t, m, map[string]string{
			"services.worker":                          `{"image":"busybox","command":["sh","-c","sleep infinity"],"entrypoint":["sh"]}`,
			"services.odoo.environment.WORKER_ENABLED": `"1"`,
		})
	}),
	passes("SCH-10", "hostname and healthcheck of a service: passed on unchanged", func(t *testing.T) {
		m := sound(t, with(`"services":{"minio":{"image":"minio","hostname":"minio","healthcheck":{"test":["CMD","true"],"interval":"30s","timeout":"20s","retries":3}}}`), "developer")
		wantValues(t, m, map[string]string{
			"services.minio.hostname":    `"minio"`,
			"services.minio.healthcheck": `{"test":["CMD","true"],"interval":"30s","timeout":"20s","retries":3}`,
		})
	}),
	passes("SCH-11", "a patch of odoo with hostname and a disabled healthcheck: valid", func(t *testing.T) {
		m := sound(t, with(`"service_patches":{"odoo":{"hostname":"erp","healthcheck":{"disable":true}}}`), "developer")
		wantValues(t, m, map[string]string{"services.odoo.hostname": `"erp"`, "services.odoo.healthcheck.disable": "true"})
	}),
	passes("SCH-13", "a patch of odoo with privileged and pid: valid", func(t *testing.T) {
		m := sound(t, with(`"service_patches":{"odoo":{"privileged":false,"pid":"service:db"}}`), "developer")
		wantValues(t, m, map[string]string{"services.odoo.privileged": "false", "services.odoo.pid": `"service:db"`})
	}),
	passes("SCH-14", "healthcheck.retries 0 or true: refused", func(t *testing.T) {
		refused(t, with(`"services":{"w":{"image":"i","healthcheck":{"retries":0}}}`), diag.ManifestWrongValue, "services.w.healthcheck.retries")
		refused(t, with(`"services":{"w":{"image":"i","healthcheck":{"retries":true}}}`), diag.ManifestWrongType, "services.w.healthcheck.retries")
	}),
	differs("SCH-16", "environment as a list: accepted", func(t *testing.T) {
		m := sound(t, with(`"services":{"w":{"image":"i","environment":["A=1"]}}`), "developer")
		wantValues(t, m, map[string]string{"services.w.environment": `["A=1"]`})
	}),
	passes("SCH-17", "command as text or empty: refused", func(t *testing.T) {
		refused(t, with(`"services":{"w":{"image":"i","command":"sleep 1"}}`), diag.ManifestWrongType, "services.w.command")
		refused(t, with(`"services":{"w":{"image":"i","command":[]}}`), diag.ManifestWrongValue, "services.w.command")
	}),
	passes("SCH-19", "a patch with source: refused", func(t *testing.T) {
		refused(t, with(`"service_patches":{"odoo":{"source":"x"}}`), diag.ManifestKeyNotHere, "service_patches.odoo.source")
	}),
	differs("SCH-20", "build, labels, env_file, long depends_on: accepted and passed on", func(t *testing.T) {
		m := sound(t, with(`"services":{"w":{"build":"./w","labels":["a=b"],"env_file":"w.env","depends_on":{"db":{"condition":"service_healthy"}}}}`), "developer")
		wantValues(t, m, map[string]string{
			"services.w.build":      `"./w"`,
			"services.w.labels":     `["a=b"]`,
			"services.w.env_file":   `"w.env"`,
			"services.w.depends_on": `{"db":{"condition":"service_healthy"}}`,
		})
	}),
	passes("SCH-22", "a number as a hook: refused", func(t *testing.T) {
		refused(t, with(`"hooks":{"pre_up":[123]}`), diag.ManifestWrongType, "hooks.pre_up[0]")
	}),
	differs("SCH-23", "hooks.post_up: a phase of devpm; other phases are refused", func(t *testing.T) {
		m := accept(t, with(`"hooks":{"post_up":[["true"]]}`), environment{})
		if len(m.Hooks["post_up"]) != 1 {
			t.Error(m.Hooks)
		}
		refused(t, with(`"hooks":{"post_start":[]}`), diag.ManifestUnknownKey, "hooks.post_start")
	}),
	passes("SCH-25", "a service source that is not lower case: refused", func(t *testing.T) {
		refused(t, with(`"service_sources":{"AutopartsEnv":"https://git.example/o/r"}`), diag.ManifestName, "service_sources.AutopartsEnv")
	}),
	passes("SCH-26", "database with a country, false or null: valid; a number: refused", func(t *testing.T) {
		for _, country := range []string{`"RU"`, "false", "null"} {
			accept(t, with(`"database":{"language":"ru_RU","country":`+country+`}`), environment{})
		}
		refused(t, with(`"database":{"language":"ru_RU","country":5}`), diag.ManifestWrongType, "database.country")
	}),
	passes("SCH-28", "a flat manifest with scenarios: refused, `manifest migrate` is named", func(t *testing.T) {
		refused(t, `{"odpm_version":"4.0","scenarios":{"ci":{}}}`, diag.ManifestFlatScenarios, "devpm manifest migrate --write")
	}),
	passes("SCH-29", "a flat manifest with services: loads without them, and says so", func(t *testing.T) {
		m, list := load(t, `{"odpm_version":"4.0","odoo_version":"17.0","services":{`+mailpit+`}}`, environment{})
		if m == nil || list.HasErrors() || m.Services != nil || m.Schema != 1 {
			t.Fatal(text(list))
		}
		if !strings.Contains(text(list), `warning DPM1121: services: "services" is ignored`) {
			t.Error(text(list))
		}
	}),
	passes("SCH-31", "platform.git without a branch, no odoo_version: 0.0", func(t *testing.T) {
		m := accept(t, changed(t, "odoo.git 19.0", "odoo.git"), environment{})
		if m.OdooVersion != "0.0" {
			t.Error(m.OdooVersion)
		}
	}),
	differs("SCH-32", "a service named ../x: refused", func(t *testing.T) {
		refused(t, with(`"services":{"../x":{"image":"i"}}`), diag.ManifestName, "../x")
		_, list := document(t, plain, "developer", fragment(t, "ext", `{"../x":{"image":"i"}, "w":{"image":"i"}}`, ""))
		wantError(t, list, diag.FragmentServiceName, "../x")
	}),
}
