package manifest_test

import (
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// The cases of the manifest contract that this package decides. Each says what
// devpm does; where that is not what odpm does, the word "differs" names the
// decision of the design that it follows (docs/compatibility.md).

func TestConformanceVersions(t *testing.T) {
	for _, tc := range []struct {
		id, src, level string
		want           manifest.Contract
		code           diag.Code
	}{
		{"VER-01", `{"odoo_version":"19.0"}`, "", manifest.Contract{Schema: 1, Line: "3.0"}, ""},
		{"VER-02", `{"odpm_version":"4.0"}`, "4.4", manifest.Contract{Schema: 1, Line: "4.0"}, ""},
		{"VER-04", `{"odpm_version":"2.0"}`, "", manifest.Contract{}, diag.ManifestContractLine},
		{"VER-04 number", `{"odpm_version":4}`, "", manifest.Contract{}, diag.ManifestContractLine},
		{"VER-05", `{"manifest_schema":1,"odpm_version":"4.0"}`, "", manifest.Contract{Schema: 1, Line: "4.0"}, ""},
		{"VER-07", `{"manifest_schema":2,"requires_odpm":"4.5"}`, "4.4", manifest.Contract{Schema: 2, Requires: "4.5"}, diag.ManifestRequiresNewer},
		{"VER-08", `{"manifest_schema":2}`, "", manifest.Contract{Schema: 2}, diag.ManifestRequiresMissing},
		{"VER-08 blank", `{"manifest_schema":2,"requires_odpm":"  "}`, "", manifest.Contract{Schema: 2}, diag.ManifestRequiresMissing},
		{"VER-10", `{"manifest_schema":2,"requires_odpm":"not-a-version"}`, "", manifest.Contract{Schema: 2, Requires: "not-a-version"}, diag.ManifestRequiresInvalid},
		{"VER-10 range", `{"manifest_schema":2,"requires_odpm":">=4.7"}`, "", manifest.Contract{Schema: 2, Requires: ">=4.7"}, diag.ManifestRequiresInvalid},
		{"VER-10 wildcard", `{"manifest_schema":2,"requires_odpm":"4.7.x"}`, "", manifest.Contract{Schema: 2, Requires: "4.7.x"}, diag.ManifestRequiresInvalid},
		{"VER-11", `{"manifest_schema":2,"requires_odpm":"4.7.0"}`, "4.7.0-beta", manifest.Contract{Schema: 2, Requires: "4.7.0"}, diag.ManifestRequiresNewer},
		{"VER-13", `{"manifest_schema":2,"requires_odpm":"4.8.0"}`, "4.8.0-dev", manifest.Contract{Schema: 2, Requires: "4.8.0"}, diag.ManifestRequiresNewer},
		{"VER-13 alpha", `{"manifest_schema":2,"requires_odpm":"4.8.0-alpha"}`, "4.8.0-dev", manifest.Contract{Schema: 2, Requires: "4.8.0-alpha"}, diag.ManifestRequiresNewer},
		{"VER-14 v", `{"manifest_schema":2,"requires_odpm":"v4.7"}`, "", manifest.Contract{Schema: 2, Requires: "v4.7"}, ""},
		{"VER-14 blanks", `{"manifest_schema":2,"requires_odpm":" 4.7 "}`, "", manifest.Contract{Schema: 2, Requires: " 4.7 "}, ""},
		{"VER-14 short", `{"manifest_schema":2,"requires_odpm":"4"}`, "", manifest.Contract{Schema: 2, Requires: "4"}, ""},
		{"VER-14 local", `{"manifest_schema":2,"requires_odpm":"4.7.0+x"}`, "", manifest.Contract{Schema: 2, Requires: "4.7.0+x"}, ""},
		{"VER-14 equal", `{"manifest_schema":2,"requires_odpm":"4.4"}`, "4.4.0", manifest.Contract{Schema: 2, Requires: "4.4"}, ""},
		{"VER-16", `{"manifest_schema":2,"requires_odpm":"4.9.0"}`, "4.10.0", manifest.Contract{Schema: 2, Requires: "4.9.0"}, ""},
		{"VER-17", `{"manifest_schema":"abc","requires_odpm":"4.4"}`, "", manifest.Contract{Schema: 2, Requires: "4.4"}, diag.ManifestSchemaNumber},
		{"VER-17 fraction", `{"manifest_schema":2.5,"requires_odpm":"4.4"}`, "", manifest.Contract{Schema: 2, Requires: "4.4"}, diag.ManifestSchemaNumber},
		{"VER-17 null", `{"manifest_schema":null,"requires_odpm":"4.4"}`, "", manifest.Contract{Schema: 2, Requires: "4.4"}, diag.ManifestSchemaNumber},
		{"VER-19", `{"manifest_schema":2.0,"requires_odpm":"4.4"}`, "", manifest.Contract{Schema: 2, Requires: "4.4"}, ""},
		{"schema 3", `{"manifest_schema":3}`, "", manifest.Contract{}, diag.ManifestSchemaUnsupported},
		{"schema 0", `{"manifest_schema":0}`, "", manifest.Contract{}, diag.ManifestSchemaUnsupported},
		{"schema as text", `{"manifest_schema":"2","requires_odpm":"4.4"}`, "", manifest.Contract{Schema: 2, Requires: "4.4"}, ""},
		{"a huge number", `{"manifest_schema":1e999999999,"requires_odpm":"4.4"}`, "", manifest.Contract{Schema: 2, Requires: "4.4"}, diag.ManifestSchemaNumber},
	} {
		t.Run(tc.id, func(t *testing.T) {
			var c diag.Collector
			d := manifest.Parse("odpm.json", []byte(tc.src), &c)
			got, ok := manifest.CheckVersion(d, tc.level, &c)
			if got != tc.want || ok != (tc.want.Schema > 0) {
				t.Errorf("got %+v, %v; want %+v", got, ok, tc.want)
			}
			list := c.List()
			if tc.code == "" && len(list) > 0 || tc.code != "" && (len(list) != 1 || list[0].Code != tc.code) {
				t.Errorf("want %q, got\n%s", tc.code, report(&c))
			}
		})
	}
	// The messages name both versions (VER-07), and loading stops for flat files.
	_, got := load(t, strings.Replace(odoo, `"4.4"`, `"99.1"`, 1))
	if !strings.Contains(got, "needs contract level 99.1; this is 4.8.0") {
		t.Error(got)
	}
}

func TestConformanceStructure(t *testing.T) {
	cases := []struct {
		id, src string
		want    string // a part of the report; "" for none
	}{
		{"SCH-01", odoo, ""},
		{"SCH-02", strings.Replace(odoo, `19.0"}`, `19.0","build_date":"20251223"}`, 1), ""},
		{"SCH-04", strings.Replace(odoo, `"platform":{"git":"https://github.com/odoo/odoo.git 19.0"},`, "", 1), `DPM1202: the key "platform" is missing`},
		{"SCH-05", plus(odoo, `"extra_field":"nope"`), `DPM1201: extra_field`},
		{"SCH-07", plus(odoo, `"services":{"odoo":{"image":"odoo:dev","ports":[]}}`), `DPM1301: services.odoo`},
		{"SCH-08", plus(odoo, `"services":{"worker":{"image":"b","command":["sh","-c","sleep infinity"],"entrypoint":["sh"]}},"service_patches":{"odoo":{"environment":{"WORKER_ENABLED":"1"}}}`), ""},
		{"SCH-10", plus(odoo, `"services":{"minio":{"image":"m","hostname":"minio","healthcheck":{"test":["CMD","x"],"interval":"30s","timeout":"20s","retries":3}}}`), ""},
		{"SCH-11", plus(odoo, `"service_patches":{"odoo":{"hostname":"odoo","healthcheck":{"disable":true}}}`), ""},
		{"SCH-13", plus(odoo, `"service_patches":{"odoo":{"privileged":false,"pid":"service:db"}}`), ""},
		{"SCH-14", plus(odoo, `"services":{"w":{"image":"i","healthcheck":{"retries":0}}}`), `DPM1204: services.w.healthcheck.retries`},
		{"SCH-14 true", plus(odoo, `"services":{"w":{"image":"i","healthcheck":{"retries":true}}}`), `DPM1203: services.w.healthcheck.retries: a whole number is expected, not true`},
		{"SCH-16 differs: decision 4", plus(odoo, `"services":{"w":{"image":"i","environment":["A=1"]}}`), ""},
		{"SCH-17", plus(odoo, `"services":{"w":{"image":"i","command":"sleep 1"}}`), `DPM1203: services.w.command`},
		{"SCH-17 empty", plus(odoo, `"services":{"w":{"image":"i","command":[]}}`), `DPM1204: services.w.command`},
		{"SCH-19", plus(odoo, `"service_patches":{"odoo":{"source":"x"}}`), `DPM1207: service_patches.odoo.source`},
		{"SCH-20 differs: decision 4", plus(odoo, `"services":{"w":{"build":".","labels":["a=b"],"env_file":"e","depends_on":{"db":{"condition":"service_healthy"}}}}`), ""},
		{"SCH-22", plus(odoo, `"hooks":{"pre_up":[123]}`), `DPM1203: hooks.pre_up[0]`},
		{"SCH-23 differs: decision 4", plus(odoo, `"hooks":{"post_up":[]}`), ""},
		{"SCH-25", plus(odoo, `"service_sources":{"AutopartsEnv":"https://h/o/r"}`), `DPM1205: service_sources.AutopartsEnv`},
		{"SCH-26", plus(odoo, `"database":{"language":"ru_RU","country":"RU"}`), ""},
		{"SCH-26 false", plus(odoo, `"database":{"country":false}`), ""},
		{"SCH-26 null", plus(odoo, `"database":{"country":null}`), ""},
		{"SCH-26 number", plus(odoo, `"database":{"country":5}`), `DPM1203: database.country`},
		{"SCH-28", `{"odpm_version":"4.0","scenarios":{}}`, `devpm manifest migrate --write`},
		{"SCH-31", strings.Replace(odoo, " 19.0", "", 1), ""},
		{"SCH-32 differs: names are file names (§7)", plus(odoo, `"services":{"../x":{"image":"i"}}`), `DPM1205: services."../x"`},
		{"TOK-26", plus(odoo, `"services":{"w":{"image":"i","source":"missing_env"}}`), `DPM1304: services.w.source`},
		{"TOK-28", plus(odoo, `"service_sources":{"autoparts_env":"  "}`), `DPM1706: service_sources.autoparts_env: the link is empty`},
		{"SCN-17", plus(odoo, `"scenarios":{"ci":{"platform":{"git":"x"}}}`), `DPM1201: scenarios.ci.platform`},
	}
	for _, tc := range cases {
		t.Run(tc.id, func(t *testing.T) {
			m, got := load(t, tc.src)
			if !strings.Contains(got, tc.want) || tc.want == "" && got != "" {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if strings.HasPrefix(tc.id, "SCH-31") && m.OdooVersion != "0.0" {
				t.Errorf("odoo_version %q", m.OdooVersion)
			}
			if tc.id == "SCH-02" && m.Platform.BuildDate.Value != "20251223" {
				t.Errorf("build date %q", m.Platform.BuildDate.Value)
			}
		})
	}
}

func TestConformanceExpansion(t *testing.T) {
	layers := []manifest.Layer{{Name: ".env", Data: []byte("ODOO_PLATFORM_DIR=/home/dev/odoo/19.0\n")}, {Name: "~/.odpm/.env", Data: []byte("HOME_ONLY=h\n")}}
	for _, tc := range []struct {
		id, text, want, code string
		extra                string // one more variable
	}{
		{"EXP-01", "file://${ODOO_PLATFORM_DIR}", "file:///home/dev/odoo/19.0", "", ""},
		{"EXP-02", "https://${GIT_HOST}/company/extra.git 17.0", "https://git.company.example/company/extra.git 17.0", "", ""},
		{"EXP-04", "${HOME_ONLY}", "h", "", ""},
		{"EXP-05", "file://${MISSING:-/default/path}", "file:///default/path", "", ""},
		{"EXP-07", "cost is $$100", "cost is $100", "", ""},
		{"EXP-08", "file://$$${ODOO_PLATFORM_DIR}", "file://$/home/dev/odoo/19.0", "", ""},
		{"EXP-13", "${PROXY_NETWORK}", "proxy", "", "PROXY_NETWORK=proxy"},
		{"EXP-14", "${HC_INTERVAL:-30s}", "30s", "", ""},
		{"EXP-16", "^${PREVIEW_HOSTNAME}$", "^pr-42.preview.local$", "warning DPM1504", "PREVIEW_HOSTNAME=pr-42.preview.local"},
		{"EXP-17", "^${PREVIEW_HOSTNAME}$$", "", "error DPM1501: p: the variable PREVIEW_HOSTNAME", ""},
		{"EXP-20 differs: decision 3", "${E:-x}", "x", "", "E="},
		{"EXP-22 differs: decision 3", "${B-x}", "x", "", ""},
		{"EXP-23 differs: decision 3", "${B:?need}", "", "error DPM1502: p: the required variable B is not set: need", ""},
		{"EXP-23 differs: decision 3, plus", "${B:+x}", "", "", ""},
		{"EXP-25 differs: decision 3", "${A:-${B}}", "1", "", "A=1"},
		{"EXP-26", "${B:-http://h:80/p}", "http://h:80/p", "", ""},
		{"EXP-28", "${ A }", "", "error DPM1503: p: ${ A }", ""},
		{"EXP-29", "$${A}", "${A}", "", ""},
		{"EXP-29 twice", "$$$$", "$$", "", ""},
		{"EXP-31", "${@foo}", "", "error DPM1503: p: ${@foo}", ""},
		{"EXP-32 differs: decision 3", "${@secret:k:-d}", "", "error DPM1503", ""},
		{"TOK-01", "${@source:autoparts_env}/data", "/opt/autoparts/data", "", "ODPM_SOURCE_AUTOPARTS_ENV=/opt/autoparts"},
		{"TOK-02", "${@source:autoparts_env}", "", "error DPM1505: p: the path of the source autoparts_env", ""},
		{"TOK-08", "${@service:mailpit}", "mailpit", "", ""},
	} {
		t.Run(tc.id, func(t *testing.T) {
			var c diag.Collector
			e := manifest.NewEnvironment([]string{"GIT_HOST=git.company.example", tc.extra}, layers, &c)
			got, _, found := expand(e, tc.text)
			if found.HasErrors() {
				got = ""
			}
			if got != tc.want || !strings.Contains(report(found), tc.code) || tc.code == "" && len(found.List()) > 0 {
				t.Errorf("got %q, want %q\n%s", got, tc.want, report(found))
			}
		})
	}
}
