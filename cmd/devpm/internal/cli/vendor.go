package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/lock"
	"github.com/devpm/devpm/prepare/offline"
)

func runVendor(ctx context.Context, app *App, o vendorOptions) error {
	if o.Check {
		return app.checkVendor(o)
	}
	link := app.dial(ctx, patienceToRun)
	defer link.close()
	app.deploys = true // what a package adds is to be vendored too
	p, err := app.open(ctx, link, nil)
	if err != nil {
		return err
	}
	if len(p.repositoryPrograms()) > 0 { // git works in repositories of the project
		if err := p.settleTrust(ctx, app, link, nil, false); err != nil {
			return err
		}
	}
	return p.locked(app, commandLine("vendor", nil), func(*fsx.Tree) error { return p.vendor(ctx, app, link, o) })
}

// checkVendor compares a vendor directory with its index.
func (a *App) checkVendor(o vendorOptions) error {
	p := &project{dir: a.Dir}
	if o.Dir == "" {
		dir, err := findProject(a, homeDir(a))
		if err != nil {
			return err
		}
		p.dir = dir
	}
	a.VendorDir = o.Dir
	if err := p.readStock(a); err != nil {
		return err
	}
	x := p.stock.index
	if x.Project == "" {
		return fault(diag.VendorAbsent, "", fmt.Sprintf("%s holds no %s", p.stock.shown, offline.IndexName), "run `devpm vendor` while there is a network")
	}
	found := p.stock.check("")
	for _, i := range x.Images {
		if _, err := os.Stat(p.stock.path(i.Archive)); err == nil {
			found = append(found, p.stock.checkArchive(i.Name, i.Archive)...)
		}
	}
	if err := found.Sorted().Err(); err != nil {
		return err
	}
	if o.Format == "json" {
		_, err := a.Streams.Out.Write(x.Encode())
		return err
	}
	a.Out().Line(fmt.Sprintf("%s is complete: %s", p.stock.shown, vendorCount(x)))
	return nil
}

func vendorCount(x *offline.Index) string {
	word := func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	text := word(len(x.Repositories), "repository", "repositories") + ", " + word(len(x.Images), "image", "images")
	if n := wheelCount(x); n > 0 {
		text += ", " + word(n, "Python package", "Python packages")
	}
	if n := len(x.Extensions); n > 0 {
		text += ", " + word(n, "extension", "extensions")
	}
	return text
}

// vendoring is one run of `devpm vendor`.
type vendoring struct {
	*project
	app      *App
	stock    *vendorStock // what is there from an earlier run
	next     *offline.Index
	progress *termx.Progress
	client   *git.Client
	warnings diag.List
}

// vendor makes or renews the vendor directory. The index is written last, and
// names files by what they hold: until then the old index is right.
func (p *project) vendor(ctx context.Context, app *App, link *engineLink, o vendorOptions) error {
	v := &vendoring{project: p, app: app, next: offline.New(p.name), progress: app.Progress(), client: p.gitClient(app)}
	defer v.progress.Close()
	if err := v.openDirectory(o.Dir); err != nil {
		return err
	}
	desired, observed, err := v.bringRepositories(ctx, link)
	if err != nil {
		return err
	}
	images, err := v.findImages(ctx, link, desired, observed.Record)
	if err != nil {
		return err
	}
	if err := v.keepRepositories(ctx, desired, observed); err != nil {
		return err
	}
	if err := v.keepImages(ctx, images); err != nil {
		return err
	}
	if err := v.keepWheels(ctx, desired, images); err != nil {
		return err
	}
	if err := v.keepExtensions(); err != nil {
		return err
	}
	if err := v.keepLock(); err != nil {
		return err
	}
	text := v.next.Encode()
	if err := fsx.WriteFileAtomic(v.stock.path(offline.IndexName), text, 0o644); err != nil {
		return v.failed(offline.IndexName, err)
	}
	if err := v.next.Tidy(v.stock.dir); err != nil {
		return v.failed("", err)
	}
	v.progress.Close()
	app.warn(append(v.warnings, p.findings.List()...).Sorted())
	if o.Format == "json" {
		_, err := app.Streams.Out.Write(text)
		return err
	}
	app.Out().Vendor(v.next)
	app.say(fmt.Sprintf("%s holds %s", v.stock.shown, vendorCount(v.next)))
	return nil
}

// step shows one piece of work.
func (v *vendoring) step(id, text string, work func() error) error {
	v.progress.Start(id, text)
	err := work()
	status := termx.StatusDone
	if err != nil {
		status = termx.StatusFailed
	}
	v.progress.Done(id, status, "")
	return err
}

// openDirectory makes the directory, or reads what an earlier run left. What is
// not devpm's, or another project's, is left alone.
func (v *vendoring) openDirectory(given string) error {
	s := &vendorStock{}
	s.dir, s.shown = v.vendorPath(v.app, given)
	v.stock = s
	refuse := func(message, fix string) error { return fault(diag.VendorDirectory, "", message, fix) }
	index, err := offline.Read(s.dir, filepath.ToSlash(filepath.Join(s.shown, offline.IndexName)))
	switch {
	case err == nil && index.Project != v.name:
		return fault(diag.VendorForeign, "", fmt.Sprintf("%s holds what the project %s needs; this is %s", s.shown, index.Project, v.name),
			"name another directory, or delete this one if that project needs it no more")
	case err == nil:
		s.index = index
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	s.index = offline.New(v.name)
	entries, err := os.ReadDir(s.dir)
	if err == nil {
		for _, e := range entries {
			// A run that was killed has left folders of its own and no index.
			if name := e.Name(); name != offline.Repositories && name != offline.Images && name != offline.Extensions && name != offline.Wheels && name != ".gitignore" && name != offline.LockName {
				return refuse(fmt.Sprintf("%s holds %s, which devpm did not put there", s.shown, name), "name an empty or a new directory")
			}
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return refuse(fmt.Sprintf("%s cannot be used: %s", s.shown, cause(err)), "name another directory")
	}
	for _, dir := range []string{s.dir, s.path(offline.Repositories), s.path(offline.Images)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return refuse(fmt.Sprintf("%s cannot be made: %s", s.shown, cause(err)), "name a directory that you can write")
		}
	}
	if given == "" {
		if err := fsx.WriteFileAtomic(s.path(".gitignore"), []byte("*\n"), 0o644); err != nil {
			return v.failed(".gitignore", err)
		}
	}
	return nil
}

// path is a path of the index on the disk.
func (s *vendorStock) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// failed is an error of the file system about a file of the directory.
func (v *vendoring) failed(name string, err error) error {
	shown := filepath.ToSlash(filepath.Join(v.stock.shown, name))
	if d, ok := apply.PathFault(shown, err); ok {
		return diag.List{d}.Err()
	}
	return fault(diag.VendorDirectory, shown, "it cannot be written: "+cause(err), "free some space or make the directory writable, then run devpm again")
}

// adopt takes files into the next index: with the hashes of the last one when
// kept, else anew.
func (v *vendoring) adopt(names []string, kept bool) error {
	for _, name := range names {
		if kept {
			v.next.Files[name] = v.stock.index.Files[name]
			continue
		}
		sum, err := fsx.HashBelow(v.stock.dir, name)
		if err != nil {
			return v.failed(name, err)
		}
		v.next.Files[name] = sum
	}
	return nil
}

// keepLock copies the project's lock, if it has one.
func (v *vendoring) keepLock() error {
	text, err := readConfig(v.project.path(lock.Path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = fsx.WriteFileAtomic(v.stock.path(offline.LockName), text, 0o644)
	}
	if err != nil {
		return v.failed(offline.LockName, err)
	}
	return v.adopt([]string{offline.LockName}, false)
}
