package git

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
)

// TestOfflineFromAMirror clones from a server, mirrors the clone, and clones
// again where there is nothing but the mirror.
func TestOfflineFromAMirror(t *testing.T) {
	for name, wanted := range map[string]struct {
		branch string
		commit bool
		keep   bool
		date   string
	}{
		"a branch":            {branch: "17.0"},
		"the default branch":  {},
		"a tag":               {branch: "v1"},
		"a commit":            {branch: "17.0", commit: true},
		"the developer's own": {branch: "16.0", keep: true},
		"a date":              {branch: "17.0", date: "20260102"},
	} {
		for _, store := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				remote := w.remote("demo")
				first := w.git(remote, "rev-parse", "HEAD~1")
				server := w.serve(nil)
				repo := w.repo(server.URL+"/demo", wanted.branch, "")
				repo.Keep, repo.Date = wanted.keep, wanted.date
				if wanted.commit {
					repo.Commit = first
				}
				before := w.must(repo, Options{}, Cloned)
				if wanted.keep { // work that nobody has yet
					before.After = w.commit(repo.Dir, "mine.txt", "mine\n")
				}
				server.Close()

				state := w.client.State(t.Context(), repo)
				refs, branch, err := w.client.MirrorRefs(t.Context(), repo, state)
				if err != nil {
					t.Fatal(err)
				}
				mirror := filepath.Join(w.dir, "vendor", "demo.git")
				if err := os.MkdirAll(filepath.Dir(mirror), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := w.client.Mirror(t.Context(), mirror, branch, Mirrored{repo, refs}); err != nil {
					t.Fatal(err)
				}
				checkMirrorFiles(t, mirror)

				w.client.Store = ""
				if store {
					w.client.Store = filepath.Join(w.dir, "another-store")
				}
				away := w.elsewhere(repo, "away")
				if repo.Date != "" || repo.Commit != "" {
					away.Commit = before.After
				}
				w.client.Offline = true
				if w.client.Offered(away) {
					t.Error("offered without a mirror")
				}
				w.finds(away, Options{}, Failed, diag.OfflineRepository)

				w.client.Mirrors = map[string]string{Key(repo.URL): mirror}
				if !w.client.Offered(away) {
					t.Error("the mirror does not offer it")
				}
				after := w.must(away, Options{}, Cloned)
				if after.After != before.After {
					t.Errorf("stands on %s, want %s", after.After, before.After)
				}
				w.sound(away.Dir)
				if origin := w.git(away.Dir, "config", "remote.origin.url"); origin != repo.URL {
					t.Errorf("origin is %s", origin)
				}
				if s := w.client.State(t.Context(), away); !Right(away, s) {
					t.Errorf("not right: %+v", s)
				}
				if !wanted.commit && wanted.date == "" {
					if now := w.client.State(t.Context(), away); now.Branch != state.Branch {
						t.Errorf("on branch %q, was on %q", now.Branch, state.Branch)
					}
				}
				// What the mirror lacks is a fault of the repository, and nothing is tried.
				other := w.elsewhere(w.repo(server.URL+"/demo", "18.0", ""), "other")
				if w.client.Offered(other) {
					t.Error("a branch that is not there is offered")
				}
				w.finds(other, Options{}, Failed, diag.GitBranch)
			})
		}
	}
}

// TestMirrorOfAShallowDeveloper: whoever has cut the history of the own
// repository gets that history, and no more.
func TestMirrorOfAShallowDeveloper(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	server := w.serve(nil)
	repo := w.repo(server.URL+"/demo", "17.0", "")
	repo.Keep = true
	if err := os.MkdirAll(filepath.Dir(repo.Dir), 0o755); err != nil {
		t.Fatal(err)
	}
	w.git(w.dir, "clone", "-q", "--depth=1", "--branch=17.0", repo.URL, repo.Dir)
	server.Close()
	refs, branch, err := w.client.MirrorRefs(t.Context(), repo, w.client.State(t.Context(), repo))
	if err != nil {
		t.Fatal(err)
	}
	mirror := filepath.Join(w.dir, "demo.git")
	if err := w.client.Mirror(t.Context(), mirror, branch, Mirrored{repo, refs}); err != nil {
		t.Fatal(err)
	}
	w.client.Offline, w.client.Mirrors = true, map[string]string{Key(repo.URL): mirror}
	away := w.elsewhere(repo, "away")
	w.must(away, Options{}, Cloned)
	w.sound(away.Dir)
}

// checkMirrorFiles wants nothing in a mirror but what MirrorFile knows.
func checkMirrorFiles(t *testing.T, mirror string) {
	t.Helper()
	err := filepath.WalkDir(mirror, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, mirror+string(filepath.Separator)))
		if !MirrorFile(name, func() ([]byte, error) { return os.ReadFile(path) }) {
			t.Errorf("the mirror has %s", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"hooks/post-checkout": "#!/bin/sh\n", "objects/info/alternates": "/elsewhere\n",
		"config": emptyConfig + "[core]\n\tsshCommand = evil\n", "objects/pack/pack-../../x.pack": "", "refs/heads/x": "",
	} {
		if MirrorFile(name, func() ([]byte, error) { return []byte(content), nil }) {
			t.Errorf("%s is taken for a file of a mirror", name)
		}
	}
}
