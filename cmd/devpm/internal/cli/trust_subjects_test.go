package cli

import (
	"path/filepath"
	"testing"

	"github.com/devpm/devpm/manifest"
)

// A project that cannot be looked at has not become one that asks for nothing.
func TestWhatCannotBeReadIsNotTrusted(t *testing.T) {
	p := &project{dir: filepath.Join(t.TempDir(), "gone"), manifest: &manifest.Manifest{}}
	if len(p.runs(nil)) == 0 {
		t.Error("there is nothing to ask about")
	}
}
