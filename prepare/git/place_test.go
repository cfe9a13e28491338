package git

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestALoginIsForItsOwnerAlone: the address of a clone may hold one.
func TestALoginIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes for the owner alone")
	}
	w := newWorld(t)
	for url, open := range map[string]bool{"https://ana:s3cret@host/x": false, "https://token@host/x": false, "https://host/x": true, "git@host:x": true} {
		dir := filepath.Join(t.TempDir(), "x")
		w.git(w.dir, "init", "-q", dir)
		config := filepath.Join(dir, ".git", "config")
		if err := os.Chmod(config, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := addOrigin(dir, url, ""); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(config); err != nil || (info.Mode().Perm()&0o077 != 0) != open {
			t.Errorf("%s: %v, %v", Mask(url), info.Mode(), err)
		}
		if got := w.git(dir, "config", "remote.origin.url"); got != url {
			t.Errorf("%s", Mask(got))
		}
	}
}
