package git

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/prepare"
)

// counting serves the world's remotes and counts the requests for objects.
func (w *world) counting() (*httptest.Server, *atomic.Int32) {
	var fetches atomic.Int32
	server := w.serve(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		text := body
		if r.Header.Get("Content-Encoding") == "gzip" {
			if z, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
				text, _ = io.ReadAll(z)
			}
		}
		if bytes.Contains(text, []byte("command=fetch")) {
			fetches.Add(1)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return false
	})
	return server, &fetches
}

// elsewhere is the same repository in another work tree.
func (w *world) elsewhere(repo prepare.Repository, name string) prepare.Repository {
	repo.Dir = filepath.Join(w.dir, name, "host", "acme", "demo")
	return repo
}

// sound fails when a clone is not complete by itself.
func (w *world) sound(dir string) {
	w.t.Helper()
	w.git(dir, "fsck", "--full", "--strict")
	if out := w.git(dir, "status", "--porcelain"); out != "" {
		w.t.Errorf("not clean: %s", out)
	}
}

func TestSecondWorkTreeDownloadsNothing(t *testing.T) {
	for name, wanted := range map[string]struct {
		branch string
		commit bool
		keep   bool
		date   string
	}{
		"a branch":              {branch: "17.0"},
		"the default branch":    {},
		"a tag":                 {branch: "v1"},
		"a commit":              {branch: "17.0", commit: true},
		"the developer's own":   {branch: "16.0", keep: true},
		"a date that is passed": {branch: "17.0", date: "20260102"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			remote := w.remote("demo")
			w.env = append(w.env, "GIT_COMMITTER_DATE=2026-02-01T00:00:00Z")
			w.commit(remote, "later.txt", "later\n")
			server, fetches := w.counting()
			repo := w.repo(server.URL+"/demo/.git", wanted.branch, "")
			repo.Keep, repo.Date = wanted.keep, wanted.date
			if wanted.commit {
				repo.Commit = w.git(remote, "rev-parse", "v1^{commit}")
			}
			first := w.must(repo, Options{}, Cloned)
			n := fetches.Load()
			if n == 0 {
				t.Fatal("nothing was counted")
			}
			second := w.elsewhere(repo, "other")
			if r := w.must(second, Options{}, Cloned); r.After != first.After {
				t.Errorf("at %s, the first is at %s", r.After, first.After)
			}
			if wanted.keep && fetches.Load() == n+1 {
				n++ // whether there is anything new is asked; the pack is empty
			}
			if got := fetches.Load(); got != n {
				t.Errorf("%d more requests for objects", got-n)
			}
			w.sound(repo.Dir)
			w.sound(second.Dir)
			for _, dir := range []string{repo.Dir, second.Dir} {
				if s := (&Client{Runner: silent{t}}).State(t.Context(), w.at(repo, dir)); !Right(repo, s) {
					t.Errorf("state %+v", s)
				}
				if data, _ := os.ReadFile(filepath.Join(dir, ".git/objects/info/alternates")); len(data) > 0 {
					t.Error("the clone borrows its objects")
				}
			}
		})
	}
}

func (w *world) at(repo prepare.Repository, dir string) prepare.Repository {
	repo.Dir = dir
	return repo
}

func TestStoreWithoutItsRemote(t *testing.T) {
	w := newWorld(t)
	remote := w.remote("demo")
	server, _ := w.counting()
	branch := w.repo(server.URL+"/demo/.git", "17.0", "")
	commit := w.repo(server.URL+"/demo/.git", "17.0", w.git(remote, "rev-parse", "17.0"))
	w.must(branch, Options{}, Cloned)
	server.Close()
	// A commit is what it is; nobody need be asked.
	w.must(w.elsewhere(commit, "commit"), Options{}, Cloned)
	// A branch may have moved, so it is said.
	r := w.one(w.elsewhere(branch, "branch"), Options{})
	if r.Outcome != Cloned || len(r.Diagnostics) != 1 || r.Diagnostics[0].Code != diag.GitOffline || r.Diagnostics[0].Severity != diag.Warning {
		t.Errorf("%+v", r)
	}
	// What was never here cannot come.
	other := w.elsewhere(branch, "other")
	other.Branch = "16.0"
	w.finds(other, Options{}, Failed, diag.GitUnreachable)
}

func TestSameRepositoryAtOnceIsFetchedOnce(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	server, fetches := w.counting()
	var repos []prepare.Repository
	for i := range 6 {
		repos = append(repos, w.elsewhere(w.repo(server.URL+"/demo/.git", "17.0", ""), fmt.Sprint("tree", i)))
	}
	// Two devpm at the same time, as of two projects.
	var wait sync.WaitGroup
	for _, half := range [][]prepare.Repository{repos[:3], repos[3:]} {
		wait.Go(func() {
			c := *w.client
			for _, r := range c.Materialize(t.Context(), half, Options{}, nil) {
				if r.Outcome != Cloned || len(r.Diagnostics) > 0 {
					t.Errorf("%+v", r)
				}
			}
		})
	}
	wait.Wait()
	if n := fetches.Load(); n != 1 {
		t.Errorf("%d requests for objects", n)
	}
}

func TestDeletedStoreLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	repo := w.repo(w.dir+"/remote/demo", "17.0", "")
	w.must(repo, Options{}, Cloned)
	w.commit(repo.Dir, "mine.txt", "mine\n")
	if err := os.RemoveAll(w.client.Store); err != nil {
		t.Fatal(err)
	}
	w.sound(repo.Dir)
	w.git(repo.Dir, "gc", "--prune=now", "-q")
	w.sound(repo.Dir)
	w.must(w.elsewhere(repo, "other"), Options{}, Cloned)
}

func TestDamagedStoreIsMadeAnew(t *testing.T) {
	for name, break_ := range map[string]func(w *world, entry string){
		"a pack is gone": func(w *world, entry string) {
			for _, f := range w.glob(entry + "/objects/pack/*") {
				_ = os.Remove(f)
			}
		},
		"a pack is cut off": func(w *world, entry string) {
			for _, f := range w.glob(entry + "/objects/pack/*.pack") {
				data := []byte(w.read(f))
				_ = os.Remove(f) // not in place: clones link to it
				w.write(f, string(data[:len(data)/2]))
			}
		},
		"an object is gone, the index knows it": func(w *world, entry string) {
			for _, f := range w.glob(entry + "/objects/pack/*.pack") {
				_ = os.Remove(f)
			}
		},
		"the configuration is nonsense": func(w *world, entry string) { w.write(entry+"/config", "[core\n") },
		"a ref is empty": func(w *world, entry string) {
			for _, f := range w.glob(entry + "/refs/devpm/*/heads/17.0") {
				w.write(f, "")
			}
		},
		"half an entry": func(w *world, entry string) { _ = os.Remove(entry + "/HEAD") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.remote("demo")
			repo := w.repo(w.dir+"/remote/demo", "17.0", "")
			w.must(repo, Options{}, Cloned)
			break_(w, w.client.entryDir(repo.URL))
			second := w.elsewhere(repo, "other")
			r := w.one(second, Options{})
			if r.Outcome != Cloned {
				t.Fatalf("%+v", r)
			}
			for _, d := range r.Diagnostics {
				if d.Code != diag.GitStoreDamaged || d.Severity != diag.Warning || d.Fix == "" {
					t.Errorf("%s", d)
				}
			}
			w.sound(second.Dir)
			w.sound(repo.Dir)
			w.must(w.elsewhere(repo, "third"), Options{}, Cloned)
		})
	}
}

func (w *world) glob(pattern string) []string {
	w.t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		w.t.Fatalf("%s: nothing there, %v", pattern, err)
	}
	return found
}

func TestStoreThatCannotBeUsed(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	w.write(w.client.Store, "not a directory")
	repo := w.repo(w.dir+"/remote/demo", "17.0", "")
	r := w.one(repo, Options{})
	if r.Outcome != Cloned || len(r.Diagnostics) != 1 || r.Diagnostics[0].Code != diag.GitStoreUnused || r.Diagnostics[0].Severity != diag.Warning {
		t.Errorf("%+v", r)
	}
	w.sound(repo.Dir)
	w.nothingBeside(repo)
}

func TestStoreFollowsTheRemote(t *testing.T) {
	w := newWorld(t)
	remote := w.remote("demo")
	repo := w.repo(remote, "17.0", "")
	before := w.must(repo, Options{}, Cloned).After
	t.Run("a new commit", func(t *testing.T) {
		tip := w.commit(remote, "c.txt", "three\n")
		if r := w.must(w.elsewhere(repo, "new"), Options{}, Cloned); r.After != tip {
			t.Errorf("at %s", r.After)
		}
	})
	t.Run("a branch that was forced elsewhere", func(t *testing.T) {
		w.git(remote, "reset", "-q", "--hard", "v1")
		tip := w.commit(remote, "d.txt", "other\n")
		if r := w.must(w.elsewhere(repo, "forced"), Options{}, Cloned); r.After != tip {
			t.Errorf("at %s", r.After)
		}
		if head := w.git(repo.Dir, "rev-parse", "HEAD"); head != before {
			t.Errorf("the first clone moved to %s", head)
		}
	})
	for _, name := range []string{"src", "new", "forced"} {
		w.sound(w.elsewhere(repo, name).Dir)
	}
}

func TestHistoryInTheStore(t *testing.T) {
	w := newWorld(t)
	remote := w.remote("demo")
	used := w.repo(remote, "17.0", "")
	own := w.elsewhere(used, "own")
	own.Keep = true
	count := func(dir string) string { return w.git(dir, "rev-list", "--count", "HEAD") }

	w.must(used, Options{}, Cloned)
	if n := count(used.Dir); n != "1" {
		t.Errorf("%s commits for a repository that is only used", n)
	}
	w.must(own, Options{}, Cloned)
	if n := count(own.Dir); n != "2" {
		t.Errorf("%s commits for the developer's own", n)
	}
	if out := w.git(own.Dir, "branch", "-r"); !strings.Contains(out, "origin/16.0") {
		t.Errorf("branches: %s", out)
	}
	// What has its history is never cut.
	w.commit(remote, "c.txt", "three\n")
	w.must(w.elsewhere(used, "again"), Options{}, Cloned)
	late := w.elsewhere(own, "late")
	w.must(late, Options{}, Cloned)
	if n := count(late.Dir); n != "3" {
		t.Errorf("%s commits after another clone without history", n)
	}
	for _, name := range []string{"src", "own", "again", "late"} {
		w.sound(w.elsewhere(used, name).Dir)
	}
}

func TestBranchesComeFromTheStoreToo(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	server, fetches := w.counting()
	repo := w.repo(server.URL+"/demo/.git", "17.0", "")
	w.must(repo, Options{}, Cloned)
	other := w.elsewhere(repo, "other")
	w.must(other, Options{}, Cloned)
	repo.Branch, other.Branch = "16.0", "16.0"
	w.must(repo, Options{}, Moved)
	n := fetches.Load()
	w.must(other, Options{}, Moved)
	if got := fetches.Load(); got != n {
		t.Errorf("%d more requests for objects", got-n)
	}
	w.sound(repo.Dir)
	w.sound(other.Dir)
}

func TestStoreOnAnotherFileSystem(t *testing.T) {
	const other = "/dev/shm"
	w := newWorld(t)
	if err := os.Link(os.Args[0], filepath.Join(other, "devpm-test-link")); err == nil {
		_ = os.Remove(filepath.Join(other, "devpm-test-link"))
		t.Skip("store on another file system: " + other + " is none here")
	}
	store := filepath.Join(other, fmt.Sprintf("devpm-store-%d", os.Getpid()))
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Skipf("store on another file system: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(store) })
	w.client.Store = store
	w.remote("demo")
	repo := w.repo(w.dir+"/remote/demo", "17.0", "")
	w.must(repo, Options{}, Cloned)
	w.sound(repo.Dir)
}

func TestManyPacksAreJoined(t *testing.T) {
	w := newWorld(t)
	remote := w.remote("demo")
	repo := w.repo(remote, "17.0", "")
	w.must(repo, Options{}, Cloned)
	entry := w.client.entryDir(repo.URL)
	for i := range mostPacks + 1 { // what daily clones leave, without the clones
		w.commit(remote, "a.txt", fmt.Sprintf("%d\n", i))
		w.git(entry, "-c", "fetch.unpackLimit=1", "fetch", "-q", "--no-tags", "--depth=1", remote, fmt.Sprintf("+17.0:refs/devpm/t%d", i))
	}
	w.must(w.elsewhere(repo, "last"), Options{}, Cloned)
	if n := len(w.glob(entry + "/objects/pack/*.pack")); n > mostPacks {
		t.Errorf("%d packs", n)
	}
	w.must(w.elsewhere(repo, "joined"), Options{}, Cloned)
	w.sound(w.elsewhere(repo, "joined").Dir)
}

// argvs keeps every command line.
type argvs struct {
	Runner
	mu    sync.Mutex
	lines []string
}

// Run implements Runner.
func (a *argvs) Run(ctx context.Context, c execx.Command) (execx.Result, error) {
	a.mu.Lock()
	a.lines = append(a.lines, strings.Join(c.Argv, " "))
	a.mu.Unlock()
	return a.Runner.Run(ctx, c)
}

func TestLoginsStayOutOfTheStore(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	login := strings.Replace(w.serve(nil).URL, "http://", "http://ana:s3cret@", 1)
	watch := &argvs{Runner: execx.System{}}
	w.client.Runner = watch
	w.must(w.repo(login+"/private/demo/.git", "17.0", ""), Options{}, Cloned)
	for _, line := range watch.lines {
		if strings.Contains(line, "s3cret") {
			t.Errorf("the password is in the list of processes: %s", line)
		}
	}
	if err := filepath.WalkDir(w.client.Store, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.Contains(w.read(path), "s3cret") {
			t.Errorf("the password is in %s", path)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(w.client.Store); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the store is open to others: %v", info.Mode())
	}
}

func TestAddressesShareObjectsNotBranches(t *testing.T) {
	w := newWorld(t)
	entry := func(url string) *entry {
		wk := &work{Client: w.client, repo: w.repo(url, "17.0", ""), report: func(Event) {}}
		e, release, err := wk.entry(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		release()
		return e
	}
	https := entry("https://git.example.com/acme/demo.git")
	for _, url := range []string{"http://git.example.com/acme/demo", "git@git.example.com:acme/demo.git", "ssh://git@git.example.com/acme/demo"} {
		if e := entry(url); e.dir != https.dir || e.heads == https.heads {
			t.Errorf("%s: %s %s, and %s %s", url, e.dir, e.heads, https.dir, https.heads)
		}
	}
	if e := entry("https://git.example.com/other/demo.git"); e.dir == https.dir {
		t.Error("two repositories of one name share an entry")
	}
}

func TestKilledWhileTheStoreFetches(t *testing.T) {
	w := newWorld(t)
	w.remote("demo")
	reached, over := make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	server := w.serve(func(_ http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "git-upload-pack") || stopped.Swap(true) {
			return false
		}
		close(reached)
		<-over
		return true
	})
	repo := w.repo(server.URL+"/demo/.git", "17.0", "")
	w.kill(repo, "cloning", reached)
	close(over)
	// What git leaves when it is killed a moment later.
	entry := w.client.entryDir(repo.URL)
	for _, name := range []string{"shallow.lock", "packed-refs.lock", "refs/devpm/x/heads/17.0.lock", "objects/pack/tmp_pack_x", "objects/pack/pack-0.keep"} {
		w.write(filepath.Join(entry, name), "half")
	}
	w.write(entry+".new/HEAD", "half an entry")
	w.must(repo, Options{}, Cloned)
	w.nothingBeside(repo)
	w.sound(repo.Dir)
	for _, name := range []string{"shallow.lock", "packed-refs.lock", "objects/pack/tmp_pack_x", "objects/pack/pack-0.keep"} {
		if _, err := os.Lstat(filepath.Join(entry, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}
