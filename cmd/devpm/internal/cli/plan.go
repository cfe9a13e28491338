package cli

import (
	"context"
	"fmt"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/observe"
)

// runPlan observes, builds and prints. It has no way to change anything.
func runPlan(ctx context.Context, app *App, o planOptions) error {
	var link *engineLink
	if !o.NoDocker {
		link = app.dial(ctx, patienceToLook)
		defer link.close()
	}
	if o.Out != "" {
		// Before anything is hashed, so that `up --plan` hashes alike.
		if _, err := makeHashKey(ctx, app, homeDir(app)); err != nil {
			return err
		}
	}
	app.Secrets = secretOptions{Use: true, Need: true, File: o.SecretsFile, Provider: o.SecretsProvider, Refresh: o.RefreshSecrets}
	p, err := app.open(ctx, link, o.Args)
	if err != nil {
		return err
	}
	p.profiles = o.Profiles
	if err := p.checkServices(o.Services); err != nil {
		return err
	}
	if err := p.checkCIImage(app, o.BuildImage, o.PushImage); err != nil {
		return err
	}
	wanted := prepare.Options{
		NoDocker: o.NoDocker, SkipStart: o.SkipStart, NoGitUpdate: o.NoGitUpdate, UpdateGit: o.Update,
		Build: o.Build, ForceRecreate: o.ForceRecreate, Services: o.Services, Diff: o.ShowDiff || o.Out != "",
		BuildImage: o.BuildImage, PushImage: o.PushImage,
	}
	o.Locks.apply(&wanted)
	// A saved plan looks where `up` will look, which asks no engine when it
	// starts nothing.
	wanted.NoDocker = wanted.NoDocker || o.Out != "" && wanted.SkipStart
	plan, err := p.plan(ctx, app, link, wanted)
	if err != nil {
		return err
	}
	if o.Out != "" {
		if err := p.save(app, plan, o); err != nil {
			return err
		}
	}
	// What up refuses is a warning here, since nothing has failed yet.
	for _, d := range p.refuseHooks(plan) {
		d.Severity = diag.Warning
		plan.Warnings = append(plan.Warnings, d)
	}
	options := view.PlanOptions{ShowDiff: o.ShowDiff, Causes: o.ShowDiff || app.Verbosity > 0}
	switch out := app.Out(); o.Format {
	case "json":
		if err := out.PlanJSON(plan, options); err != nil {
			return err
		}
	case "markdown":
		out.PlanMarkdown(plan, options)
	case "github":
		out.PlanGitHub(plan)
	default:
		out.Plan(plan, options)
	}
	switch {
	case o.Strict && plan.Strict():
		return withStatus(exitError, nil)
	case o.DetailedExitcode && plan.Changes() > 0:
		return withStatus(exitChanges, nil)
	}
	return nil
}

// plan observes the world once and decides what this run would do.
func (p *project) plan(ctx context.Context, app *App, link *engineLink, options prepare.Options) (*prepare.Plan, error) {
	files, err := fsx.OpenView(p.dir)
	if err != nil {
		return nil, fmt.Errorf("opening the project: %w", err)
	}
	defer files.Close()
	world := observe.World{Files: files, Repositories: &git.Client{Runner: app.runner(), Env: app.Environ, Guarded: p.holds}, Applied: len(options.Services) > 0}
	if !options.NoDocker {
		world.Engine = engineObserver{p, link}
	}
	options.Differ = p.fileDiff
	options.UpdateGit = options.UpdateGit || p.user.UpdateGitRepos && !options.NoGitUpdate
	options.AcceptDrift = app.AcceptDrift
	options.NoSystemCheck = !p.user.CheckSystem
	p.everySource = options.UpdateLock
	desired := p.desired(p.services())
	if !options.NoDocker {
		p.addLeaves(desired)
	}
	p.addCIImage(desired, options.BuildImage)
	if err := p.addEditor(desired); err != nil {
		return nil, err
	}
	if err := p.lockRepositories(app, desired, options); err != nil {
		return nil, err
	}
	if err := p.goOffline(app, desired, &options); err != nil {
		return nil, err
	}
	if options.Locked && len(p.ext.found.unlocked) > 0 {
		return nil, p.ext.found.unlocked.Err()
	}
	if err := p.addExtensions(ctx, desired); err != nil {
		return nil, err
	}
	p.markUntrusted(app, desired)
	p.seen.desired, p.seen.observed = desired, observe.Observe(ctx, desired, world)
	return prepare.Build(desired, p.seen.observed, options), nil
}
