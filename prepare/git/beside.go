package git

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockPeriod is between two tries for a lock that somebody holds.
const lockPeriod = 200 * time.Millisecond

// lock keeps other runs of devpm, also of other projects, away from the
// repository. The lock file stays beside it; only Remove takes it away.
func (w *work) lock(ctx context.Context) (release func(), err error) {
	return w.hold(ctx, beside(w.repo.Dir, ".lock"))
}

// hold locks a file. One that was removed while we waited locks nothing any
// more: the file that is there now is tried.
func (w *work) hold(ctx context.Context, file string) (release func(), err error) {
	for {
		l := flock.New(file)
		held, err := l.TryLock()
		if err == nil && !held {
			w.say("waiting")
			_, err = l.TryLockContext(ctx, lockPeriod)
		}
		if err != nil {
			return nil, err
		}
		if stands(l) {
			return func() { _ = l.Close() }, nil
		}
		_ = l.Close()
	}
}

// stands reports whether the file that is locked is still the one of its name.
func stands(l *flock.Flock) bool {
	now, err := os.Stat(l.Path())
	if err != nil {
		return false
	}
	locked, err := l.Stat()
	return err == nil && os.SameFile(now, locked)
}

// beside is a path next to a repository, hidden and named after it.
func beside(repository, suffix string) string {
	dir, name := filepath.Split(filepath.Clean(repository))
	return filepath.Join(dir, "."+name+".devpm"+suffix)
}

// temporary makes the directory that a clone grows in, with the permissions
// that git itself would give it.
func (w *work) temporary() (string, error) {
	dir := beside(w.repo.Dir, "-"+strings.ToLower(rand.Text()[:10]))
	return dir, os.Mkdir(dir, 0o777)
}

// sweep removes what killed runs left; with the lock held nobody uses it. What
// cannot be removed now is tried again next time.
func (w *work) sweep() {
	for _, dir := range unfinished(w.repo.Dir) {
		_ = os.RemoveAll(dir)
	}
}

// unfinished are the directories in which a clone of the repository began to
// grow.
func unfinished(repository string) []string {
	dir, prefix := filepath.Split(beside(repository, "-"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), prefix) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

// Beside looks for what devpm itself made next to a repository: clones that
// were begun and not finished, and its lock, "" when there is none.
func (c *Client) Beside(dir string) (begun bool, lock string) {
	if lock = beside(dir, ".lock"); !exists(lock) {
		lock = ""
	}
	return len(unfinished(dir)) > 0, lock
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// Remove takes a repository away with all that is beside it. It is refused
// while another run has the repository.
func (c *Client) Remove(dir string) error {
	if _, err := os.Stat(filepath.Dir(dir)); err != nil {
		return nil // with its directory it is gone already
	}
	lock := flock.New(beside(dir, ".lock"))
	held, err := lock.TryLock()
	if err == nil && !held {
		err = errors.New("another run of devpm is using it")
	}
	if err != nil {
		return err
	}
	// Where an open file cannot be removed, the lock's stays; that is no fault.
	defer func() { _ = lock.Close() }()
	for _, path := range append(unfinished(dir), dir, lock.Path()) {
		if err := os.RemoveAll(path); err != nil && path != lock.Path() {
			return err
		}
	}
	return nil
}
