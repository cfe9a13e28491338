package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/lock"
	"github.com/devpm/devpm/prepare/observe"
)

// lockOptions are the flags about locks, of plan and up.
type lockOptions struct {
	Update bool // --update-lock
	Sync   bool // --sync-manifest-locks
	Locked bool // --locked
}

func lockFlags(cmd *cobra.Command, o *lockOptions) {
	f := cmd.Flags()
	f.BoolVar(&o.Update, "update-lock", false, "fetch, write .odpm/deps.lock.json from what the branches hold, start nothing")
	f.BoolVar(&o.Sync, "sync-manifest-locks", false, "with --update-lock: bring locks.git in odpm.json up to date too")
	f.BoolVar(&o.Locked, "locked", false, "refuse anything that .odpm/lock.json does not hold")
	for _, other := range []string{"no-git-update", "locked"} {
		exclusive(cmd, "update-lock", other)
	}
	exclusive(cmd, "locked", "update")
}

// apply puts the flags into a plan's options. With --update-lock repositories
// are fetched and nothing is started (spec §6.4).
func (o lockOptions) apply(to *prepare.Options) {
	to.UpdateLock, to.SyncLocks, to.Locked = o.Update, o.Sync, o.Locked
	if o.Update {
		to.UpdateGit, to.SkipStart = true, true
	}
}

// readLocks reads the lock files. A fault of one that counts is an error; of one
// that is about to be written, a warning.
func (p *project) readLocks(app *App, o prepare.Options) (*prepare.Lock, []prepare.Input, diag.List) {
	var c diag.Collector
	l := &prepare.Lock{Snapshots: map[string]string{}, Now: app.Now()}
	var inputs []prepare.Input
	read := func(name string, parse func(string, []byte)) {
		src, err := readConfig(p.path(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			c.Add(diag.Diagnostic{Code: diag.LockFile, Range: diag.Range{File: name}, Message: "the lock cannot be read: " + cause(err), Fix: unreadableFix(err, "make it a text file, or remove it")})
		default:
			app.Sources.Add(name, src)
			inputs = append(inputs, prepare.Input{Name: name, Hash: prepare.Hash(src)})
			parse(name, src)
		}
	}
	read(lock.Path, func(name string, src []byte) { l.One = lock.Read(name, src, &c) })
	read(lock.DependenciesPath, func(name string, src []byte) { l.Dependencies = lock.ReadDependencies(name, src, &c) })
	list := c.List()
	if (o.UpdateLock || o.NoGitUpdate) && !o.Locked {
		for i := range list {
			list[i].Severity = diag.Warning
		}
	}
	if commits, at := p.manifest.LockedCommits(); commits != nil {
		l.Manifest = &prepare.ManifestLocks{Commits: commits, Range: at}
	}
	if p.manifest.Schema >= 2 && p.manifest.Document != nil {
		l.Synced = p.manifest.Document.WithLocks
	}
	return l, inputs, list
}

// lockRepositories holds what is wanted to the lock.
func (p *project) lockRepositories(app *App, d *prepare.Desired, o prepare.Options) error {
	l, inputs, found := p.readLocks(app, o)
	if err := found.Err(); err != nil {
		return err
	}
	for i := range d.Repositories {
		repo := &d.Repositories[i]
		repo.Found = repo.Range.File != p.first.name
		if !repo.Local {
			continue
		}
		if _, err := os.Stat(filepath.Join(repo.Dir, ".git")); errors.Is(err, fs.ErrNotExist) {
			// A tree that cannot be read has no identity; git.materialize says why.
			l.Snapshots[repo.Dir], _ = observe.TreeIdentity(repo.Dir)
		}
	}
	d.Lock, d.Inputs = l, append(slices.Clip(d.Inputs), inputs...)
	d.Repositories = l.Pin(d.Repositories, d.Scenario, o)
	d.Warnings = append(d.Warnings, found...)
	return nil
}

// writeManifest replaces odpm.json where it really is, so that a link to it
// stays one.
func (p *project) writeManifest(content []byte) error {
	return replaceManifest(p.path(p.first.name), content)
}
