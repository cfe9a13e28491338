package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWork: a clone is as it came until somebody works in it.
func TestWork(t *testing.T) {
	for _, tt := range []struct {
		name string
		work func(w *world, dir string)
		want string // the beginning of the answer
	}{
		{"as cloned", func(*world, string) {}, ""},
		{"an ignored file", func(w *world, dir string) {
			w.write(filepath.Join(dir, ".git/info/exclude"), "*.pyc\n")
			w.write(filepath.Join(dir, "a.pyc"), "x")
		}, ""},
		{"a changed file", func(w *world, dir string) { w.write(filepath.Join(dir, "a.txt"), "mine\n") }, "it has local changes: M a.txt"},
		{"an unknown file", func(w *world, dir string) { w.write(filepath.Join(dir, "new.txt"), "mine\n") }, "it has local changes: ?? new.txt"},
		{"a stash", func(w *world, dir string) {
			w.write(filepath.Join(dir, "a.txt"), "mine\n")
			w.git(dir, "stash", "-q")
		}, "it has stashed changes"},
		{"a commit", func(w *world, dir string) { w.commit(dir, "a.txt", "mine\n") }, "another commit was checked out since"},
		{"a commit on another branch", func(w *world, dir string) {
			w.git(dir, "checkout", "-q", "-b", "mine")
			w.commit(dir, "a.txt", "mine\n")
			w.git(dir, "checkout", "-q", "-")
		}, "it has commits that no branch of its origin has"},
		{"a commit that only a tag of somebody's own holds", func(w *world, dir string) {
			w.git(dir, "checkout", "-q", "--detach")
			w.commit(dir, "a.txt", "mine\n")
			w.git(dir, "tag", "mine")
			w.git(dir, "checkout", "-q", "17.0")
		}, "it has commits that no branch of its origin has"},
		{"a commit that nothing holds any more", func(w *world, dir string) {
			w.commit(dir, "a.txt", "mine\n")
			w.git(dir, "reset", "-q", "--hard", "HEAD^")
		}, "it has commits that no branch of its origin has"},
		{"a merge", func(w *world, dir string) {
			w.git(dir, "update-ref", "MERGE_HEAD", "HEAD")
		}, "a merge is in progress"},
		{"another commit", func(w *world, dir string) {
			w.git(dir, "fetch", "-q", "origin", "16.0:refs/remotes/origin/16.0")
			w.git(dir, "checkout", "-q", "--detach", "origin/16.0")
		}, "another commit was checked out since"},
		{"no repository", func(w *world, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, ".git")); err != nil {
				t.Fatal(err)
			}
		}, "it is no git repository any more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			repo := w.repo(w.remote("x"), "17.0", "")
			w.must(repo, Options{}, Cloned)
			head := w.git(repo.Dir, "rev-parse", "HEAD")
			tt.work(w, repo.Dir)
			got, err := w.client.Work(t.Context(), repo.Dir, head)
			if err != nil || !strings.HasPrefix(got, tt.want) || strings.HasSuffix(got, "in progress in progress") || (tt.want == "") != (got == "") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}
