package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/undo"
)

// runUp carries a plan out: read and check everything, take the project's
// lock, preflight, plan, apply, and at last hand over to Compose with --attach.
func runUp(ctx context.Context, app *App, o upOptions) error {
	var hold *holder
	if o.Plan != "" {
		var err error
		if hold, err = app.openPlan(o.Plan); err != nil {
			return err
		}
		if o, err = o.ofPlan(app, hold.plan); err != nil {
			return err
		}
	}
	link := app.dial(ctx, patienceToRun)
	defer link.close()
	app.Secrets = secretOptions{Use: true, Need: true, File: o.SecretsFile, Provider: o.SecretsProvider, Refresh: o.RefreshSecrets}
	app.deploys = true
	for again := 0; ; again++ {
		p, err := app.open(ctx, link, o.Args)
		if err != nil {
			return err
		}
		p.profiles = o.Profiles
		if hold != nil {
			hold.project, p.held = p, true
		}
		if err := p.checkCIImage(app, o.BuildImage, o.PushImage); err != nil {
			return err
		}
		if err := p.refuseShared(); err != nil {
			return err
		}
		if err := p.settleTrust(ctx, app, link, o.Args, o.Trust); err != nil {
			return err
		}
		if err := p.checkServices(o.Services); err != nil {
			return err
		}
		o.Services = p.physical(o.Services)
		err = p.locked(app, commandLine("up", o.Services), func(tree *fsx.Tree) error {
			return p.up(ctx, app, link, tree, o, hold)
		})
		switch {
		case again < mostLooks && errors.Is(err, errTaken):
			continue // another run was faster; look again
		case err != nil || !o.Attach:
			return err
		}
		return p.attach(ctx, app, o)
	}
}

// mostLooks is how often a run looks again because others were faster.
const mostLooks = 5

// up is one run that holds the lock.
func (p *project) up(ctx context.Context, app *App, link *engineLink, tree *fsx.Tree, o upOptions, hold *holder) error {
	progress := app.Progress()
	defer progress.Close()
	defer app.sayStopping(ctx, progress)()
	options := prepare.Options{
		SkipStart: o.SkipStart, NoGitUpdate: o.NoGitUpdate, UpdateGit: o.Update, Build: o.Build,
		ForceRecreate: o.ForceRecreate, Services: o.Services, Diff: hold != nil, Fetched: map[string]bool{},
	}
	options.BuildImage, options.PushImage = o.BuildImage, o.PushImage
	o.Locks.apply(&options)
	options.NoDocker = options.SkipStart
	if options.NoDocker {
		link = nil
	}
	effects := &engineEffects{project: p, app: app, link: link, up: o, progress: progress}
	if err := p.takePorts(ctx, app, effects); err != nil {
		return err
	}
	var err error
	if p.secrets.key, err = makeHashKey(ctx, app, p.home); err != nil {
		return err
	}
	plan, err := p.plan(ctx, app, link, options)
	if err != nil {
		return err
	}
	if err := hold.check(plan); err != nil {
		return err
	}
	warnings := plan.Warnings
	if interrupted, err := apply.ReadInterrupted(p.stateDir); err == nil && interrupted != nil {
		progress.Log(termx.LevelInfo, interrupted.Diagnostic().Message)
	}
	if list := append(plan.Refusals(), p.refuseHooks(plan)...); len(list) > 0 {
		return list.Err()
	}
	if err := effects.preflight(ctx, plan); err != nil {
		return err
	}
	if plan.Changes() == 0 && !hasHooks(plan) {
		p.keepDocument()
		progress.Close()
		app.summary(plan, nil, warnings)
		return p.forgetUndo()
	}
	switch err := p.keepName(ctx, app); {
	case errors.Is(err, errTaken):
		return err
	case err != nil:
		return writeFault(p.stateDir, err)
	}
	journal, err := apply.OpenJournal(p.stateDir, commandLine("up", o.Services), app.Now)
	if err != nil {
		return writeFault(p.stateDir, err)
	}
	if err := p.noteSecrets(false); err != nil {
		return errors.Join(err, journal.Close("failed"))
	}
	fetch := &secretsEffect{project: p, app: app}
	replan := func(ctx context.Context) (*prepare.Plan, error) {
		if fetch.fetched || p.discovers() {
			if err := p.lookAgain(ctx, app, link, o.Args, fetch); err != nil {
				return nil, err
			}
			if err := p.takePorts(ctx, app, effects); err != nil { // new services may publish ports
				return nil, err
			}
		}
		return p.plan(ctx, app, link, options)
	}
	ledger, err := undo.Open(p.stateDir, p.dir)
	if err != nil {
		return errors.Join(undoFault(err), journal.Close("failed"))
	}
	result, err := apply.Run(ctx, plan, apply.Options{
		Effects: p.recorded(app, ledger, apply.Effects{
			Files: tree, Git: p.gitEffects(app, options.UpdateGit || p.user.UpdateGitRepos && !app.Offline, options.Fetched, progress), Hooks: trustedHooks{p.hooks(app, effects, progress), p, app}, Engine: effects,
			Manifest: p.writeManifest, Secrets: fetch, Extensions: extensionEffects{p, app, progress},
		}, link),
		Journal: journal, Reporter: &stepReporter{progress: progress}, Now: app.Now, Replan: hold.replan(replan),
	})
	ended := "ok"
	if err == nil {
		err = p.noteSecrets(true)
	}
	if err != nil {
		ended = "failed"
	}
	closeErr := errors.Join(journal.Close(ended), ledger.Close())
	p.keepTrust(app)
	p.keepDocument()
	progress.Close()
	if err != nil {
		// A warning may well be the reason: an operator that no shell read.
		app.warn(revised(warnings, p.findings.List()).Sorted())
		err = app.stopped(err)
		p.sayMade(ctx, app, link)
		return err
	}
	app.summary(result.Plan, result.Done, revised(warnings, append(result.Warnings, p.findings.List()...)).Sorted())
	return errors.Join(closeErr, p.forgetUndo())
}

// revised is what was found first and what is found now, without what was found
// first and is judged anew: a plan that is made again may lease another port.
func revised(first, now diag.List) diag.List {
	out := slices.DeleteFunc(slices.Clone(first), func(d diag.Diagnostic) bool {
		placed := d.Path != "" || d.Range != diag.Range{}
		return placed && slices.ContainsFunc(now, func(n diag.Diagnostic) bool {
			return n.Code == d.Code && n.Path == d.Path && n.Range == d.Range
		})
	})
	return append(out, now...)
}

// sayStopping tells a user who pressed Ctrl-C that devpm has heard it: a
// program that it started has some seconds to end. The returned function
// forgets about it.
func (a *App) sayStopping(ctx context.Context, progress *termx.Progress) func() {
	stop := context.AfterFunc(ctx, func() {
		progress.Log(termx.LevelWarning, "stopping; what is running gets ten seconds to end")
	})
	return func() { stop() }
}

// hasHooks reports whether a plan runs what runs each time and so counts as no
// change: hooks, and steps of extensions.
func hasHooks(plan *prepare.Plan) bool {
	return slices.ContainsFunc(plan.Steps, func(s prepare.Step) bool { return s.Repeats() })
}

// locked runs f while holding the project's run lock (design decision 8).
func (p *project) locked(app *App, command string, f func(tree *fsx.Tree) error) error {
	tree, err := fsx.OpenTree(p.dir)
	if err != nil {
		return fmt.Errorf("opening the project: %w", err)
	}
	defer tree.Close()
	lock, err := tree.Lock(prepare.LockPath, fsx.Holder{PID: os.Getpid(), Command: command, Since: app.Now()})
	if err != nil {
		d, ok := apply.PathFault(prepare.LockPath, err)
		if !ok {
			return fmt.Errorf("locking the project: %w", err)
		}
		status := exitError
		if _, ok := errors.AsType[*fsx.HeldError](err); ok {
			status = exitLocked
		}
		return withStatus(status, diag.List{d}.Err())
	}
	defer lock.Release()
	// The directory is there now, and must not look like something to commit. A
	// saved plan says itself whether that is still to be done.
	ignore := prepare.StandingFiles(false)[0]
	if p.held {
		return f(tree)
	}
	if _, err := os.Lstat(p.path(ignore.Path)); errors.Is(err, fs.ErrNotExist) {
		if err := tree.WriteFile(ignore.Path, ignore.Content, ignore.Mode); err != nil {
			return writeFault(ignore.Path, err)
		}
	}
	return f(tree)
}

// stopped prints a run that failed, and leaves only its exit status to report.
func (a *App) stopped(err error) error {
	var step *apply.StepError
	if !errors.As(err, &step) {
		return err
	}
	if a.LogFormat == LogJSON {
		a.log().Failure(step)
	} else {
		a.Err().Failure(step)
	}
	var own *statusError
	switch {
	case step.Interrupted:
		return withStatus(exitInterrupted, nil)
	case errors.As(step.Err, &own):
		return withStatus(own.status, nil)
	case step.ExitCode != 0 && strings.HasPrefix(step.Step, "hooks."):
		return withStatus(step.ExitCode, nil)
	default:
		return withStatus(exitError, nil)
	}
}

// summary is the last line of a run that succeeded.
func (a *App) summary(plan *prepare.Plan, done []string, warnings diag.List) {
	a.warn(warnings)
	if a.Verbosity < 0 || a.LogFormat == LogJSON {
		return
	}
	text := "everything is up to date"
	if len(done) > 0 {
		text = fmt.Sprintf("done: %d steps", len(done))
	}
	if len(done) == 1 {
		text = "done: " + done[0]
	}
	p := a.Err()
	fmt.Fprintln(p.W, p.Style.Green("devpm: ")+text)
}

// commandLine is what lock and journal call a run.
func commandLine(command string, args []string) string {
	return strings.Join(append([]string{"devpm", command}, args...), " ")
}

// stepReporter shows the steps of a run as they go.
type stepReporter struct{ progress *termx.Progress }

// StepStarted implements apply.Reporter.
func (r *stepReporter) StepStarted(s prepare.Step) { r.progress.Start(s.ID, s.Description) }

// StepEnded implements apply.Reporter.
func (r *stepReporter) StepEnded(s prepare.Step, _ time.Duration, err error) {
	status := termx.StatusDone
	if err != nil {
		status = termx.StatusFailed
	}
	r.progress.Done(s.ID, status, "")
}

// Replanned implements apply.Reporter.
func (r *stepReporter) Replanned(*prepare.Plan) {}
