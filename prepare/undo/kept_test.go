package undo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/internal/fsx"
)

// record is one run of these effects, which ends without success.
func (r *run) record(effects func(l *Ledger, to *fsx.Tree) error) {
	r.t.Helper()
	l, to := r.open()
	if err := errors.Join(effects(l, to), l.Close(), to.Close()); err != nil {
		r.t.Fatal(err)
	}
}

// TestWhatTheRunDidNotMakeStays, although it lies where the run made something.
func TestWhatTheRunDidNotMakeStays(t *testing.T) {
	folder := func(l *Ledger, to *fsx.Tree) error { return l.Files(to).MakeDirectory("src", 0o755) }
	for _, tt := range []struct {
		name string
		git  fakeGit
		do   func(r *run)
		want map[string]string // path → content afterwards
		left string            // a line of what was left
	}{
		{"a clone that somebody works in, in a folder of containers", "it has local changes: README", func(r *run) {
			r.record(folder)
			r.record(func(l *Ledger, _ *fsx.Tree) error {
				dir := filepath.Join(r.dir, "src", "odoo")
				_, err := l.Clone(dir)
				write(r.t, filepath.Join(dir, "README"), "mine", 0o644)
				return errors.Join(err, l.Cloned(dir, "abc"))
			})
		}, map[string]string{"src/odoo/README": "mine"}, "left directory src it is not empty"},
		{"a clone of the user's own in such a folder", "", func(r *run) {
			r.record(folder)
			write(r.t, filepath.Join(r.dir, "src/acme/mine/.git/HEAD"), "x", 0o644)
			write(r.t, filepath.Join(r.dir, "src/acme/mine/README"), "mine", 0o644)
		}, map[string]string{"src/acme/mine/README": "mine"}, "left directory src it holds a git repository that this run did not make"},
		{"a clone of the user's own, however deep", "", func(r *run) {
			r.record(folder)
			write(r.t, filepath.Join(r.dir, "src/home/work/go/src/example.com/mine/.git/HEAD"), "x", 0o644)
			write(r.t, filepath.Join(r.dir, "src/home/work/go/src/example.com/mine/README"), "mine", 0o644)
		}, map[string]string{"src/home/work/go/src/example.com/mine/README": "mine"}, "left directory src it holds a git repository that this run did not make"},
		{"a clone of the run in such a folder goes with it", "", func(r *run) {
			r.record(folder)
			r.record(func(l *Ledger, _ *fsx.Tree) error {
				dir := filepath.Join(r.dir, "src", "odoo")
				_, err := l.Clone(dir)
				write(r.t, filepath.Join(dir, ".git/HEAD"), "x", 0o644)
				write(r.t, filepath.Join(r.dir, "src/cache"), "x", 0o644)
				return errors.Join(err, l.Cloned(dir, "abc"))
			})
		}, map[string]string{"src": ""}, ""},
		{"what the user wrote between two runs", "", func(r *run) {
			r.record(func(l *Ledger, to *fsx.Tree) error { return l.Files(to).WriteFile("a.txt", []byte("one"), 0o644) })
			write(r.t, filepath.Join(r.dir, "a.txt"), "mine", 0o600)
			r.record(func(l *Ledger, to *fsx.Tree) error { return l.Files(to).WriteFile("a.txt", []byte("two"), 0o644) })
			r.record(func(l *Ledger, to *fsx.Tree) error { return l.Files(to).WriteFile("a.txt", []byte("one"), 0o644) })
		}, map[string]string{"a.txt": "mine"}, ""},
		{"what the user cloned after devpm could not", "", func(r *run) {
			dir := filepath.Join(r.dir, "odoo")
			r.record(func(l *Ledger, _ *fsx.Tree) error {
				_, err := l.Clone(dir)
				return errors.Join(err, l.NotCloned(dir))
			})
			write(r.t, filepath.Join(dir, "README"), "mine", 0o644)
		}, map[string]string{"odoo/README": "mine"}, ""},
		{"what was cloned at the second try goes", "", func(r *run) {
			dir := filepath.Join(r.dir, "odoo")
			for try := range 2 {
				r.record(func(l *Ledger, _ *fsx.Tree) error {
					_, err := l.Clone(dir)
					if try == 0 {
						return errors.Join(err, l.NotCloned(dir))
					}
					write(r.t, filepath.Join(dir, "README"), "x", 0o644)
					return errors.Join(err, l.Cloned(dir, "abc"))
				})
			}
		}, map[string]string{"odoo": ""}, ""},
		{"a file in the place of a directory that the run wrote to", "", func(r *run) {
			r.record(func(l *Ledger, to *fsx.Tree) error { return l.Files(to).WriteFile("sub/x", []byte("x"), 0o644) })
			if err := os.RemoveAll(filepath.Join(r.dir, "sub")); err != nil {
				r.t.Fatal(err)
			}
			write(r.t, filepath.Join(r.dir, "sub"), "mine", 0o644)
		}, map[string]string{"sub": "mine"}, "left directory sub it was replaced since"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRun(t)
			tt.do(r)
			u := r.undoer()
			u.Git = tt.git
			items, err := u.Undo(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for path, want := range tt.want {
				if have, _ := os.ReadFile(filepath.Join(r.dir, path)); string(have) != want {
					t.Errorf("%s is now %q; %v", path, have, lines(items))
				}
				if _, err := os.Lstat(filepath.Join(r.dir, path)); want == "" && err == nil {
					t.Errorf("%s is still there; %v", path, lines(items))
				}
			}
			if tt.left != "" && !slices.Contains(lines(items), tt.left) {
				t.Errorf("%v", lines(items))
			}
		})
	}
}

// TestAnEngineThatIsAway: what it has is still to be undone when it is back.
func TestAnEngineThatIsAway(t *testing.T) {
	r := newRun(t)
	before := r.world()
	r.upTo(1 << 10)
	u := r.undoer()
	u.Engine = nil
	items, err := u.Undo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	failed := slices.IndexFunc(items, func(i Item) bool { return i.Err != nil })
	if failed < 0 || !strings.Contains(items[failed].Err.Error(), "engine") {
		t.Errorf("%+v", items)
	}
	if _, err := r.undoer().Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, was := range before {
		if now := r.world()[name]; now != was {
			t.Errorf("%s was %q and is %q", name, was, now)
		}
	}
}

// askedEngine notes which projects it is asked about.
type askedEngine struct {
	*fakeEngine
	names []string
}

func (e *askedEngine) Resources(ctx context.Context, project string) (Resources, error) {
	e.names = append(e.names, project)
	return e.fakeEngine.Resources(ctx, project)
}

// TestEveryNameOfTheProject: a project may have been renamed between two runs.
func TestEveryNameOfTheProject(t *testing.T) {
	r := newRun(t)
	for _, name := range []string{"p", "q"} {
		r.record(func(l *Ledger, _ *fsx.Tree) error { had := r.engine.Resources_; return l.Start(name, &had) })
	}
	asked := &askedEngine{fakeEngine: r.engine}
	u := r.undoer()
	u.Engine = asked
	if _, err := u.Made(t.Context()); err != nil || !slices.Contains(asked.names, "q") {
		t.Errorf("%v, %v", asked.names, err)
	}
}
