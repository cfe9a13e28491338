package git

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/prepare"
)

// serve gives the world's remotes out over HTTP, by git's own server program.
// Paths below /private/ want the login ana:s3cret; before may answer instead.
func (w *world) serve(before func(http.ResponseWriter, *http.Request) bool) *httptest.Server {
	w.t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		w.t.Fatal(err)
	}
	backend := &cgi.Handler{
		Stderr: io.Discard,
		Path:   filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env: append([]string{
			"GIT_PROJECT_ROOT=" + filepath.Join(w.dir, "remote"), "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
		}, w.env...),
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if before != nil && before(rw, r) {
			return
		}
		if rest, private := strings.CutPrefix(r.URL.Path, "/private"); private {
			if user, password, _ := r.BasicAuth(); user != "ana" || password != "s3cret" {
				rw.Header().Set("WWW-Authenticate", `Basic realm="git"`)
				rw.WriteHeader(http.StatusUnauthorized)
				return
			}
			r.URL.Path = rest
		}
		backend.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(server.Close)
	return server
}

func TestServer(t *testing.T) {
	t.Run("a login in the address works and is never shown", func(t *testing.T) {
		w := newWorld(t)
		w.remote("demo")
		base := w.serve(nil).URL
		login := strings.Replace(base, "http://", "http://ana:s3cret@", 1)
		w.must(w.repo(login+"/private/demo/.git", "17.0", ""), Options{}, Cloned)

		w = &world{t: t, dir: t.TempDir(), env: w.env, client: w.client}
		wrong := w.repo(strings.Replace(base, "http://", "http://ana:wr0ng@", 1)+"/private/demo/.git", "17.0", "")
		if d := w.finds(wrong, Options{}, Failed, diag.GitLogin); strings.Contains(d.String(), "wr0ng") {
			t.Errorf("the password is shown: %s", d)
		}
	})
	t.Run("without a login git fails instead of asking", func(t *testing.T) {
		w := newWorld(t)
		w.remote("demo")
		w.finds(w.repo(w.serve(nil).URL+"/private/demo/.git", "17.0", ""), Options{}, Failed, diag.GitLogin)
	})
	t.Run("at a terminal the repository is tried again in the foreground, and only then", func(t *testing.T) {
		w := newWorld(t)
		w.remote("demo")
		server := w.serve(nil)
		runner := &recording{Runner: execx.System{}}
		c := &Client{Runner: runner, Env: append([]string{"GIT_TERMINAL_PROMPT=0"}, w.env...), Terminal: true} // this test has no person
		repos := []prepare.Repository{w.repo(server.URL+"/private/demo/.git", "17.0", ""), w.repo(server.URL+"/demo/.git", "17.0", "")}
		repos[1].Dir += "2"
		results := c.Materialize(t.Context(), repos, Options{}, nil)
		if results[0].Outcome != Failed || results[1].Outcome != Cloned {
			t.Errorf("%+v", results)
		}
		if n := runner.foreground(); n != 1 { // the fetch of the private one
			t.Errorf("%d commands in the foreground", n)
		}
	})
	t.Run("what is not there", func(t *testing.T) {
		w := newWorld(t)
		w.remote("demo")
		server := w.serve(nil)
		w.finds(w.repo(server.URL+"/nothing/.git", "17.0", ""), Options{}, Failed, diag.GitNotFound)
		w.finds(w.repo(w.dir+"/remote/nothing", "17.0", ""), Options{}, Failed, diag.GitNotFound)
		w.finds(w.repo(server.URL+"/demo/.git", "", strings.Repeat("1", 40)), Options{}, Failed, diag.GitCommit)
		w.finds(w.repo(server.URL+"/demo/.git", "", "1234567"), Options{}, Failed, diag.GitCommit)
		// LCK-17: odoo_version names a branch that is absent.
		d := w.finds(w.repo(server.URL+"/demo/.git", "17.O", ""), Options{}, Failed, diag.GitBranch)
		if !strings.Contains(d.Fix, ": 17.0") {
			t.Errorf("the fix names no near branch: %s", d.Fix)
		}
		w.nothingBeside(w.repo("", "", ""))
	})
	t.Run("nobody listens", func(t *testing.T) {
		w := newWorld(t)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		w.finds(w.repo("http://"+address+"/demo", "17.0", ""), Options{}, Failed, diag.GitUnreachable)
		w.finds(w.repo("http://no-such-host.invalid/demo", "17.0", ""), Options{}, Failed, diag.GitUnreachable)
	})
	t.Run("a connection that breaks, then one that does not", func(t *testing.T) {
		w := newWorld(t)
		w.remote("demo")
		var broken atomic.Bool
		broken.Store(true)
		server := w.serve(func(rw http.ResponseWriter, r *http.Request) bool {
			if broken.Load() && strings.HasSuffix(r.URL.Path, "git-upload-pack") {
				panic(http.ErrAbortHandler)
			}
			return false
		})
		repo := w.repo(server.URL+"/demo/.git", "17.0", "")
		w.finds(repo, Options{}, Failed, diag.GitUnreachable)
		broken.Store(false)
		w.must(repo, Options{}, Cloned)
		w.nothingBeside(repo)
	})
	t.Run("a server that gives out no single commits", func(t *testing.T) {
		w := newWorld(t)
		remote := w.remote("demo")
		hidden := w.git(remote, "rev-parse", "17.0")
		w.commit(remote, "a.txt", "three\n") // so that no branch or tag names the one before
		repo := w.repo(w.serve(nil).URL+"/demo/.git", "17.0", hidden)
		w.client.Env = append(w.client.Env, "GIT_PROTOCOL_FROM_USER=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=protocol.version", "GIT_CONFIG_VALUE_0=0")
		if r := w.must(repo, Options{}, Cloned); r.After != hidden {
			t.Errorf("at %s", r.After)
		}
	})
}

// recording keeps what it is asked to run.
type recording struct {
	Runner
	mu    sync.Mutex
	front int
}

func (r *recording) foreground() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.front
}

func TestTwentyRepositoriesInParallel(t *testing.T) {
	w := newWorld(t)
	var most, now int
	var mu sync.Mutex
	server := w.serve(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/info/refs") {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(50 * time.Millisecond) // long enough for others to arrive
			mu.Lock()
			now--
			mu.Unlock()
		}
		return false
	})
	var repos []prepare.Repository
	w.remote("demo")
	for i := range 20 {
		// The same address would be fetched once, by one.
		if err := os.Symlink("demo", filepath.Join(w.dir, "remote", fmt.Sprintf("r%02d", i))); err != nil {
			t.Fatal(err)
		}
		repo := w.repo(fmt.Sprintf("%s/r%02d/.git", server.URL, i), "17.0", "")
		repo.Name = fmt.Sprintf("acme/r%02d", i)
		repo.Dir = filepath.Join(w.dir, "src", "acme", fmt.Sprintf("r%02d", i))
		repos = append(repos, repo)
	}
	repos = append(repos, repos[0]) // the same one twice is cloned once
	repos[7].Branch = "nothing"
	done := map[string]int{}
	results := w.client.Materialize(t.Context(), repos, Options{}, func(e Event) {
		if e.Phase == "done" {
			done[e.Repository]++ // no lock: calls do not overlap
		}
	})
	cloned := 0
	for i, r := range results {
		if r.Repository.Dir != repos[i].Dir {
			t.Errorf("result %d is of %s", i, r.Repository.Name)
		}
		if r.Outcome == Cloned {
			cloned++
		}
	}
	if cloned != 19 || results[7].Outcome != Failed {
		t.Errorf("%d cloned; %v", cloned, Diagnostics(results))
	}
	if list := Diagnostics(results); len(list) != 1 || list[0].Code != diag.GitBranch {
		t.Errorf("%v", list)
	}
	if most < 2 || most > parallel {
		t.Errorf("%d at the same time", most)
	}
	if len(done) != 20 || done["acme/r00"] != 2 {
		t.Errorf("%v", done)
	}
}

func TestWithoutGit(t *testing.T) {
	w := newWorld(t)
	remote := w.remote("demo")
	for name, c := range map[string]*Client{"no runner": {}, "empty PATH": {Runner: execx.System{}, Env: []string{"PATH="}}} {
		w.client = c
		repo := w.repo(remote, "17.0", "")
		w.finds(repo, Options{}, Failed, diag.GitNotInstalled)
		w.nothingBeside(repo)
		_ = name
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t)
	w.client.Runner = silent{t}
	for _, tt := range []struct{ url, branch, commit string }{
		{"--upload-pack=touch x", "17.0", ""},
		{"ext::sh -c touch% x", "17.0", ""},
		{"", "", ""},
		{"https://host/a", "--orphan", ""},
		{"https://host/a", "../../x", ""},
		{"https://host/a", "a b", ""},
		{"https://host/a", "", "HEAD"},
		{"https://host/a", "", "-abcdef1"},
		{"https://host/a\nb", "17.0", ""},
	} {
		w.finds(w.repo(tt.url, tt.branch, tt.commit), Options{}, Failed, diag.GitLink)
	}
}

func TestPlaces(t *testing.T) {
	t.Run("a directory that is no repository is left alone", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		w.write(filepath.Join(repo.Dir, "precious"), "mine\n")
		w.finds(repo, Options{}, Failed, diag.GitForeign)
		if w.read(filepath.Join(repo.Dir, "precious")) != "mine\n" {
			t.Error("the file is gone")
		}
	})
	t.Run("a file in its place, or in the place of a parent", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		w.write(repo.Dir, "mine\n")
		w.finds(repo, Options{}, Failed, diag.GitForeign)
		repo.Dir = filepath.Join(repo.Dir, "below")
		w.finds(repo, Options{}, Failed, diag.GitDisk)
	})
	t.Run("a file:// link is used in place", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo("file:///", "", "")
		repo.Local = true
		w.client.Runner = silent{t}
		w.finds(repo, Options{}, Failed, diag.GitLocalMissing)
		w.write(filepath.Join(repo.Dir, "odoo-bin"), "")
		w.must(repo, Options{Update: true}, Unchanged)
		if s := w.client.State(t.Context(), repo); !s.Present || !Right(repo, s) {
			t.Errorf("%+v", s)
		}
		repo.Dir = filepath.Join(repo.Dir, "odoo-bin")
		w.finds(repo, Options{}, Failed, diag.GitLocalMissing)
	})
	t.Run("a repository of another origin is used, and nothing is fetched into it", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		w.must(repo, Options{}, Cloned)
		w.git(repo.Dir, "remote", "set-url", "origin", "https://ana:s3cret@git.example.org/fork/demo.git")
		r := w.one(repo, Options{})
		if r.Outcome != Unchanged || len(r.Diagnostics) != 1 || r.Diagnostics[0].Code != diag.GitOrigin || r.Diagnostics[0].Severity != diag.Warning {
			t.Errorf("%+v", r)
		}
		if strings.Contains(r.Diagnostics[0].String(), "s3cret") {
			t.Error("the password is shown")
		}
		repo.Branch = "16.0"
		w.finds(repo, Options{}, Failed, diag.GitOrigin)
	})
	t.Run("a lock file of another git", func(t *testing.T) {
		w := newWorld(t)
		repo := w.repo(w.remote("demo"), "17.0", "")
		w.must(repo, Options{}, Cloned)
		w.write(filepath.Join(repo.Dir, ".git", "index.lock"), "")
		repo.Branch = "16.0"
		w.finds(repo, Options{}, Failed, diag.GitHeld)
		if _, err := os.Stat(filepath.Join(repo.Dir, ".git", "index.lock")); err != nil {
			t.Error("the lock of another was removed")
		}
	})
}

func (r *recording) Run(ctx context.Context, c execx.Command) (execx.Result, error) {
	r.mu.Lock()
	if c.Foreground {
		r.front++
	}
	r.mu.Unlock()
	return r.Runner.Run(ctx, c)
}
