package git

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTrackedIsWhatGitSays compares with `git ls-files` in every form of index
// that git writes.
func TestTrackedIsWhatGitSays(t *testing.T) {
	for name, setup := range map[string][][]string{
		"version 2":       {{"update-index", "--index-version", "2"}},
		"version 3":       {{"add", "--intent-to-add", "later.txt"}},
		"version 4":       {{"update-index", "--index-version", "4"}},
		"with extensions": {{"update-index", "--untracked-cache"}, {"status"}, {"update-index", "--fsmonitor"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := indexed(t, "")
			for _, args := range setup {
				gitIn(t, dir, args...)
			}
			names, repository, err := Tracked(dir)
			if err != nil || !repository {
				t.Fatal(repository, err)
			}
			want := strings.Split(strings.TrimRight(gitIn(t, dir, "ls-files", "-z"), "\x00"), "\x00")
			slices.Sort(want)
			if d := cmp.Diff(want, names); d != "" {
				t.Error(d)
			}
			if slices.Contains(names, ".env") {
				t.Error("a file that git ignores is listed")
			}
		})
	}
	t.Run("sha256", func(t *testing.T) {
		names, _, err := Tracked(indexed(t, "--object-format=sha256"))
		if err != nil || !slices.Contains(names, "a/deep/er/file.py") {
			t.Error(names, err)
		}
	})
	t.Run("a submodule", func(t *testing.T) {
		dir, other := indexed(t, ""), indexed(t, "")
		gitIn(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other, "sub")
		names, _, err := Tracked(dir)
		if err != nil || !slices.Contains(names, "sub/a/one.txt") || slices.Contains(names, "sub") {
			t.Error(names, err)
		}
	})
	t.Run("forms that hold less than everything are refused", func(t *testing.T) {
		dir := indexed(t, "")
		gitIn(t, dir, "update-index", "--split-index")
		if _, _, err := Tracked(dir); !errors.Is(err, ErrIndex) {
			t.Errorf("a split index: %v", err)
		}
		dir = indexed(t, "")
		gitIn(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "b")
		if _, _, err := Tracked(dir); !errors.Is(err, ErrIndex) {
			t.Errorf("a sparse index: %v", err)
		}
	})
	t.Run("a submodule that is the repository itself", func(t *testing.T) {
		entry := append(make([]byte, 60), 0, 1, '.', 0)
		entry[24], entry[25], entry[26] = 0, 0, 0xe0 // a gitlink
		data := append([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x01"), append(entry, make([]byte, 8-len(entry)%8+20)...)...)
		if entries, err := parseIndex(data, 20); !errors.Is(err, ErrIndex) {
			t.Errorf("%v, %v", entries, err)
		}
	})
	t.Run("not a repository", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if names, repository, err := Tracked(dir); names != nil || repository || err != nil {
			t.Error(names, repository, err)
		}
	})
}

// indexed is a repository with files that git tracks, and some that it does not.
func indexed(t *testing.T, format string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"a/one.txt", "a/deep/er/file.py", "a/deep/er/file2.py", "b/ü ñ.txt", "long/" + strings.Repeat("x", 200), "z", ".gitignore", ".env", "later.txt", "untracked"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(".env\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"init", "--quiet"}
	if format != "" {
		args = append(args, format)
	}
	gitIn(t, dir, args...)
	gitIn(t, dir, "add", "a", "b", "long", "z", ".gitignore")
	gitIn(t, dir, "commit", "--quiet", "-m", "files")
	return dir
}

func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte("DIRC\x00\x00\x00\x02\x00\x00\x00\x00"+strings.Repeat("\x00", 20)), false)
	f.Add([]byte("DIRC\x00\x00\x00\x04\x00\x00\x00\x01"+strings.Repeat("\x00", 62)+"\x00a\x00"+strings.Repeat("\x00", 20)), false)
	f.Fuzz(func(t *testing.T, data []byte, long bool) {
		hash := 20
		if long {
			hash = 32
		}
		entries, err := parseIndex(data, hash)
		if err != nil && entries != nil {
			t.Error("entries beside an error")
		}
		for _, e := range entries {
			if !filepath.IsLocal(filepath.FromSlash(e.name)) {
				t.Errorf("%q leads out", e.name)
			}
		}
	})
}
