package git

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/prepare"
)

// world is a directory with remotes and working trees, and a git that knows
// nothing of the machine's configuration.
type world struct {
	t      *testing.T
	dir    string
	env    []string
	client *Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@example.org", "GIT_COMMITTER_NAME=Ana", "GIT_COMMITTER_EMAIL=ana@example.org",
		"GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
	}
	return &world{t: t, dir: dir, env: env, client: &Client{Runner: execx.System{}, Env: env, Store: filepath.Join(dir, "store")}}
}

// git runs git as a user would and returns its output.
func (w *world) git(dir string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w *world) write(path, content string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) read(path string) string {
	w.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// commit changes one file in a working tree and returns the commit.
func (w *world) commit(dir, file, content string) string {
	w.t.Helper()
	w.write(filepath.Join(dir, file), content)
	w.git(dir, "add", "-f", "--", file)
	w.git(dir, "commit", "-q", "-m", file+": "+strings.TrimSpace(content))
	return w.git(dir, "rev-parse", "HEAD")
}

// remote makes a repository with two commits on 17.0, one more on 16.0 and a
// tag v1 on the first commit. Its address is its path.
func (w *world) remote(name string) string {
	w.t.Helper()
	dir := filepath.Join(w.dir, "remote", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	w.git(dir, "init", "-q", "-b", "17.0")
	w.commit(dir, "a.txt", "one\n")
	w.git(dir, "tag", "-a", "-m", "first", "v1")
	w.git(dir, "checkout", "-q", "-b", "16.0")
	w.commit(dir, "b.txt", "sixteen\n")
	w.git(dir, "checkout", "-q", "17.0")
	w.commit(dir, "a.txt", "two\n")
	return dir
}

func (w *world) repo(url, branch, commit string) prepare.Repository {
	return prepare.Repository{
		Name: "acme/demo", Role: "dependency", URL: url, Branch: branch, Commit: commit,
		Dir: filepath.Join(w.dir, "src", "host", "acme", "demo"), Path: "dependencies[0]",
		Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 3, Column: 5}},
	}
}

// one materializes one repository.
func (w *world) one(repo prepare.Repository, o Options) Result {
	w.t.Helper()
	return w.client.Materialize(w.t.Context(), []prepare.Repository{repo}, o, nil)[0]
}

// must is one that has to end with an outcome and nothing to say.
func (w *world) must(repo prepare.Repository, o Options, want Outcome) Result {
	w.t.Helper()
	r := w.one(repo, o)
	if r.Outcome != want || len(r.Diagnostics) > 0 {
		w.t.Fatalf("outcome %q, want %q; %v", r.Outcome, want, r.Diagnostics)
	}
	return r
}

// finds is one that has to report a code; the diagnostic is returned.
func (w *world) finds(repo prepare.Repository, o Options, want Outcome, code diag.Code) diag.Diagnostic {
	w.t.Helper()
	r := w.one(repo, o)
	if r.Outcome != want || len(r.Diagnostics) != 1 || r.Diagnostics[0].Code != code {
		w.t.Fatalf("outcome %q, want %q with %s; got %v", r.Outcome, want, code, r.Diagnostics)
	}
	d := r.Diagnostics[0]
	if d.Fix == "" || d.Range != repo.Range || d.Path != repo.Path || strings.HasSuffix(d.Message, ".") {
		w.t.Errorf("the diagnostic lacks a part: %+v", d)
	}
	if want == LeftAlone && d.Severity != diag.Warning || want == Failed && d.Severity != diag.Error {
		w.t.Errorf("severity %s with outcome %q", d.Severity, want)
	}
	return d
}

// nothingBeside fails when anything but repositories and lock files is left.
func (w *world) nothingBeside(repo prepare.Repository) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(repo.Dir))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && !strings.HasSuffix(e.Name(), ".devpm.lock") {
			w.t.Errorf("%s was left behind", e.Name())
		}
	}
}

// silent refuses to start anything.
type silent struct{ t *testing.T }

func (s silent) Run(_ context.Context, c execx.Command) (execx.Result, error) {
	s.t.Errorf("a process was started: %s", strings.Join(c.Argv, " "))
	return execx.Result{}, &execx.StartError{Name: "git", Reason: execx.NotFound}
}

func TestClone(t *testing.T) {
	w := newWorld(t)
	remote := w.remote("demo")
	tip, old := w.git(remote, "rev-parse", "17.0"), w.git(remote, "rev-parse", "v1^{commit}")
	tests := []struct {
		name           string
		branch, commit string
		keep           bool
		head, on       string
	}{
		{"a branch", "17.0", "", false, tip, "17.0"},
		{"another branch", "16.0", "", false, w.git(remote, "rev-parse", "16.0"), "16.0"},
		{"the remote's default", "", "", false, tip, "17.0"},
		{"a commit wins over a branch (LCK-14)", "17.0", old, false, old, ""},
		{"a short commit", "", old[:9], false, old, ""},
		{"a tag in the place of a branch", "v1", "", false, old, ""},
		{"the developer's own", "16.0", "", true, w.git(remote, "rev-parse", "16.0"), "16.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{t: t, dir: t.TempDir(), env: w.env, client: w.client}
			repo := w.repo(remote, tt.branch, tt.commit)
			repo.Keep = tt.keep
			r := w.must(repo, Options{}, Cloned)
			if r.After != tt.head {
				t.Errorf("HEAD %s, want %s", r.After, tt.head)
			}
			quiet := &Client{Runner: silent{t}}
			s := quiet.State(t.Context(), repo)
			if !Right(repo, s) || s.Head != tt.head || s.Branch != tt.on || s.Origin != remote {
				t.Errorf("state %+v", s)
			}
			if again := quiet.Materialize(t.Context(), []prepare.Repository{repo}, Options{}, nil)[0]; again.Outcome != Unchanged {
				t.Errorf("a second run: %+v", again)
			}
			if tt.on != "" && w.git(repo.Dir, "rev-parse", "--abbrev-ref", "@{upstream}") != "origin/"+tt.on {
				t.Error("the branch follows nothing")
			}
			if out := w.git(repo.Dir, "status", "--porcelain"); out != "" {
				t.Errorf("the clone is not clean: %s", out)
			}
			if commits := w.git(repo.Dir, "rev-list", "--count", "--all"); tt.keep != (commits == "3") && tt.commit == "" {
				t.Errorf("%s commits came along", commits)
			}
			w.nothingBeside(repo)
		})
	}
	t.Run("an empty repository of the developer's own", func(t *testing.T) {
		w := newWorld(t)
		remote := filepath.Join(w.dir, "empty.git")
		w.git(w.dir, "init", "-q", "--bare", remote)
		repo := w.repo(remote, "", "")
		repo.Keep = true
		w.must(repo, Options{}, Cloned)
		w.must(repo, Options{}, Unchanged)
	})
	t.Run("into an empty directory", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		if err := os.MkdirAll(repo.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		w.must(repo, Options{}, Cloned)
	})
}

func TestMove(t *testing.T) {
	setup := func(t *testing.T, branch, commit string) (*world, prepare.Repository) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), branch, commit)
		w.must(repo, Options{}, Cloned)
		return w, repo
	}
	t.Run("to another branch, which is fetched", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		repo.Branch = "16.0"
		if s := w.client.State(t.Context(), repo); s.Wanted != "" || s.Dirty || Right(repo, s) {
			t.Errorf("before: %+v", s)
		}
		w.must(repo, Options{}, Moved)
		if got := w.read(filepath.Join(repo.Dir, "b.txt")); got != "sixteen\n" {
			t.Errorf("b.txt: %q", got)
		}
		if got := w.git(repo.Dir, "rev-parse", "--abbrev-ref", "@{upstream}"); got != "origin/16.0" {
			t.Errorf("upstream %s", got)
		}
		repo.Branch = "17.0"
		w.must(repo, Options{}, Moved)
	})
	t.Run("to a commit and back to a branch", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		old := w.git(repo.URL, "rev-parse", "v1^{commit}")
		pinned := repo
		pinned.Commit = old
		if r := w.must(pinned, Options{}, Moved); r.After != old {
			t.Errorf("at %s", r.After)
		}
		w.must(repo, Options{}, Moved)
		if s := w.client.State(t.Context(), pinned); s.Wanted != old {
			t.Errorf("the commit is here and was not found: %+v", s)
		}
	})
	t.Run("new commits of the remote are fetched on request only", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		tip := w.commit(repo.URL, "a.txt", "three\n")
		w.must(repo, Options{}, Unchanged)
		if r := w.must(repo, Options{Update: true}, Moved); r.After != tip {
			t.Errorf("at %s, want %s", r.After, tip)
		}
		w.must(repo, Options{Update: true}, Unchanged)
	})
	t.Run("an update of another branch of the developer's at the same commit does not move it", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		w.git(repo.Dir, "checkout", "-q", "-b", "feature")
		w.commit(repo.URL, "a.txt", "three\n")
		w.must(repo, Options{Update: true}, Unchanged)
	})
	t.Run("commits on top of the wanted branch are right", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		mine := w.commit(repo.Dir, "mine.txt", "mine\n")
		if r := w.must(repo, Options{}, Unchanged); r.After != mine {
			t.Errorf("at %s", r.After)
		}
		w.commit(repo.URL, "a.txt", "three\n")
		w.finds(repo, Options{Update: true}, LeftAlone, diag.GitDiverged)
		if w.git(repo.Dir, "rev-parse", "HEAD") != mine {
			t.Error("the developer's commit was moved")
		}
	})
	t.Run("the developer's own is never switched", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		repo.Keep = true
		w.git(repo.Dir, "checkout", "-q", "-b", "feature")
		w.commit(repo.Dir, "mine.txt", "mine\n")
		w.must(repo, Options{Update: true}, Unchanged)
	})
	t.Run("a hook of the repository does not run", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		hook := filepath.Join(repo.Dir, ".git", "hooks", "post-checkout")
		w.write(hook, "#!/bin/sh\ntouch "+w.dir+"/ran\n")
		if err := os.Chmod(hook, 0o755); err != nil {
			t.Fatal(err)
		}
		repo.Branch = "16.0"
		w.must(repo, Options{}, Moved)
		if _, err := os.Stat(filepath.Join(w.dir, "ran")); err == nil {
			t.Error("the hook ran")
		}
	})
	t.Run("a stash survives", func(t *testing.T) {
		w, repo := setup(t, "17.0", "")
		w.write(filepath.Join(repo.Dir, "a.txt"), "stashed\n")
		w.git(repo.Dir, "stash")
		repo.Branch = "16.0"
		w.must(repo, Options{}, Moved)
		if !strings.Contains(w.git(repo.Dir, "stash", "show", "-p"), "stashed") {
			t.Error("the stash is gone")
		}
	})
}

func TestLocalWorkIsLeftAlone(t *testing.T) {
	tests := []struct {
		name string
		work func(w *world, dir string)
		says string
		kept string // file that must keep its content "mine\n"
	}{
		{"a changed file", func(w *world, dir string) { w.write(dir+"/a.txt", "mine\n") }, "a.txt", "a.txt"},
		{"a staged file", func(w *world, dir string) {
			w.write(dir+"/new.txt", "mine\n")
			w.git(dir, "add", "new.txt")
		}, "new.txt", "new.txt"},
		{"an unfinished merge", func(w *world, dir string) {
			w.write(dir+"/.git/MERGE_HEAD", w.git(dir, "rev-parse", "HEAD")+"\n")
		}, "merge", ""},
		{"an untracked file in the way", func(w *world, dir string) { w.write(dir+"/b.txt", "mine\n") }, "b.txt", "b.txt"},
		{"an ignored file in the way", func(w *world, dir string) {
			w.write(dir+"/.git/info/exclude", "b.txt\n")
			w.write(dir+"/b.txt", "mine\n")
		}, "b.txt", "b.txt"},
		{"commits that no branch holds", func(w *world, dir string) {
			w.git(dir, "checkout", "-q", "--detach")
			w.commit(dir, "new.txt", "mine\n")
		}, "which no branch holds", "new.txt"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			repo := w.repo(w.remote("demo"), "17.0", "")
			w.must(repo, Options{}, Cloned)
			tt.work(w, repo.Dir)
			head := w.git(repo.Dir, "rev-parse", "HEAD")
			repo.Branch = "16.0"
			d := w.finds(repo, Options{}, LeftAlone, diag.GitLocalWork)
			if !strings.Contains(d.Message, tt.says) {
				t.Errorf("message: %s", d.Message)
			}
			if w.git(repo.Dir, "rev-parse", "HEAD") != head {
				t.Error("HEAD moved")
			}
			if tt.kept != "" && w.read(filepath.Join(repo.Dir, tt.kept)) != "mine\n" {
				t.Error("the work is gone")
			}
			w.finds(repo, Options{}, LeftAlone, diag.GitLocalWork) // and it stays so
		})
	}
	t.Run("an untracked file that is not in the way stays and does not hinder", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		w.must(repo, Options{}, Cloned)
		w.write(repo.Dir+"/notes.txt", "mine\n")
		repo.Branch = "16.0"
		w.must(repo, Options{}, Moved)
		if w.read(repo.Dir+"/notes.txt") != "mine\n" {
			t.Error("the file is gone")
		}
	})
	t.Run("State names what is changed, and why it could not ask", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		w.must(repo, Options{}, Cloned)
		w.write(repo.Dir+"/a.txt", "mine\n")
		if s := (&Client{Runner: silent{t}}).State(t.Context(), repo); s.Dirty || !Right(repo, s) {
			t.Errorf("a repository that is right is asked nothing: %+v", s)
		}
		repo.Branch = "16.0"
		if s := w.client.State(t.Context(), repo); !s.Dirty || !slices.Equal(s.Changes, []string{"a.txt"}) || s.Unknown != "" {
			t.Errorf("%+v", s)
		}
		for name, c := range map[string]*Client{"no runner": {}, "empty PATH": {Runner: execx.System{}, Env: []string{"PATH="}}} {
			if s := c.State(t.Context(), repo); s.Unknown == "" || s.Dirty || s.Head == "" {
				t.Errorf("%s: %+v", name, s)
			}
		}
	})
}
