package fsx

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestReplaceDirectory(t *testing.T) {
	dir := t.TempDir()
	tree, err := OpenTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	put := func(name string) func(*os.Root) error {
		return func(into *os.Root) error { return into.WriteFile(name, []byte(name), 0o644) }
	}
	want := func(names ...string) {
		t.Helper()
		var got []string
		entries, err := os.ReadDir(filepath.Join(dir, "state"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			below, err := os.ReadDir(filepath.Join(dir, "state", e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range below {
				got = append(got, e.Name()+"/"+b.Name())
			}
		}
		if len(got) != len(names) {
			t.Fatalf("%v, want %v", got, names)
		}
		for i := range got {
			if got[i] != names[i] {
				t.Fatalf("%v, want %v", got, names)
			}
		}
	}
	if err := tree.ReplaceDirectory("state/context", put("one")); err != nil {
		t.Fatal(err)
	}
	want("context/one")

	// A run that was killed leaves its own directory, which the next one removes.
	if err := os.MkdirAll(filepath.Join(dir, "state", tempPrefix+"x"+tempSuffix, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := tree.ReplaceDirectory("state/context", put("two")); err != nil {
		t.Fatal(err)
	}
	want("context/two")

	failed := errors.New("failed")
	err = tree.ReplaceDirectory("state/context", func(into *os.Root) error { return errors.Join(put("three")(into), failed) })
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	want("context/two")

	if err := tree.WriteFile("state2/context", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := tree.ReplaceDirectory("state2/context", put("four")); !errors.Is(err, ErrOccupied) {
		t.Errorf("a file in the way: %v", err)
	}
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "link/context"} {
		if err := tree.ReplaceDirectory(name, put("five")); err == nil {
			t.Errorf("%s: a link that leads out was replaced or followed", name)
		}
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 0 {
		t.Errorf("written outside: %v %v", entries, err)
	}
}
