package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/lock"
	"github.com/devpm/devpm/prepare/observe"
)

func runLockShow(_ context.Context, app *App, o lockShowOptions) error {
	p, err := readProject(app, "", "")
	if err != nil {
		return err
	}
	if p.manifest == nil {
		return p.findings.Err()
	}
	l, _, found := p.readLocks(app, prepare.Options{})
	if err := found.Err(); err != nil {
		return err
	}
	held := l.One
	if held == nil {
		held = lock.New()
		if l.Dependencies != nil {
			for _, e := range l.Dependencies.Entries() {
				held.Repositories[lock.Canonical(e.URL)] = lock.Repo{Commit: e.Commit, Branch: e.Branch, Kind: e.Kind}
			}
		}
	}
	if o.Format == "json" {
		return app.Out().LockJSON(held)
	}
	if len(held.Repositories)+len(held.Images)+len(held.Extensions) == 0 {
		app.Out().Line("nothing is locked; `devpm lock update` locks what the project uses")
		return nil
	}
	app.Out().Lock(held)
	return nil
}

func runLockUpdate(ctx context.Context, app *App, o lockUpdateOptions) error {
	link := app.dial(ctx, patienceToRun)
	defer link.close()
	app.deploys = true // images of what an extension adds are locked too
	app.relocks = func(extension string) bool { return len(o.Names) == 0 || slices.Contains(o.Names, extension) }
	p, err := app.open(ctx, link, nil)
	if err != nil {
		return err
	}
	if err := p.settleTrust(ctx, app, link, nil, o.Trust); err != nil {
		return err
	}
	p.everySource = true
	return p.locked(app, commandLine("lock update", o.Names), func(tree *fsx.Tree) error {
		return p.updateLock(ctx, app, link, tree, o)
	})
}

// updateLock brings repositories to the newest commits, round by round while
// they name more, and writes both lock files. It runs nothing of the project.
func (p *project) updateLock(ctx context.Context, app *App, link *engineLink, tree *fsx.Tree, o lockUpdateOptions) error {
	progress := app.Progress()
	defer progress.Close()
	fetched := map[string]bool{}
	effects := p.gitEffects(app, true, fetched, progress)
	names := nameSet{names: o.Names, used: map[string]bool{}}
	if p.nameLockable(&names); len(p.manifest.Pending) == 0 {
		if err := names.unused(); err != nil {
			return err // before anything is fetched
		}
	}
	var desired *prepare.Desired
	var observed *prepare.Observed
	var warnings diag.List
	for {
		var err error
		if desired, observed, err = p.observeUnlocked(ctx, app, &names); err != nil {
			return err
		}
		var wanted []prepare.Repository
		for _, repo := range desired.Repositories {
			if !fetched[repo.Dir] && (names.has(repositoryNames(repo)...) || !git.Right(repo, observed.Repositories[repo.Dir])) {
				wanted = append(wanted, repo)
			}
		}
		if len(wanted) == 0 {
			break
		}
		found, err := effects.Materialize(ctx, wanted)
		if err != nil {
			return err
		}
		warnings = append(warnings, found...)
		if err := p.refresh(ctx, app, link, nil); err != nil {
			return err
		}
	}
	before := desired.Lock.One
	if before == nil {
		before = lock.New()
	}
	after := lock.New()
	after.Repositories = prepare.CollectRepositories(desired, observed)
	p.nameLockable(&names)
	if err := names.unused(); err != nil {
		return err
	}
	if err := p.lockExtensions(app, before, after, func(name string) bool { return names.has(name) }); err != nil {
		return err
	}
	eng, _ := link.get() // without an engine the images keep their entries
	found, err := p.lockImages(ctx, eng, before, after, func(image string) bool { return names.has(p.namesOfImage(image)...) })
	if err != nil {
		return err
	}
	progress.Close()
	if err := writeLocks(tree, desired, observed, after); err != nil {
		return err
	}
	app.warn(append(append(warnings, found...), p.findings.List()...).Sorted())
	changes := lock.Diff(desired.Lock.One, after)
	if o.Format == "json" {
		return app.Out().LockChangesJSON(changes)
	}
	app.Out().LockChanges(changes)
	return nil
}

// observeUnlocked looks at the repositories, held to the lock unless they are to
// be updated.
func (p *project) observeUnlocked(ctx context.Context, app *App, names *nameSet) (*prepare.Desired, *prepare.Observed, error) {
	desired := p.desired(p.services())
	free := slices.Clone(desired.Repositories)
	// --update-lock reads the locks without holding anything to them.
	if err := p.lockRepositories(app, desired, prepare.Options{UpdateLock: true}); err != nil {
		return nil, nil, err
	}
	held := desired.Lock.Pin(desired.Repositories, desired.Scenario, prepare.Options{})
	for i, repo := range held {
		if !names.has(repositoryNames(repo)...) {
			desired.Repositories[i] = repo
		} else {
			desired.Repositories[i].Commit = free[i].Commit
		}
	}
	files, err := fsx.OpenView(p.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the project: %w", err)
	}
	defer files.Close()
	world := observe.World{Files: files, Repositories: &git.Client{Runner: app.runner(), Env: app.Environ}}
	return desired, observe.Observe(ctx, desired, world), nil
}

// writeLocks writes lock.json, and deps.lock.json for a project with a platform;
// a file that holds the same already is left alone.
func writeLocks(tree *fsx.Tree, desired *prepare.Desired, observed *prepare.Observed, after *lock.File) error {
	write := func(name string, content []byte) error {
		if err := tree.WriteFile(name, content, 0o644); err != nil {
			return writeFault(name, err)
		}
		return nil
	}
	if desired.Lock.One == nil || string(desired.Lock.One.Encode()) != string(after.Encode()) {
		if err := write(lock.Path, after.Encode()); err != nil {
			return err
		}
	}
	deps := prepare.CollectDependencies(desired, observed)
	if deps.Platform.Commit == "" || deps.Same(desired.Lock.Dependencies) {
		return nil
	}
	return write(lock.DependenciesPath, deps.Encode())
}

// nameLockable notes everything that can be locked by its names.
func (p *project) nameLockable(names *nameSet) {
	for _, repo := range p.desired(p.services()).Repositories {
		names.has(repositoryNames(repo)...)
	}
	for _, image := range lockedImages(p.services()) {
		names.has(p.namesOfImage(image)...)
	}
	for _, q := range requirementsOf(p.manifest.Extensions.Get("require")) {
		names.has(q.name)
	}
}

// namesOfImage are the image's own name and those of its services.
func (p *project) namesOfImage(image string) []string {
	names := []string{image}
	for _, s := range p.services() {
		if s.Image == image {
			names = append(names, s.Name)
		}
	}
	return names
}

// repositoryNames are the words by which a user may name a repository.
func repositoryNames(r prepare.Repository) []string {
	canonical := lock.Canonical(r.URL)
	return []string{r.Name, r.Name[strings.LastIndexByte(r.Name, '/')+1:], canonical, r.URL, r.Role}
}

// nameSet is what `lock update` was asked for: no names are all.
type nameSet struct {
	names []string
	used  map[string]bool
	known []string
}

// has reports whether one of the words was named.
func (n *nameSet) has(words ...string) bool {
	if len(words) > 0 && !slices.Contains(n.known, words[0]) {
		n.known = append(n.known, words[0])
	}
	found := len(n.names) == 0
	for _, word := range words {
		if slices.Contains(n.names, word) {
			n.used[word], found = true, true
		}
	}
	return found
}

// unused refuses names that nothing of the project has.
func (n *nameSet) unused() error {
	var list diag.List
	for _, name := range n.names {
		if n.used[name] {
			continue
		}
		fix := "the project has nothing to lock"
		if len(n.known) > 0 {
			fix = "there are " + strings.Join(slices.Sorted(slices.Values(n.known)), ", ")
			if near := nearest(name, n.known); near != "" {
				fix = fmt.Sprintf("did you mean %q? %s", near, fix)
			}
		}
		list = append(list, diag.Diagnostic{Code: diag.LockName, Message: fmt.Sprintf("the project has no repository, image, service or extension %q to lock", name), Fix: fix})
	}
	return list.Err()
}
