// Package testkit holds what several packages' tests share. It is imported by
// tests only and knows nothing of devpm's domain.
package testkit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// UpdateEnv is the one environment variable that rewrites every golden file
// and script expectation instead of comparing with it.
const UpdateEnv = "DEVPM_UPDATE"

// Updating reports whether goldens are to be rewritten.
func Updating() bool { return os.Getenv(UpdateEnv) != "" }

// Golden compares got with the file at path, or rewrites the file when
// DEVPM_UPDATE is set.
func Golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if Updating() {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("golden file: %v (set %s=1 to write it)", err, UpdateEnv)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (-want +got); set %s=1 to accept:\n%s", path, UpdateEnv, d)
	}
}
