package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/dependencies"
	"github.com/devpm/devpm/manifest/link"
	"github.com/devpm/devpm/prepare"
)

// reading is what the manifest is read from, and what was found before it.
type reading struct {
	name     string
	src      []byte
	findings diag.List
	inputs   []prepare.Input
}

// maxNested bounds one file of a dependency.
const maxNested = 1 << 20

// inherit finds what dependencies add, when the settings ask for it. Files of
// repositories are read where they would be cloned; nothing else happens to
// them.
func (p *project) inherit(app *App, o manifest.Options) func(*manifest.Manifest) manifest.Inheritance {
	if !p.user.UseOCADependencies {
		return nil
	}
	return func(m *manifest.Manifest) manifest.Inheritance {
		if p.user.DevelopingProject != nil {
			m.Developing = p.user.DevelopingProject
		}
		return dependencies.Resolve(m, dependencies.Options{
			Read: func(l link.Link, file string) ([]byte, error) {
				dir := l.Local()
				if dir == "" {
					dir = filepath.Join(p.projectsDir(), filepath.FromSlash(l.Directory()))
				}
				if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
					return nil, dependencies.ErrAbsent
				}
				return fsx.ReadBelow(dir, file, maxNested)
			},
			ReadOwn: func(file string) ([]byte, error) { return fsx.ReadBelow(p.ownRepository(), file, maxNested) },
			Saw: func(file string, src []byte) {
				app.Sources.Add(file, src)
				p.input(file, src)
			},
			Load: o, Strict: m.Scenario == "ci",
		}, p.findings)
	}
}

// discovers reports whether repositories may name more repositories.
func (p *project) discovers() bool {
	return p.user.UseOCADependencies && p.manifest.Stack == manifest.StackOdoo
}

// ownRepository is the directory that the manifest itself is in, beyond the
// link that a project may have to it.
func (p *project) ownRepository() string {
	if real, err := filepath.EvalSymlinks(p.path(p.first.name)); err == nil {
		return filepath.Dir(real)
	}
	return p.dir
}

// refresh reads the manifest again and makes the document anew, once
// repositories have come that may add to them. What was found in what was not
// known then is forgotten.
func (p *project) refresh(ctx context.Context, app *App, link *engineLink, args []string) error {
	p.findings.Replace(p.first.findings)
	p.inputs = slices.Clip(p.first.inputs)
	p.loadManifest(p.first.name, p.first.src)
	return p.build(ctx, app, link, args)
}
