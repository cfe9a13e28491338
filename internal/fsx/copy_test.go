package fsx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestCopyDirectory(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write := func(name, text string, mode fs.FileMode) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode)); err != nil {
			t.Fatal(err)
		}
	}
	write("from/a/run.sh", "run", 0o755)
	write("from/a/z", "z", 0o600)
	write("from/b/key", "key", 0o644)
	write("to/a/run.sh", "mine", 0o644)
	if err := errors.Join(os.Symlink("a/z", filepath.Join(dir, "from", "link")), os.MkdirAll(filepath.Join(dir, "from", "empty"), 0o755)); err != nil {
		t.Fatal(err)
	}
	tree, err := OpenTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	for range 2 { // a second time changes nothing
		if err := tree.CopyDirectory("from", "to"); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"a/run.sh": "mine", "a/z": "z", "b/key": "key", "link": "z"} {
		if have, err := os.ReadFile(filepath.Join(dir, "to", name)); err != nil || string(have) != want {
			t.Errorf("%s: %q, %v", name, have, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "to", "a", "z")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "to", "empty")); err != nil || !info.IsDir() {
		t.Error(err)
	}

	if err := errors.Join(os.RemoveAll(filepath.Join(dir, "to", "b")), os.Symlink(outside, filepath.Join(dir, "to", "b"))); err != nil {
		t.Fatal(err)
	}
	var at *fs.PathError
	if err := tree.CopyDirectory("from", "to"); !errors.Is(err, ErrLeadsOut) || !errors.As(err, &at) || at.Path != "to/b" && at.Path != "to/b/key" {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("%v outside", left)
	}
}
