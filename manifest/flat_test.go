package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

const flat = `{
 "odpm_version": "4.0",
 "odoo_version": 17.0,
 "python_version": "3.10",
 "distro_name": "debian",
 "distro_version": "12",
 "postgres_version": "15",
 "dependencies": ["https://h/o/${X} 17.0", " "],
 "requirements_txt": ["num2words", "num2words", "lxml"],
 "odoo_git_link": "https://h/o/odoo.git 17.0",
 "odoo_build_date": "20251223",
 "platform_name": "erp",
 "arch": "arm64",
 "developing_project": "git@h.example:o/shop.git",
 "database": {"language": "ru_RU"},
 "odoo_conf": {"options": {"workers": 2, "dbfilter": "^${X}$$"}}
}`

func TestAFlatManifestIsReadAsTheSameManifest(t *testing.T) {
	m, got := load(t, flat, "X=web")
	if got != "odpm.json:8:44: warning DPM1707: dependencies[1]: the entry is empty and is ignored\n    fix: remove it\n" {
		t.Errorf("got %s", got)
	}
	var lists []string
	for _, text := range append(append([]manifest.Text{m.Platform.Git, *m.Developing}, m.Dependencies...), m.Requirements...) {
		lists = append(lists, fmt.Sprintf("%s %s@%d", text.Path, text.Value, text.Range.Start.Line))
	}
	want := []string{
		"odoo_git_link https://h/o/odoo.git 17.0@10", "developing_project git@h.example:o/shop.git@14", "dependencies[0] https://h/o/web 17.0@8",
		"requirements_txt[0] num2words@9", "requirements_txt[2] lxml@9",
	}
	if d := cmp.Diff(want, lists); d != "" {
		t.Error(d)
	}
	plain := []string{fmt.Sprint(m.Schema), m.Stack, m.OdooVersion, m.Python, m.Distro.Name, m.Distro.Version, m.Postgres, m.Platform.BuildDate.Value, m.PlatformName, m.Arch, m.Scenario}
	if d := cmp.Diff([]string{"1", "odoo", "17.0", "3.10", "debian", "12", "15", "20251223", "erp", "arm64", "developer"}, plain); d != "" {
		t.Error(d)
	}
	if got := show(m.OdooConf) + show(m.Database); got != "{options={workers=2@16 dbfilter=^web$@16}}{language=ru_RU@15}" {
		t.Error(got)
	}
}

func TestFaultsOfAFlatManifestHaveItsOwnKeys(t *testing.T) {
	for _, tc := range []struct{ name, old, new, want string }{
		{"a link", "https://h/o/odoo.git 17.0", "https://h/o/odoo.git a b c d", "10:19: error DPM1706: odoo_git_link: "},
		{"a variable", "https://h/o/odoo.git 17.0", "https://h/o/${NO}", "error DPM1501: odoo_git_link: the variable NO is not set"},
		{"a number for a text", `"3.10"`, `3.10`, "4:20: warning DPM1203: python_version: a string is expected, not a number\n    fix: put it in quotes: \"3.10\""},
		{"a list for a text", `"3.10"`, `[]`, "error DPM1203: python_version: a string is expected, not a list"},
		{"a number in a list", `"lxml"`, `5`, "error DPM1203: requirements_txt[2]: a string is expected, not a number"},
		{"a version", `"3.10"`, `"ten"`, `warning DPM1703: python_version: "ten" does not look like a Python version`},
		{"a distribution", `"12"`, `"9"`, `error DPM1702: distro_version: Debian "9" is not supported`},
		{"a frozen option", `"workers"`, `"db_host"`, "error DPM1720: odoo_conf.options.db_host: "},
		{"a key of schema 2", `"arch"`, `"services": {}, "arch"`, "warning DPM1121: services: \"services\" is ignored: "},
		{"a misspelt key", `"platform_name"`, `"platform_nam"`, "warning DPM1121: platform_nam: \"platform_nam\" is ignored: a flat manifest (schema 1) has no such key\n    fix: did you mean \"platform_name\"?"},
		{"scenarios", `"arch"`, `"scenarios": {}, "arch"`, "error DPM1120: scenarios: a flat manifest (schema 1) has no scenarios"},
		{"the old line", `"4.0"`, `" 3.0 "`, "2:18: warning DPM1122: odpm_version: the contract line 3.0 is deprecated"},
	} {
		src := strings.Replace(strings.Replace(flat, tc.old, tc.new, 1), `, " "]`, "]", 1)
		if _, got := load(t, src, "X=web"); !strings.Contains(got, tc.want) || strings.Count(got, "DPM") != 1 {
			t.Errorf("%s: got\n%swant %s", tc.name, got, tc.want)
		}
	}
}

func TestAFlatManifestGetsTheVersionsOfItsRelease(t *testing.T) {
	for version, want := range map[string]string{
		"20.0": "3.14 13 18", "19.0": "3.12 13 16", "18.0": "3.12 13 16", "17.0": "3.10 12 16", "16.0": "3.10 11 16", "15.0": "3.7 11 16",
	} {
		m, got := load(t, `{"odpm_version":"4.0","odoo_git_link":"https://h/o/odoo `+version+`"}`)
		if have := m.Python + " " + m.Distro.Version + " " + m.Postgres; have != want || m.OdooVersion != version || !strings.Contains(got, "notice DPM1123") || m.Distro.Name != "debian" {
			t.Errorf("%s: got %s, want %s\n%s", version, have, want, got)
		}
	}
	m, _ := load(t, `{"odoo_version":"19.0"}`)
	if m.Platform.Git.Value != "https://github.com/odoo/odoo.git" || m.OdooVersion != "19.0" {
		t.Errorf("%+v", m.Platform)
	}
}

// A file without a number is flat only when its keys are.
func TestTheFormIsFoundByTheKeys(t *testing.T) {
	for src, want := range map[string]int{
		`{"odoo_version":"17.0","services":{}}`:               1,
		`{"odpm_version":"4.0","hooks":{}}`:                   1,
		`{"services":{"w":{"image":"i"}}}`:                    2,
		`{}`:                                                  2,
		`{"odpm_version":"4.0","requires_odpm":"4.4"}`:        2,
		`{"manifest_schema":1,"services":{}}`:                 1,
		`{"manifest_schema":"1","odoo_git_link":"${X} 17.0"}`: 1,
	} {
		m, got := load(t, src, "X=https://h/o/r")
		if m == nil || m.Schema != want {
			t.Errorf("%s: want schema %d\n%s", src, want, got)
		}
	}
}

func TestMigrateWritesWhatBothToolsRead(t *testing.T) {
	lock := `{"schema_version":1,"generated_at":"x","platform":{"url":"https://h/o/odoo","commit":"0123456789abcdef","branch":"17.0"},
"developing":{"url":"https://h.example/o/shop","commit":"fedcba9876543210"},
"dependencies":[{"url":"https://h/o/other","commit":"aaaaaaa"},{"url":"file:///x","commit":"bbbbbbb","kind":"file"},{"url":"https://h/o/bad","commit":"no"}]}`
	src := strings.Replace(flat, `"arch"`, `"services": {"x": {}}, "x-note": 1, "db_creation_data": {"db_lang": "en", "create_demo": true}, "scenarios": {"ci": {"requirements": ["coverage"]}}, "arch"`, 1)
	var c diag.Collector
	out := manifest.Migrate("odpm.json", []byte(src), manifest.MigrateOptions{LockFile: "deps.lock.json", Lock: []byte(lock)}, &c)
	want := `{
    "manifest_schema": 2,
    "requires_odpm": "4.8.0",
    "odoo_version": 17.0,
    "platform": {
        "git": "https://h/o/odoo.git 17.0",
        "build_date": "20251223"
    },
    "python": "3.10",
    "distro": {
        "name": "debian",
        "version": "12"
    },
    "postgres": "15",
    "dependencies": [
        "https://h/o/${X} 17.0",
        " "
    ],
    "requirements": [
        "num2words",
        "num2words",
        "lxml"
    ],
    "developing": {
        "git": "git@h.example:o/shop.git"
    },
    "platform_name": "erp",
    "arch": "arm64",
    "database": {
        "language": "ru_RU"
    },
    "odoo_conf": {
        "options": {
            "workers": 2,
            "dbfilter": "^${X}$$"
        }
    },
    "locks": {
        "git": {
            "https://h/o/odoo.git 17.0": "0123456789abcdef",
            "git@h.example:o/shop.git": "fedcba9876543210",
            "https://h/o/other": "aaaaaaa"
        }
    },
    "scenarios": {
        "ci": {
            "requirements": [
                "coverage"
            ]
        }
    }
}
`
	if d := cmp.Diff(want, string(out)); d != "" {
		t.Error(d)
	}
	got := report(&c)
	for _, part := range []string{`DPM1125: services: "services" is not carried over`, `DPM1125: x-note:`, "DPM1125: db_creation_data.create_demo:", "DPM1125: db_creation_data.db_lang:",
		"DPM1126: dependencies[1]: a local directory", "DPM1126: dependencies[2]: the entry has no url or no commit", "DPM1707"} {
		if strings.Count(got, part) != 1 {
			t.Errorf("%q is not there once:\n%s", part, got)
		}
	}
	for _, contract := range []string{"", manifest.ContractODPM} {
		var c diag.Collector
		m := manifest.Load("odpm.json", out, manifest.Options{Environment: environment(t, "X=web"), HostArch: "amd64", Contract: contract}, &c)
		before, _ := load(t, strings.Replace(src, `"scenarios"`, `"x-scenarios"`, 1), "X=web")
		if c.HasErrors() || m.OdooVersion != before.OdooVersion || m.Arch != before.Arch || m.Dependencies[0].Value != before.Dependencies[0].Value || m.Database.Get("language").Text != "ru_RU" {
			t.Errorf("contract %q: %s", contract, report(&c))
		}
	}
	again := manifest.Migrate("odpm.json", []byte(src), manifest.MigrateOptions{LockFile: "deps.lock.json", Lock: []byte(lock)}, &diag.Collector{})
	if string(again) != string(out) {
		t.Error("a second run gives other bytes")
	}
}

func TestMigrateRefusesWhatItCannotConvert(t *testing.T) {
	for _, tc := range []struct{ name, src, want string }{
		{"schema 2", odoo, "error DPM1124: manifest_schema: the file is of schema 2 already"},
		{"schema 2 without its number", `{"requires_odpm":"4.4"}`, "error DPM1124: the file has keys of schema 2; only its number is missing"},
		{"no JSON", `{`, "error DPM1001"},
		{"a fault", strings.Replace(flat, `"3.10"`, `[]`, 1), "odpm.json:4:20: error DPM1203: python_version"},
		{"an unknown contract", `{"odpm_version":"2.0"}`, "error DPM1106"},
		{"a fault in an overlay", strings.Replace(flat, `"arch"`, `"scenarios": {"ci": {"platform": {}}}, "arch"`, 1), "odpm.json (schema 2):"},
	} {
		var c diag.Collector
		if out := manifest.Migrate("odpm.json", []byte(tc.src), manifest.MigrateOptions{}, &c); out != nil || !strings.Contains(report(&c), tc.want) || !c.HasErrors() {
			t.Errorf("%s: %q\n%s", tc.name, out, report(&c))
		}
	}
}

func TestMigrateFillsWhatSchema2Requires(t *testing.T) {
	var c diag.Collector
	out := manifest.Migrate("odpm.json", []byte(`{"odoo_version":"17.0","database":{"language":"","demo":true},"postgres_version":15}`), manifest.MigrateOptions{}, &c)
	m, got := load(t, string(out))
	if m == nil || m.Python != "3.10" || m.Postgres != "15" || m.Platform.Git.Value != "https://github.com/odoo/odoo.git" || got != "" {
		t.Errorf("%s\n%s", out, got)
	}
	if !strings.Contains(report(&c), "DPM1125: database.demo") {
		t.Error(report(&c))
	}
}
