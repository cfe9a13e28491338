package manifest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// FuzzLoad wants no panic, a place inside the file and a fix for every
// fault, and the same answer twice.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"../testdata/fixtures/manifest-*/odpm.json", "../schema/testdata/*.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	for _, s := range []string{`{"manifest_schema":2,"":{},"services":{"":null,"a%2Fb~":{"depends_on":{"x":5}}}}`, `{"manifest_schema":1e400,"stack":5,"hooks":{"pre_up":[{"run":5}]}}`,
		`{"manifest_schema":2,"requires_odpm":"4","services":{"w":{"image":"${A:-${B}}","healthcheck":{"retries":1e999}}},"scenarios":{"ci":[]}}`} {
		f.Add([]byte(s))
	}
	f.Add([]byte(flat))
	f.Add([]byte(rich))
	for _, s := range []string{`{"odpm_version":"4.0","scenarios":[],"database":5,"odoo_conf":{"options":{"x":[]}},"dependencies":{"a":"b"},"developing_project":""}`,
		`{"odpm_version":"4.0","odoo_version":[],"python_version":3.1e400,"db_creation_data":{"db_lang":[],"db_country_code":true},"distro_name":{}}`,
		`{"manifest_schema":2,"requires_odpm":"4","stack":"none","odoo_conf":{"options":5},"secrets":{"keys":5},"scenarios":{"ci":{"odoo_conf":{"options":{"db_host":1}},"secrets":{"keys":["a"]},"services":{"":5},"hooks":{"pre_up":[[]]}}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		run := func() (*manifest.Manifest, *diag.Collector) {
			var c diag.Collector
			e := manifest.NewEnvironment([]string{"A=1"}, nil, &c)
			scenario := []string{"developer", "server", "ci"}[len(src)%3]
			return manifest.Load("odpm.json", src, manifest.Options{Environment: e, Scenario: scenario}, &c), &c
		}
		m, c := run()
		lines := bytes.Count(src, []byte("\n")) + 1
		for _, d := range c.List() {
			if d.Range.Start.Line < 1 || d.Range.Start.Line > lines || d.Range.End.Line > lines || d.Range.Start.Column > len(src)+1 {
				t.Fatalf("%s: %v is outside the file", d, d.Range)
			}
			if d.Fix == "" || d.Message == "" {
				t.Fatalf("%s: no fix", d)
			}
		}
		for _, text := range texts(m) {
			if text.Range.Start.Line > lines || text.Range.End.Line > lines || text.Path == "" {
				t.Fatalf("%+v is outside the file", text)
			}
		}
		if m == nil && !c.HasErrors() {
			t.Fatal("refused without an error")
		}
		if _, again := run(); report(again) != report(c) {
			t.Fatalf("first\n%s\nthen\n%s", report(c), report(again))
		}
	})
}

// texts are the strings of a manifest that carry their own place.
func texts(m *manifest.Manifest) []manifest.Text {
	if m == nil {
		return nil
	}
	out := append(append([]manifest.Text(nil), m.Dependencies...), m.Requirements...)
	if m.Developing != nil {
		out = append(out, *m.Developing)
	}
	for _, entries := range m.Hooks {
		for _, entry := range entries {
			out = append(out, entry.Run...)
		}
	}
	return out
}

// FuzzMigrate wants a result that both contracts accept and that means the
// same, or an error; and never a place outside the files.
func FuzzMigrate(f *testing.F) {
	f.Add([]byte(flat), []byte(`{"schema_version":1,"platform":{"url":"https://h/o/r","commit":"0123456"},"dependencies":[5,{"url":"x"}]}`))
	f.Add([]byte(`{"odpm_version":"4.0","distro_name":" ","arch":" ","scenarios":{"ci":{}}}`), []byte(`{"schema_version":[]}`))
	f.Add([]byte(`{"odoo_version":"1\u2028\\\"","odoo_git_link":"${A} b"}`), []byte(`[`))
	f.Fuzz(func(t *testing.T, src, lock []byte) {
		var c diag.Collector
		out := manifest.Migrate("odpm.json", src, manifest.MigrateOptions{LockFile: "lock", Lock: lock}, &c)
		if (out == nil) != c.HasErrors() {
			t.Fatalf("%q with\n%s", out, report(&c))
		}
		if out == nil {
			return
		}
		before := manifest.Load("odpm.json", src, manifest.Options{HostArch: "amd64"}, &diag.Collector{})
		var after diag.Collector
		m := manifest.Load("odpm.json", out, manifest.Options{HostArch: "amd64", Contract: manifest.ContractODPM}, &after)
		if after.HasErrors() || m.OdooVersion != before.OdooVersion || m.Python != before.Python || m.Platform.Git.Value != before.Platform.Git.Value || len(m.Dependencies) != len(before.Dependencies) {
			t.Fatalf("%s\nbecame\n%s\n%s", src, out, report(&after))
		}
	})
}
