// Package observe looks at the world once, so that planning can be pure:
// files, directories, links, repositories, the engine, and what devpm noted
// after the last run.
//
// It changes nothing, decides nothing and reports what it cannot see instead
// of failing: everything comes back in one prepare.Observed.
package observe

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
)

// World is what can be looked at. Repositories and Engine may be nil: then
// they are not asked.
type World struct {
	Files        Files
	Repositories Repositories
	Engine       Engine
	// Applied asks for what the services were started from even when nothing
	// differs: a run that starts some services keeps what is known of the others.
	Applied bool
}

// Files reads below the project; *fsx.View is one. Names have slashes.
type Files interface {
	ReadFile(name string) (content []byte, mode fs.FileMode, err error)
	Names(dir string) ([]string, error)
	Exists(name string) bool
	Link(name string) (exists, isLink bool, target string)
	// Empty reports whether nothing is in a directory, or the directory not there.
	Empty(dir string) (bool, error)
}

// Repositories looks at one repository; prepare/git's client is one. It is
// called from several goroutines.
type Repositories interface {
	State(ctx context.Context, repo prepare.Repository) prepare.RepositoryState
}

// Engine asks the container engine about the project's containers, images and
// wanted ports.
type Engine interface {
	Observe(ctx context.Context, desired *prepare.Desired) prepare.EngineState
}

var _ Files = (*fsx.View)(nil)

// atOnce bounds what runs at the same time: more waits for the same disk.
const atOnce = 8

// Observe looks at what desired names. The engine, the repositories and the
// files are asked at the same time.
func Observe(ctx context.Context, desired *prepare.Desired, w World) *prepare.Observed {
	o := &prepare.Observed{
		Files: map[string]prepare.FileState{}, Stale: map[string][]string{}, Directories: map[string]bool{},
		Links: map[string]prepare.LinkState{}, Repositories: map[string]prepare.RepositoryState{},
	}
	var wait sync.WaitGroup
	if w.Engine != nil {
		wait.Go(func() { o.Engine = w.Engine.Observe(ctx, desired) })
	}
	if w.Repositories != nil {
		wait.Go(func() { o.Repositories = repositories(ctx, desired.Repositories, w.Repositories) })
	}
	o.Files = readFiles(desired.Files, w.Files)
	o.Stale = stale(desired, w.Files)
	for _, d := range desired.Directories {
		o.Directories[d.Path] = w.Files.Exists(d.Path)
	}
	for _, l := range desired.Links {
		var s prepare.LinkState
		s.Exists, s.IsLink, s.Target = w.Files.Link(l.Path)
		o.Links[l.Path] = s
	}
	var noted diag.List
	if desired.Database != nil {
		o.Database, noted = Database(desired.Database, w.Files)
		o.Warnings = append(o.Warnings, noted...)
	}
	o.Record, noted = readState[prepare.Record](w.Files, prepare.RecordPath)
	o.Warnings = append(o.Warnings, noted...)
	verdict, noted := readState[prepare.Verdict](w.Files, prepare.VerdictPath)
	o.Warnings = append(o.Warnings, noted...)
	o.Verdict = verdict.DocumentHash
	wait.Wait()
	if w.Applied || differs(desired, o) {
		o.Applied, noted = readState[prepare.Applied](w.Files, prepare.AppliedPath)
		o.Warnings = append(o.Warnings, noted...)
	}
	return o
}

// differs reports whether planning will ask what the services were started
// from. Reading it costs more than all the rest when nothing differs.
func differs(desired *prepare.Desired, o *prepare.Observed) bool {
	return o.Engine.Reachable && o.Record.Differs(desired, o.Engine)
}

func repositories(ctx context.Context, repos []prepare.Repository, r Repositories) map[string]prepare.RepositoryState {
	states := make([]prepare.RepositoryState, len(repos))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, repo := range repos {
		g.Go(func() error {
			states[i] = r.State(ctx, repo)
			return nil
		})
	}
	_ = g.Wait() // no function above returns an error
	out := make(map[string]prepare.RepositoryState, len(repos))
	for i, repo := range repos {
		out[repo.Dir] = states[i]
	}
	return out
}

// fewFiles is how many files are read without starting goroutines.
const fewFiles = 32

// readFiles reads every file in full. A thousand fragments cost about ten
// milliseconds, less than trusting time stamps would save in surprises.
func readFiles(files []prepare.File, w Files) map[string]prepare.FileState {
	states := make([]prepare.FileState, len(files))
	workers := 1
	if len(files) > fewFiles {
		workers = min(atOnce, runtime.GOMAXPROCS(0))
	}
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for i := worker; i < len(files); i += workers {
				states[i] = readFile(w, files[i])
			}
		})
	}
	wait.Wait()
	out := make(map[string]prepare.FileState, len(files))
	for i, f := range files {
		out[f.Path] = states[i]
	}
	return out
}

func readFile(w Files, f prepare.File) prepare.FileState {
	content, mode, err := w.ReadFile(f.Path)
	switch {
	case err == nil:
		if runtime.GOOS == "windows" {
			mode = f.Mode // there are no such bits to compare
		}
		return prepare.FileState{Exists: true, Content: content, Mode: mode}
	case errors.Is(err, fs.ErrNotExist):
		return prepare.FileState{}
	case errors.Is(err, fsx.ErrLeadsOut):
		return prepare.FileState{Exists: true, Problem: prepare.LeadsOut}
	case errors.Is(err, fsx.ErrUnderFile):
		return prepare.FileState{Exists: true, Problem: prepare.UnderFile}
	case errors.Is(err, fsx.ErrIsDirectory):
		return prepare.FileState{Exists: true, Problem: prepare.IsDirectory}
	default:
		return prepare.FileState{Exists: true, Problem: prepare.Unreadable}
	}
}

// stale lists, for each pruned directory, the files with the prune's ending
// that desired does not name.
func stale(desired *prepare.Desired, w Files) map[string][]string {
	wanted := map[string]bool{}
	for _, f := range desired.Files {
		wanted[f.Path] = true
	}
	out := map[string][]string{}
	for _, p := range desired.Prunes {
		names, err := w.Names(p.Dir)
		if err != nil {
			continue // a directory in the way is found with the files in it
		}
		for _, name := range names {
			if strings.HasSuffix(name, p.Ext) && !wanted[path.Join(p.Dir, name)] {
				out[p.Dir] = append(out[p.Dir], name)
			}
		}
		slices.Sort(out[p.Dir])
	}
	return out
}

// readState reads one of devpm's own files. What cannot be used is a warning:
// without it more is done than needed, never less.
func readState[T any](w Files, name string) (T, diag.List) {
	var none, state T
	text, _, err := w.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	if err == nil {
		return state, nil
	}
	return none, diag.List{{
		Code: diag.StateUnreadable, Severity: diag.Warning, Range: diag.Range{File: name},
		Message: "what devpm noted here cannot be read and is not used",
		Fix:     "nothing needs to be done: the next successful `devpm up` writes it anew; delete it if this comes back",
	}}
}
