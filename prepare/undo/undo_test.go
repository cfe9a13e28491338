package undo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
)

// fakeEngine remembers what there is and can fail.
type fakeEngine struct {
	Resources_ Resources
	images     map[string]string
	fail       string // names whose removal fails
}

func (e *fakeEngine) Resources(context.Context, string) (Resources, error) { return e.Resources_, nil }

func (e *fakeEngine) remove(list *[]Resource, id string) error {
	if id == e.fail {
		return errors.New("busy")
	}
	*list = slices.DeleteFunc(slices.Clone(*list), func(r Resource) bool { return r.ID == id })
	return nil
}

func (e *fakeEngine) RemoveContainer(_ context.Context, id string) error {
	return e.remove(&e.Resources_.Containers, id)
}
func (e *fakeEngine) RemoveNetwork(_ context.Context, id string) error {
	return e.remove(&e.Resources_.Networks, id)
}
func (e *fakeEngine) RemoveVolume(_ context.Context, id string) error {
	return e.remove(&e.Resources_.Volumes, id)
}
func (e *fakeEngine) ImageID(_ context.Context, name string) (string, error) {
	return e.images[name], nil
}
func (e *fakeEngine) RestoreImage(_ context.Context, name, id string) error {
	e.images[name] = id
	return nil
}

// fakeGit says the same of every repository.
type fakeGit string

func (g fakeGit) Work(context.Context, string, string) (string, error) { return string(g), nil }
func (g fakeGit) Beside(dir string) (bool, string) {
	if _, err := os.Lstat(dir + ".lock"); err != nil {
		return false, ""
	}
	return false, dir + ".lock"
}
func (g fakeGit) Remove(dir string) error {
	return errors.Join(os.RemoveAll(dir+".lock"), os.RemoveAll(dir))
}

// tree is every path of a directory with its content, target or mode.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			out[rel] = "directory"
		case info.Mode()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(path)
			out[rel] = "-> " + target
		default:
			text, _ := os.ReadFile(path)
			out[rel] = fmt.Sprintf("%v %s", info.Mode(), text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// run is what an `up` does, as a list of single effects.
type run struct {
	t          *testing.T
	dir, state string
	outside    string
	engine     *fakeEngine
}

func newRun(t *testing.T) *run {
	r := &run{t: t, dir: t.TempDir(), state: filepath.Join(t.TempDir(), "state"), outside: t.TempDir(), engine: &fakeEngine{
		Resources_: Resources{Containers: []Resource{{"old", "p-old-1"}}, Volumes: []Resource{{"p_data", "p_data"}}},
		images:     map[string]string{"p-base": "sha256:1"},
	}}
	write(t, filepath.Join(r.dir, "docker-compose.yml"), "old: {}\n", 0o644)
	write(t, filepath.Join(r.dir, "secret"), "s", 0o600)
	write(t, filepath.Join(r.dir, "stale.yml"), "stale\n", 0o640)
	for name, to := range map[string]string{"link": "old-target", "file-to-be": "elsewhere"} {
		if err := os.Symlink(to, filepath.Join(r.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// effects are all of a run in their order; each opens nothing and leaves
// nothing open, so that a run may be cut off between any two.
func (r *run) effects(l *Ledger, to *fsx.Tree) []func() error {
	files := l.Files(to)
	clone := filepath.Join(r.outside, "src", "odoo")
	return []func() error{
		func() error { return l.Hooks(noHooks{}).Run(r.t.Context(), "post_clone", nil) },
		func() error { return l.Extensions(noExtensions{}).Execute(r.t.Context(), "tools", "tools.seed") },
		func() error {
			if cloned, err := l.Clone(clone); err != nil || !cloned {
				return errors.Join(err, nil)
			}
			write(r.t, clone+".lock", "", 0o644)
			return nil
		},
		func() error { write(r.t, filepath.Join(clone, "README"), "x", 0o644); return nil },
		func() error { return l.Cloned(clone, "abc") },
		func() error { return files.MakeDirectory("data/db", 0o755) },
		func() error { return files.WriteFile("docker-compose.yml", []byte("new: {}\n"), 0o644) },
		func() error { return files.WriteFile(".odpm/compose/a.yml", []byte("a"), 0o644) },
		func() error { return files.WriteFile(".odpm/compose/a.yml", []byte("b"), 0o644) },
		func() error { return files.WriteFile("secret", []byte("new"), 0o600) },
		func() error { return files.WriteFile("file-to-be", []byte("f"), 0o644) },
		func() error { return files.RemoveFile("stale.yml") },
		func() error { return files.RemoveFile("never-there") },
		func() error { return files.MakeLink("link", "new-target") },
		func() error { return files.MakeLink("deps/odoo", clone) },
		func() error { return l.Image("p-web", r.engine.images["p-web"]) },
		func() error { r.engine.images["p-web"] = "sha256:2"; return nil },
		func() error { return l.Image("p-base", r.engine.images["p-base"]) },
		func() error { r.engine.images["p-base"] = "sha256:3"; return nil },
		func() error { had := r.engine.Resources_; return l.Start("p", &had) },
		func() error {
			e := &r.engine.Resources_
			e.Networks = append(e.Networks, Resource{"n1", "p_default"})
			e.Volumes = append(e.Volumes, Resource{"p_new", "p_new"})
			return nil
		},
		func() error {
			r.engine.Resources_.Containers = append(r.engine.Resources_.Containers, Resource{"c1", "p-web-1"})
			write(r.t, filepath.Join(r.dir, "data/db/base/1"), "rows", 0o600)
			return nil
		},
	}
}

type noHooks struct{}

func (noHooks) Run(context.Context, string, []manifest.HookEntry) error { return nil }

type noExtensions struct{}

func (noExtensions) Execute(context.Context, string, string) error { return nil }

// open begins a run.
func (r *run) open() (*Ledger, *fsx.Tree) {
	r.t.Helper()
	l, err := Open(r.state, r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	to, err := fsx.OpenTree(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	return l, to
}

// upTo carries out the first n effects, as a run that is killed then.
func (r *run) upTo(n int) int {
	r.t.Helper()
	l, to := r.open()
	defer to.Close()
	defer l.Close()
	all := r.effects(l, to)
	for i, effect := range all {
		if i == n {
			break
		}
		if err := effect(); err != nil {
			r.t.Fatal(err)
		}
	}
	return len(all)
}

func (r *run) undoer() *Undoer {
	return &Undoer{StateDir: r.state, ProjectDir: r.dir, Engine: r.engine, Git: fakeGit("")}
}

// world is everything that a run may touch.
func (r *run) world() map[string]string {
	out := tree(r.t, r.dir)
	for k, v := range tree(r.t, r.outside) {
		out["outside "+k] = v
	}
	for _, list := range [][]Resource{r.engine.Resources_.Containers, r.engine.Resources_.Networks, r.engine.Resources_.Volumes} {
		for _, x := range list {
			out["engine "+x.Name] = x.ID
		}
	}
	for k, v := range r.engine.images {
		if v != "" {
			out["image "+k] = v
		}
	}
	return out
}

// TestUndoAfterAnyEffect cuts a run off after each of its effects, once right
// after it and once with a second run that went further, and wants the world of
// before. Undo itself is cut off after each of its items as well.
func TestUndoAfterAnyEffect(t *testing.T) {
	total := newRun(t).upTo(1 << 10)
	for n := range total + 1 {
		for _, again := range []bool{false, true} {
			r := newRun(t)
			before := r.world()
			r.upTo(n)
			if again {
				r.upTo(total)
			}
			for stop := 1; ; stop++ {
				ctx, cancel := context.WithCancel(t.Context())
				u, done := r.undoer(), 0
				u.Note = func(Item) {
					if done++; done == stop {
						cancel()
					}
				}
				items, err := u.Undo(ctx)
				cancel()
				if err == nil {
					for _, i := range items {
						if i.Err != nil || i.Action == Left && i.Kind != KindHooks && i.Kind != KindExtension {
							t.Errorf("%d: %+v", n, i)
						}
					}
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(before, r.world()); d != "" {
				t.Fatalf("cut off after %d of %d effects (continued: %v): -before +after\n%s", n, total, again, d)
			}
			if items, err := r.undoer().Made(t.Context()); err != nil || len(items) > 0 {
				t.Fatalf("there is still something to undo: %v, %v", items, err)
			}
			if left, _ := os.ReadDir(r.state); len(left) > 0 {
				t.Fatalf("the state directory holds %v", left)
			}
		}
	}
}

func lines(items []Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", i.Action, i.Kind, filepath.Base(i.Name), i.Reason)))
	}
	return out
}

// TestWhatTheUserDidStays: what was changed since the run belongs to the user.
func TestWhatTheUserDidStays(t *testing.T) {
	r := newRun(t)
	r.upTo(1 << 10)
	write(t, filepath.Join(r.dir, "docker-compose.yml"), "mine\n", 0o644)
	write(t, filepath.Join(r.dir, ".odpm/compose/mine.yml"), "mine\n", 0o644)
	u := r.undoer()
	u.Git = fakeGit("it has local changes: README")
	r.engine.fail = "n1"

	made, err := u.Made(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := r.world()
	items, err := u.Undo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{
		"removed container p-web-1", "removed network p_default", "removed volume p_new", "removed image p-web",
		"restored image p-base the image that had the name before",
		"removed link odoo", "removed directory deps", "restored link link", "restored file stale.yml", "restored file file-to-be",
		"restored file secret", "removed file a.yml", "left directory compose it is not empty",
		"left directory .odpm it is not empty", "left file docker-compose.yml it was changed since",
		"removed directory db with 1 entries in it", "removed directory data", "left repository odoo it has local changes: README",
		"left directory src it is not empty", "left hooks post_clone what hooks did is not known to devpm",
		"left extension tools.seed what steps of extensions did is not known to devpm",
	}, lines(items)); d != "" {
		t.Error(d)
	}
	if len(made) != len(items) {
		t.Errorf("announced %d, done %d", len(made), len(items))
	}
	world := r.world()
	for _, name := range []string{"docker-compose.yml", ".odpm/compose/mine.yml", "outside src/odoo/README", "engine p_default"} {
		if world[name] == "" || world[name] != after[name] {
			t.Errorf("%s is now %q", name, world[name])
		}
	}

	// What failed is tried again, and only that.
	r.engine.fail = ""
	items, err = u.Undo(t.Context())
	if err != nil || !slices.Contains(lines(items), "removed network p_default") {
		t.Errorf("%v, %v", lines(items), err)
	}
	if items, err := u.Made(t.Context()); err != nil || len(items) > 0 {
		t.Errorf("%v, %v", items, err)
	}
}

// TestASuccessfulRunLeavesNothingToUndo, and the next ledger begins anew.
func TestASuccessfulRunLeavesNothingToUndo(t *testing.T) {
	r := newRun(t)
	r.upTo(1 << 10)
	if err := Forget(r.state); err != nil {
		t.Fatal(err)
	}
	world := r.world()
	if items, err := r.undoer().Undo(t.Context()); err != nil || len(items) > 0 {
		t.Errorf("%v, %v", items, err)
	}
	if d := cmp.Diff(world, r.world()); d != "" {
		t.Error(d)
	}
	if err := Forget(r.state); err != nil {
		t.Error(err)
	}
}

// TestAnUnseenEngine: what the engine could not be asked before is not guessed.
func TestAnUnseenEngine(t *testing.T) {
	r := newRun(t)
	l, err := Open(r.state, r.dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Start("p", nil), l.Close()); err != nil {
		t.Fatal(err)
	}
	before := maps.Clone(r.world())
	items, err := r.undoer().Undo(t.Context())
	if err != nil || len(items) != 1 || items[0].Action != Left {
		t.Errorf("%v, %v", items, err)
	}
	if d := cmp.Diff(before, r.world()); d != "" {
		t.Error(d)
	}
}

// TestACutOffLineStandsForNothing: the effect had not begun.
func TestACutOffLineStandsForNothing(t *testing.T) {
	r := newRun(t)
	before := r.world()
	r.upTo(7)
	path := filepath.Join(r.state, ledgerName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, `{"kind":"file","path":"docker-com`...), 0o600); err != nil {
		t.Fatal(err)
	}
	r.upTo(1 << 10)
	if _, err := r.undoer().Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, r.world()); d != "" {
		t.Error(d)
	}
}
