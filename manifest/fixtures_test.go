package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
)

// fixture loads one directory of testdata/fixtures: odpm.json and, where there
// is one, dotenv as its .env.
func fixture(t *testing.T, dir string) (*manifest.Manifest, *diag.Collector) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(dir, "odpm.json"))
	if err != nil {
		t.Fatal(err)
	}
	var layers []manifest.Layer
	if data, err := os.ReadFile(filepath.Join(dir, "dotenv")); err == nil {
		layers = append(layers, manifest.Layer{Name: ".env", Data: data})
	}
	var c diag.Collector
	e := manifest.NewEnvironment(nil, layers, &c)
	return manifest.Load("odpm.json", src, manifest.Options{Environment: e, HostArch: "amd64"}, &c), &c
}

func fixtures(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("../testdata/fixtures/manifest-*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	return dirs
}

func TestDiagnosticsOfFixtures(t *testing.T) {
	for _, dir := range fixtures(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			_, c := fixture(t, dir)
			testkit.Golden(t, filepath.Join(dir, "want.diag"), []byte(report(c)))
		})
	}
}

func TestDiagnosticsAreTheSameInTwoHundredRuns(t *testing.T) {
	for _, dir := range fixtures(t) {
		_, c := fixture(t, dir)
		first := report(c)
		for range 200 {
			if _, c := fixture(t, dir); report(c) != first {
				t.Fatalf("%s: first\n%s\nthen\n%s", dir, first, report(c))
			}
		}
	}
}

func TestTheSeedsManifestsLoad(t *testing.T) {
	found := 0
	for _, dir := range fixtures(t) {
		if !strings.Contains(dir, "manifest-seed-") {
			continue
		}
		found++
		m, c := fixture(t, dir)
		if m == nil || c.HasErrors() {
			t.Errorf("%s:\n%s", dir, report(c))
			continue
		}
		if m.Stack != manifest.StackNone || !m.StackImplied || !strings.Contains(report(c), "notice DPM1701") {
			t.Errorf("%s: stack %q, implied %v\n%s", dir, m.Stack, m.StackImplied, report(c))
		}
	}
	if found != 6 {
		t.Errorf("%d fixtures of the seed, want 6", found)
	}
}
