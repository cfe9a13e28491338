package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"

	"github.com/devpm/devpm/prepare"
)

// TestRemoveLeavesNothing: a clone goes with its lock and with what killed runs
// left beside it, and other repositories stay.
func TestRemoveLeavesNothing(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(w.remote("demo"), "17.0", "")
	w.must(repo, Options{}, Cloned)
	other := w.repo(w.remote("other"), "17.0", "")
	other.Dir = repo.Dir + "-other"
	w.must(other, Options{}, Cloned)
	w.write(beside(repo.Dir, "-cutoff")+"/.git/HEAD", "ref: refs/heads/none\n")
	c := &Client{}
	if begun, lock := c.Beside(repo.Dir); !begun || lock == "" {
		t.Errorf("beside the clone: %v %q", begun, lock)
	}
	if err := c.Remove(repo.Dir); err != nil {
		t.Fatal(err)
	}
	if begun, lock := c.Beside(repo.Dir); exists(repo.Dir) || begun || lock != "" {
		t.Errorf("left: %v %q", begun, lock)
	}
	if _, lock := c.Beside(other.Dir); !exists(other.Dir) || lock == "" {
		t.Error("the other repository was touched")
	}
	if err := c.Remove(repo.Dir); err != nil {
		t.Errorf("removing what is gone: %v", err)
	}
	if err := c.Remove(filepath.Join(w.dir, "gone", "demo")); err != nil || exists(filepath.Join(w.dir, "gone")) {
		t.Errorf("removing what is gone with its directory: %v", err)
	}
}

// TestRemoveIsRefusedWhileOthersWork, and a run that waited for the lock while
// its file was removed holds the file that is there then.
func TestRemoveIsRefusedWhileOthersWork(t *testing.T) {
	w := newWorld(t)
	repo := w.repo(w.remote("demo"), "17.0", "")
	w.must(repo, Options{}, Cloned)
	first := flock.New(beside(repo.Dir, ".lock"))
	if held, err := first.TryLock(); err != nil || !held {
		t.Fatal(held, err)
	}
	c := &Client{}
	if err := c.Remove(repo.Dir); err == nil || !strings.Contains(err.Error(), "another run") || !exists(repo.Dir) {
		t.Errorf("removed under a lock: %v", err)
	}
	waits := make(chan struct{})
	got := make(chan error, 1)
	second := &work{Client: c, repo: prepare.Repository{Dir: repo.Dir}, report: func(Event) { close(waits) }}
	var release func()
	go func() {
		var err error
		release, err = second.lock(t.Context())
		got <- err
	}()
	<-waits
	if !stands(first) {
		t.Error("a lock that nobody removed does not stand")
	}
	if err := os.Remove(first.Path()); err != nil {
		t.Fatal(err)
	}
	if stands(first) {
		t.Error("a lock on a file that is gone stands")
	}
	w.write(first.Path(), "")
	if stands(first) {
		t.Error("a lock on another file than the one of its name stands")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	defer release()
	third := flock.New(beside(repo.Dir, ".lock"))
	if held, err := third.TryLock(); err != nil || held {
		t.Errorf("two runs hold the lock: %v", err)
	}
}
