package git

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/prepare"
)

// childEnv makes the test binary be a devpm that materializes one repository.
const childEnv = "DEVPM_TEST_MATERIALIZE"

func TestMain(m *testing.M) {
	if args := os.Getenv(childEnv); args != "" {
		child(strings.Split(args, "\n"))
	}
	os.Exit(m.Run())
}

// child prints a line per phase, so that its killer knows where it is.
func child(args []string) {
	c := &Client{Runner: execx.System{}, Env: os.Environ(), Store: args[3]}
	repo := prepare.Repository{Name: "demo", URL: args[0], Branch: args[1], Dir: args[2]}
	r := c.Materialize(context.Background(), []prepare.Repository{repo}, Options{}, func(e Event) { println(e.Phase) })
	if len(r[0].Diagnostics) > 0 {
		println(r[0].Diagnostics[0].String())
		os.Exit(1)
	}
	os.Exit(0)
}

// kill runs a child and kills it when it says a phase and reached is closed.
func (w *world) kill(repo prepare.Repository, phase string, reached <-chan struct{}) {
	w.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(w.env, childEnv+"="+strings.Join([]string{repo.URL, repo.Branch, repo.Dir, w.client.Store}, "\n"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), phase) {
	}
	select {
	case <-reached:
	case <-time.After(20 * time.Second):
		w.t.Error("the child never got there")
	}
	if err := cmd.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

func TestKilledWhileCloning(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("a killed git keeps its files open there")
		return
	}
	for name, where := range map[string]string{"while asking for refs": "/info/refs", "while the pack is sent": "git-upload-pack"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.remote("demo")
			reached := make(chan struct{})
			over := make(chan struct{})
			var stopped atomic.Bool
			server := w.serve(func(_ http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, where) || stopped.Swap(true) {
					return false
				}
				close(reached)
				<-over
				return true
			})
			repo := w.repo(server.URL+"/demo/.git", "17.0", "")
			w.kill(repo, "cloning", reached)
			close(over)
			if _, err := os.Stat(repo.Dir); !errors.Is(err, os.ErrNotExist) {
				t.Error("a part of a clone stands in the repository's place")
			}
			w.must(repo, Options{}, Cloned)
			w.nothingBeside(repo)
		})
	}
}

// TestCutOffMove arranges what a `git checkout` leaves when it is killed at its
// several points, for a move from 17.0 to 16.0: a.txt changes and b.txt is new.
func TestCutOffMove(t *testing.T) {
	setup := func(t *testing.T) (w *world, repo prepare.Repository, at *checkout, target string) {
		w = newWorld(t)
		remote := w.remote("demo")
		w.git(remote, "checkout", "-q", "16.0")
		if err := os.Symlink("a.txt", filepath.Join(remote, "link")); err != nil {
			t.Fatal(err)
		}
		w.git(remote, "add", "link")
		target = w.commit(remote, "b.txt", "sixteen, and long enough to be cut off\n")
		repo = w.repo(remote, "17.0", "")
		w.must(repo, Options{}, Cloned)
		w.git(repo.Dir, "fetch", "-q", "origin", "+refs/heads/16.0:refs/remotes/origin/16.0")
		at, err := open(repo.Dir)
		if err != nil {
			t.Fatal(err)
		}
		w.write(at.marker(), target+"\n")
		repo.Branch = "16.0"
		return w, repo, at, target
	}
	ours := map[string]func(w *world, dir string){
		"before it wrote anything": func(*world, string) {},
		"with its lock left":       func(w *world, dir string) { w.write(dir+"/.git/index.lock", "") },
		"after the first file":     func(w *world, dir string) { w.write(dir+"/a.txt", "one\n") },
		"after all files, before the index": func(w *world, dir string) {
			w.write(dir+"/a.txt", "one\n")
			w.write(dir+"/b.txt", "sixteen, and long enough to be cut off\n")
			w.write(dir+"/.git/index.lock", "half an index")
		},
		"in the middle of a new file":     func(w *world, dir string) { w.write(dir+"/b.txt", "sixteen, and") },
		"in the middle of a changed file": func(w *world, dir string) { w.write(dir+"/a.txt", "o") },
		"after an old file was removed":   func(_ *world, dir string) { _ = os.Remove(dir + "/a.txt") },
		"after the index":                 func(w *world, dir string) { w.git(dir, "read-tree", "-u", "-m", "HEAD", "origin/16.0") },
		"after HEAD":                      func(w *world, dir string) { w.git(dir, "checkout", "-q", "-b", "16.0", "origin/16.0") },
		"with a link made":                func(_ *world, dir string) { _ = os.Symlink("a.txt", dir+"/link") },
	}
	for name, leave := range ours {
		t.Run(name, func(t *testing.T) {
			w, repo, at, target := setup(t)
			leave(w, repo.Dir)
			if s := (&Client{Runner: silent{t}}).State(t.Context(), repo); Right(repo, s) {
				t.Error("a cut-off repository counts as right")
			}
			r := w.one(repo, Options{})
			if len(r.Diagnostics) > 0 || r.After != target {
				t.Fatalf("%+v", r)
			}
			if out := w.git(repo.Dir, "status", "--porcelain"); out != "" || at.interrupted() {
				t.Errorf("not clean: %q", out)
			}
			w.must(repo, Options{}, Unchanged)
		})
	}
	theirs := map[string]func(w *world, dir string) (file string){
		"a changed file has other content": func(w *world, dir string) string {
			w.write(dir+"/a.txt", "mine\n")
			return "a.txt"
		},
		"a new file has other content": func(w *world, dir string) string {
			w.write(dir+"/b.txt", "mine\n")
			return "b.txt"
		},
		"a new file has more than the new content": func(w *world, dir string) string {
			w.write(dir+"/b.txt", "sixteen, and long enough to be cut off\nmine\n")
			return "b.txt"
		},
		"a link points elsewhere": func(_ *world, dir string) string {
			_ = os.Symlink("mine", dir+"/link")
			return "link"
		},
	}
	for name, leave := range theirs {
		t.Run("work since then is kept: "+name, func(t *testing.T) {
			w, repo, _, _ := setup(t)
			file := leave(w, repo.Dir)
			before, _ := os.ReadFile(filepath.Join(repo.Dir, file))
			for range 2 {
				if d := w.finds(repo, Options{}, LeftAlone, diag.GitLocalWork); !strings.Contains(d.Message, file) {
					t.Errorf("message: %s", d.Message)
				}
			}
			if after, _ := os.ReadFile(filepath.Join(repo.Dir, file)); string(after) != string(before) {
				t.Error("the work is gone")
			}
		})
	}
	t.Run("a file that is not part of the move", func(t *testing.T) {
		w := newWorld(t)
		remote := w.remote("demo")
		w.commit(remote, "c.txt", "three\n")
		repo := w.repo(remote, "17.0", "")
		w.must(repo, Options{}, Cloned)
		w.git(repo.Dir, "branch", "same")
		at, err := open(repo.Dir)
		if err != nil {
			t.Fatal(err)
		}
		w.write(at.marker(), w.git(repo.Dir, "rev-parse", "HEAD")+"\n")
		w.write(repo.Dir+"/c.txt", "mine\n")
		w.finds(repo, Options{}, LeftAlone, diag.GitLocalWork)
		if w.read(repo.Dir+"/c.txt") != "mine\n" {
			t.Error("the work is gone")
		}
	})
}

func TestCancelled(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := w.serve(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "git-upload-pack") {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server sees the client go
			cancel()
			<-r.Context().Done()
			return true
		}
		return false
	})
	repo := w.repo(server.URL+"/demo/.git", "17.0", "")
	r := w.client.Materialize(ctx, []prepare.Repository{repo}, Options{}, nil)[0]
	if r.Outcome != Failed || !strings.Contains(r.Diagnostics[0].Message, "stopped before") {
		t.Errorf("%+v", r)
	}
	w.nothingBeside(repo)
}
