package apply

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/observe"
)

// world is a project on the disk with a git, hooks and an engine that exist
// only in memory but outlive a run, as the real ones do.
type world struct {
	t          *testing.T
	dir, state string
	desired    *prepare.Desired

	mu         sync.Mutex
	repos      map[string]bool
	containers []prepare.Container
	images     map[string]string
	calls      []string
	// before is asked before each effect; an error or panic of it is the effect's.
	before func(call string) error
}

const head = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), state: filepath.Join(t.TempDir(), "state"), repos: map[string]bool{}, images: map[string]string{}}
	hook := []manifest.HookEntry{{Run: []manifest.Text{{Value: "true"}}}}
	files := append(prepare.StandingFiles(true),
		prepare.File{Step: "template.dockerfile", Path: "Dockerfile", Content: []byte("FROM x\n"), Mode: 0o644},
		prepare.File{Step: "compose.service", Path: ".odpm/runtime/config.json", Content: []byte("{}\n"), Mode: 0o600, Service: "web"},
		prepare.File{Step: "compose.generate", Path: "docker-compose.yml", Content: []byte("# generated\nservices: {}\n"), Mode: 0o644})
	for _, name := range []string{"a", "b", "c"} {
		files = append(files, prepare.File{Step: "compose.fragments", Path: ".odpm/compose/fragments/" + name + ".yml", Content: []byte(name), Mode: 0o644, Service: name})
	}
	w.desired = &prepare.Desired{
		ProjectDir: w.dir, Stack: manifest.StackOdoo, Scenario: "developer", Files: files,
		Prunes:       []prepare.Prune{{Step: "compose.fragments", Dir: ".odpm/compose/fragments", Ext: ".yml"}},
		Repositories: []prepare.Repository{{Name: "odoo/odoo", Dir: "/src/odoo", Branch: "19.0"}},
		Directories:  []prepare.Directory{{Path: "data", Mode: 0o755}},
		Links:        []prepare.Link{{Path: "dependencies/odoo", Target: "/src/odoo"}},
		Hooks:        map[string][]manifest.HookEntry{manifest.PostClone: hook, manifest.PreUp: hook, manifest.PostUp: hook},
		Images:       []prepare.Image{{Service: "web", Tag: "web:1", Identity: "id"}},
		Services:     []prepare.Service{{Name: "web", Image: "web:1", Replicas: 1}},
	}
	if err := os.MkdirAll(filepath.Join(w.dir, ".odpm/compose/fragments"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, ".odpm/compose/fragments/old.yml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) plan(ctx context.Context) (*prepare.Plan, error) {
	view, err := fsx.OpenView(w.dir)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	return prepare.Build(w.desired, observe.Observe(ctx, w.desired, observe.World{Files: view, Repositories: w, Engine: w}), prepare.Options{}), nil
}

// up is one run, as the command line does it.
func (w *world) up(ctx context.Context) (*Result, error) {
	plan, err := w.plan(ctx)
	if err != nil {
		return nil, err
	}
	tree, err := fsx.OpenTree(w.dir)
	if err != nil {
		return nil, err
	}
	defer tree.Close()
	journal, err := OpenJournal(w.state, "devpm up", time.Now)
	if err != nil {
		return nil, err
	}
	result, err := Run(ctx, plan, Options{
		Effects: Effects{Files: files{w, tree}, Git: w, Hooks: hookRunner{w}, Engine: w},
		Journal: journal, Now: time.Now, Replan: w.plan,
	})
	ended := "ok"
	if err != nil {
		ended = "failed"
	}
	return result, errors.Join(err, journal.Close(ended))
}

func (w *world) call(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, name)
	if w.before != nil {
		return w.before(name)
	}
	return nil
}

type files struct {
	w *world
	*fsx.Tree
}

func (f files) WriteFile(name string, content []byte, mode fs.FileMode) error {
	if err := f.w.call("write " + name); err != nil {
		return err
	}
	return f.Tree.WriteFile(name, content, mode)
}

func (f files) RemoveFile(name string) error {
	if err := f.w.call("remove " + name); err != nil {
		return err
	}
	return f.Tree.RemoveFile(name)
}

func (f files) MakeDirectory(name string, mode fs.FileMode) error {
	if err := f.w.call("directory " + name); err != nil {
		return err
	}
	return f.Tree.MakeDirectory(name, mode)
}

func (f files) MakeLink(name, target string) error {
	if err := f.w.call("link " + name); err != nil {
		return err
	}
	return f.Tree.MakeLink(name, target)
}

type hookRunner struct{ w *world }

func (h hookRunner) Run(_ context.Context, phase string, _ []manifest.HookEntry) error {
	return h.w.call("hooks " + phase)
}

func (w *world) Materialize(_ context.Context, repos []prepare.Repository) (diag.List, error) {
	for _, r := range repos {
		if err := w.call("clone " + r.Name); err != nil {
			return nil, err
		}
		w.repos[r.Dir] = true
	}
	return nil, nil
}

func (w *world) State(_ context.Context, r prepare.Repository) prepare.RepositoryState {
	if !w.repos[r.Dir] {
		return prepare.RepositoryState{}
	}
	return prepare.RepositoryState{Present: true, Head: head, Wanted: head}
}

func (w *world) Observe(ctx context.Context, _ *prepare.Desired) prepare.EngineState {
	s, _ := w.Look(ctx)
	return s
}

func (w *world) Look(context.Context) (prepare.EngineState, error) {
	return prepare.EngineState{Asked: true, Reachable: true, Containers: slices.Clone(w.containers), Images: w.images}, nil
}

func (w *world) Check(context.Context) error            { return w.call("check") }
func (w *world) Validate(context.Context, string) error { return w.call("validate") }

func (w *world) Load(_ context.Context, images []prepare.ImageArchive) error {
	return w.call("load " + images[0].Name)
}

func (w *world) Push(_ context.Context, image string) error { return w.call("push " + image) }

func (w *world) LoadWheels(_ context.Context, wheels prepare.VendoredWheels) error {
	return w.call("bring " + wheels.Folder)
}

func (w *world) Bake(_ context.Context, image prepare.CIImage) error {
	return w.call("bake " + image.Tag)
}

func (w *world) Build(_ context.Context, build prepare.BuildImages) error {
	if err := w.call("build " + strings.Join(build.Services, ",")); err != nil {
		return err
	}
	w.images["web:1"] = "sha256:1"
	return nil
}

func (w *world) Start(context.Context, prepare.StartServices) error {
	if err := w.call("start"); err != nil {
		return err
	}
	w.containers = []prepare.Container{{Name: "web-1", Service: "web", State: "running", ConfigHash: "h", ImageID: "sha256:1"}}
	return nil
}

// checkWhole fails when a file of the project holds anything but what is
// wanted, in full.
func (w *world) checkWhole() {
	w.t.Helper()
	for _, f := range w.desired.Files {
		got, err := os.ReadFile(filepath.Join(w.dir, f.Path))
		if err == nil && string(got) != string(f.Content) {
			w.t.Errorf("%s holds %q", f.Path, got)
		}
	}
}
