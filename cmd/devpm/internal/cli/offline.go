package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/offline"
)

// vendorFolder is where `devpm vendor` puts everything when it is told no other
// directory; a .gitignore of its own keeps it out of git.
const vendorFolder = ".odpm/vendor"

// offlineVariable is --offline for a whole session; hooks see it too.
const offlineVariable = "DEVPM_OFFLINE"

// offlineFlags are those of plan and up.
func offlineFlags(app *App, cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&app.Offline, "offline", false, "use no network: take everything from this machine and the vendor directory")
	f.StringVar(&app.VendorDir, "vendor", "", "with --offline: the vendor directory is `DIR` (default "+vendorFolder+")")
	for _, other := range []string{"update", "update-lock", "odoo-build-date", "plan"} {
		exclusive(cmd, "offline", other)
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if value, ok := app.Lookup(offlineVariable); ok && !app.Offline {
			app.Offline = !slices.Contains([]string{"", "0", "false", "no"}, strings.ToLower(value))
		}
		if app.VendorDir != "" && !app.Offline {
			return &usageError{cmd, errors.New("--vendor needs --offline")}
		}
		return run(cmd, args)
	}
}

// pull is Compose's --pull.
func (a *App) pull() string {
	if a.Offline {
		return "never"
	}
	return ""
}

// offlineVariables tell hooks that there is no network.
func (a *App) offlineVariables(variables []string) []string {
	if a.Offline {
		variables = append(slices.Clip(variables), offlineVariable+"=1")
	}
	return variables
}

// vendorStock is the vendor directory of a run with --offline. A nil one is that
// of a run without.
type vendorStock struct {
	dir   string // absolute
	shown string // as people name it
	index *offline.Index
}

// vendorPath is a vendor directory, absolute and as people name it.
func (p *project) vendorPath(app *App, given string) (dir, shown string) {
	if given == "" {
		return p.path(vendorFolder), vendorFolder
	}
	return app.path(given), given
}

// readStock reads the vendor directory's index, once. There may be none: all
// that is wanted may be on the machine.
func (p *project) readStock(app *App) error {
	if p.stock != nil {
		return nil
	}
	s := &vendorStock{}
	s.dir, s.shown = p.vendorPath(app, app.VendorDir)
	var err error
	s.index, err = offline.Read(s.dir, filepath.ToSlash(filepath.Join(s.shown, offline.IndexName)))
	if errors.Is(err, fs.ErrNotExist) {
		if app.VendorDir != "" {
			return fault(diag.VendorAbsent, "", fmt.Sprintf("%s holds no %s", s.shown, offline.IndexName),
				"name the directory that `devpm vendor` made, or run `devpm vendor "+s.shown+"` while there is a network")
		}
		s.index, err = offline.New(""), nil
	}
	if err == nil {
		p.stock = s
	}
	return err
}

// mirrors are the directories that stand in for remotes.
func (s *vendorStock) mirrors() map[string]string {
	if s == nil {
		return nil
	}
	out := map[string]string{}
	for _, r := range s.index.Repositories {
		out[git.Key(r.URL)] = s.path(r.Path)
	}
	return out
}

// repository is the vendored repository of a remote, or nil.
func (s *vendorStock) repository(url string) *offline.Repository {
	for i := range s.index.Repositories {
		if git.Key(s.index.Repositories[i].URL) == git.Key(url) {
			return &s.index.Repositories[i]
		}
	}
	return nil
}

// addDigests gives images that were loaded from archives the registry's digests
// back, which an archive does not bring along.
func (s *vendorStock) addDigests(to engine.Snapshot) {
	if s == nil {
		return
	}
	for _, i := range s.index.Images {
		if to.Images[i.Name] == i.ID {
			for _, digest := range i.Digests {
				if !slices.Contains(to.Digests[i.Name], digest) {
					to.Digests[i.Name] = append(to.Digests[i.Name], digest)
				}
			}
			slices.Sort(to.Digests[i.Name])
		}
	}
}

// goOffline tells planning what there is without a network. The platform of a
// build date, and a commit that is written short, are what was vendored of them.
func (p *project) goOffline(app *App, d *prepare.Desired, o *prepare.Options) error {
	if !app.Offline {
		return nil
	}
	if err := p.readStock(app); err != nil {
		return err
	}
	o.UpdateGit = false
	d.Offline = &prepare.Offline{
		Dir: p.stock.shown, Project: p.stock.index.Project, Offered: map[string]bool{}, Images: map[string]prepare.VendoredImage{},
	}
	d.Repositories = slices.Clone(d.Repositories)
	client := p.gitClient(app)
	for i := range d.Repositories {
		repo := &d.Repositories[i]
		held := p.stock.repository(repo.URL)
		if repo.Local || held == nil {
			d.Offline.Offered[repo.Dir] = !repo.Local && client.Offered(*repo)
			continue
		}
		if repo.Commit == "" && repo.Date != "" || repo.Commit != "" && strings.HasPrefix(held.Commit, strings.ToLower(repo.Commit)) {
			repo.Commit = held.Commit
		}
		d.Offline.Offered[repo.Dir] = client.Offered(*repo)
	}
	d.Offline.Wheels = p.offlineWheels(d)
	for _, i := range p.stock.index.Images {
		d.Offline.Images[i.Name] = prepare.VendoredImage{ID: i.ID, Archive: i.Archive, Identity: i.Identity}
	}
	return nil
}

// checkMirrors compares the mirrors of repositories with the index, before git
// is let near them.
func (s *vendorStock) checkMirrors(repos []prepare.Repository) (list diag.List) {
	if s == nil {
		return nil
	}
	checked := map[string]bool{}
	for _, repo := range repos {
		if held := s.repository(repo.URL); held != nil && !repo.Local && !checked[held.Path] {
			checked[held.Path] = true
			list = append(list, s.check(held.Path)...)
		}
	}
	return list
}

// check compares a folder of the vendor directory with its index.
func (s *vendorStock) check(folder string) diag.List {
	return s.index.Check(s.dir, filepath.ToSlash(filepath.Join(s.shown, offline.IndexName)), folder, git.MirrorFile)
}

// checkArchive looks whether an archive brings its image and no other.
func (s *vendorStock) checkArchive(name, archive string) diag.List {
	if err := engine.CheckArchiveFile(s.path(archive), name); err != nil {
		return diag.List{{
			Code: diag.VendorDamaged, Range: diag.Range{File: s.shown + "/" + archive},
			Message: fmt.Sprintf("the archive is not that of %s alone", name), Fix: "run `devpm vendor` anew while there is a network",
		}}
	}
	return nil
}

// Load implements apply.Engine: each archive is compared with the index, and
// must not bring another image along, before the engine gets it.
func (e *engineEffects) Load(ctx context.Context, images []prepare.ImageArchive) error {
	s := e.project.stock
	docker := engine.Docker{Runner: e.app.runner(), Env: e.app.Environ}
	for _, image := range images {
		e.progress.Update("image.load", image.Name)
		found := s.check(image.Archive)
		if len(found) == 0 {
			found = s.checkArchive(image.Name, image.Archive)
		}
		if err := found.Err(); err != nil {
			return err
		}
		if err := docker.Load(ctx, s.path(image.Archive)); err != nil {
			return commandFailed(err)
		}
	}
	return nil
}
