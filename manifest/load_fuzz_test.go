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
	for _, pattern := range []string{"../testdata/fixtures/manifest-*/odpm.json", "../schema/testdata/full.json"} {
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
	f.Fuzz(func(t *testing.T, src []byte) {
		run := func() (*manifest.Manifest, *diag.Collector) {
			var c diag.Collector
			e := manifest.NewEnvironment([]string{"A=1"}, nil, &c)
			return manifest.Load("odpm.json", src, manifest.Options{Environment: e}, &c), &c
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
		if m == nil && !c.HasErrors() {
			t.Fatal("refused without an error")
		}
		if _, again := run(); report(again) != report(c) {
			t.Fatalf("first\n%s\nthen\n%s", report(c), report(again))
		}
	})
}
