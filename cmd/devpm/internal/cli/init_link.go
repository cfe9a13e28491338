package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/link"
	"github.com/devpm/devpm/prepare"
)

// deprecatedName is what --force makes of a manifest that gives way to a link
// (spec §5).
const deprecatedName = "deprecated_odpm.json"

// initFromLink clones the repository that is developed and links odpm.json to
// the one in it (spec §5). Nothing of the repository runs.
func initFromLink(ctx context.Context, app *App, ask *wizard, o initOptions) error {
	text := strings.TrimSpace(o.Link + " " + o.Branch)
	parsed, err := link.Parse(text)
	if err != nil {
		return checkLink(text)
	}
	o.Link = text
	p := &project{dir: app.Dir, home: homeDir(app), findings: &diag.Collector{}}
	p.stateDir = projectStateDir(app, p.home, p.dir)
	layers, err := p.layers(app)
	if err != nil {
		return err
	}
	p.env = manifest.NewEnvironment(app.Environ, layers, p.findings)
	repository, err := p.developing(ctx, app, parsed)
	if err != nil {
		return err
	}
	file := filepath.Join(repository, manifestName)
	name := file
	switch info, err := os.Lstat(file); {
	case errors.Is(err, fs.ErrNotExist):
		made, err := firstManifest(ctx, app, ask, repository, o)
		if err != nil {
			return err
		}
		if err := made.write(file); err != nil {
			return err
		}
		app.warn(made.notes)
		defer app.initialised(name, made)
	case err != nil:
		return faultManifestFile(file, err)
	case !info.Mode().IsRegular():
		return fault(diag.InitLink, file, "the repository's odpm.json is no plain file", "replace it by a file, then run `devpm init` again")
	default:
		defer app.initialised(name, &made{stack: "as the repository says"})
	}
	if sameDirectory(repository, app.Dir) {
		return nil
	}
	return linkManifest(app.Dir, file, text)
}

// developing brings the repository here and returns its directory.
func (p *project) developing(ctx context.Context, app *App, l link.Link) (string, error) {
	repo := prepare.Repository{Role: "developing", URL: l.URL, Branch: l.Branch, Commit: l.Commit, Keep: true, Path: "developing.git"}
	if l.Kind == link.File {
		repo.Local, repo.Dir, repo.Branch, repo.Commit = true, l.Local(), "", ""
	} else {
		repo.Dir = filepath.Join(p.projectsDir(), filepath.FromSlash(l.Directory()))
	}
	repo.Name = filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(repo.Dir)), filepath.Base(repo.Dir)))
	progress := app.Progress()
	defer progress.Close()
	list, err := p.gitEffects(app, false, map[string]bool{}, progress).Materialize(ctx, []prepare.Repository{repo})
	if err != nil {
		return "", err
	}
	p.findings.Add(list...)
	return repo.Dir, p.findings.Err()
}

// linkManifest makes odpm.json a link, and notes the repository in the personal
// settings.
func linkManifest(dir, target, repository string) error {
	file := filepath.Join(dir, manifestName)
	if info, err := os.Lstat(file); err == nil {
		if info.Mode()&fs.ModeSymlink != 0 {
			err = os.Remove(file)
		} else {
			err = os.Rename(file, filepath.Join(dir, deprecatedName))
		}
		if err != nil {
			return initFault(manifestName, err)
		}
	}
	if err := os.Symlink(target, file); err != nil {
		return initFault(manifestName, err)
	}
	settings := filepath.Join(dir, "user_settings.json")
	if _, err := os.Lstat(settings); !errors.Is(err, fs.ErrNotExist) {
		return nil // the user's own
	}
	data, err := json.MarshalIndent(map[string]string{"developing_project": repository}, "", "  ")
	if err != nil {
		return err
	}
	if err := fsx.WriteFileAtomic(settings, append(data, '\n'), 0o644); err != nil {
		return initFault("user_settings.json", err)
	}
	return nil
}

func sameDirectory(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
