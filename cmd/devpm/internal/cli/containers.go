package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/ports"
)

// openRunning opens the project for a command that works on what the last `up`
// left. Faults of the manifest do not stop it: who is in the middle of an edit
// can still look at the logs, and take everything down. sound is false then, and
// neither services nor hooks of the manifest are known.
func (a *App) openRunning(ctx context.Context, link *engineLink) (p *project, sound bool, err error) {
	p, err = a.open(ctx, link, nil)
	if err == nil {
		return p, true, p.readLeft(a)
	}
	var failure *diag.Failure
	if p == nil || !errors.As(err, &failure) || p.generated(a) != nil {
		return p, false, err
	}
	p.chooseName(ctx, a, link)
	if a.Verbosity >= 0 {
		a.findings(diag.List{{
			Code: diag.GoingOnWithFaults, Severity: diag.Warning, Range: diag.Range{File: manifestName},
			Message: fmt.Sprintf("the manifest has %s; going on with what the last `devpm up` left", view.Count(failure.List)),
			Fix:     "`devpm manifest validate` prints them",
		}})
	}
	return p, false, nil
}

// openTool is openRunning with Compose, for commands that hand over to it; the
// document on disk is what counts. Services named must be in it.
func (a *App) openTool(ctx context.Context, services []string, progress func(engine.Event)) (*project, *engine.Compose, error) {
	link := a.dial(ctx, patienceToRun)
	defer link.close()
	a.unasked = nobody
	p, sound, err := a.openRunning(ctx, link)
	if err != nil {
		return nil, nil, err
	}
	if sound {
		if err := p.checkServices(services); err != nil {
			return nil, nil, err
		}
	}
	if err := p.generated(a); err != nil {
		return nil, nil, err
	}
	if err := p.refuseShared(); err != nil {
		return nil, nil, err
	}
	tool, err := a.locateCompose(ctx)
	if err != nil {
		return nil, nil, err
	}
	return p, p.composeTool(a, tool, progress), nil
}

// generated refuses a command that needs the document before the first up.
func (p *project) generated(app *App) error {
	if _, err := os.Stat(p.path(documentName)); err != nil {
		return fault(diag.NoDocument, documentName, "this project has not been brought up yet", "run `devpm up` first")
	}
	return p.documentIsOurs(app)
}

// documentFile keeps the identity of the document that the last `up` left.
const documentFile = "document"

// documentIsOurs refuses to hand a document to Compose that devpm did not write
// here for this user: in a fresh clone it may be anybody's, and Compose runs
// programs that a document names as providers. One that devpm would write just
// so is as good, once what it gives away is trusted.
func (p *project) documentIsOurs(app *App) error {
	text, err := readConfig(p.path(documentName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Compose has nothing to read
	}
	if err == nil {
		kept, keptErr := os.ReadFile(filepath.Join(p.stateDir, documentFile))
		if keptErr == nil && string(bytes.TrimSpace(kept)) == contentHash(text) {
			return nil
		}
		if p.model != nil && bytes.Equal(text, p.model.YAML()) && p.judgeTrust(app).accepted {
			return nil
		}
	}
	return fault(diag.DocumentNotOurs, documentName, "this file is not what the last `devpm up` wrote here, and Compose may run programs that it names",
		"run `devpm up`, which writes it again and keeps a copy of what a person wrote")
}

// keepDocument remembers the document, so that later commands know it again
// while the manifest is being changed.
func (p *project) keepDocument() {
	text, err := readConfig(p.path(documentName))
	if err != nil || p.model == nil || !bytes.Equal(text, p.model.YAML()) {
		return
	}
	path := filepath.Join(p.stateDir, documentFile)
	if kept, err := os.ReadFile(path); err == nil && string(bytes.TrimSpace(kept)) == contentHash(text) {
		return
	}
	if os.MkdirAll(p.stateDir, 0o700) == nil {
		// Without it, the document is known by the manifest that it comes from.
		_ = fsx.WriteFileAtomic(path, []byte(contentHash(text)+"\n"), 0o600)
	}
}

// showCompose shows Compose's own progress below a step.
func showCompose(progress *termx.Progress, step string) func(engine.Event) {
	return func(ev engine.Event) {
		switch {
		case ev.Line != "":
			progress.Line("compose", ev.Line)
		case ev.Status == engine.Failed:
			progress.Line("compose", fmt.Sprintf("%s %s: %s %s", ev.Kind, ev.Name, ev.Text, ev.Details))
		default:
			progress.Update(step, fmt.Sprintf("%s %s: %s", ev.Kind, ev.Name, ev.Text))
		}
	}
}

func statusOfStep(err error) termx.Status {
	if err != nil {
		return termx.StatusFailed
	}
	return termx.StatusDone
}

// runPs asks the engine, never a process: what is there, and what of the
// document is not.
func runPs(ctx context.Context, app *App, o psOptions) error {
	link := app.dial(ctx, patienceToRun)
	defer link.close()
	app.unasked = nobody
	p, _, err := app.openRunning(ctx, link)
	if err != nil {
		return err
	}
	eng, err := link.get()
	if err != nil {
		return err
	}
	snapshot, err := eng.Observe(ctx, engine.ObserveOptions{Project: p.name})
	if err != nil {
		return err
	}
	rows := p.serviceRows(snapshot)
	if o.Format == "json" {
		return app.Out().PsJSON(rows)
	}
	app.Out().Ps(rows)
	return nil
}

// serviceRows lists the document's services in its order, each with its
// containers, then containers that the document no longer names.
func (p *project) serviceRows(snapshot engine.Snapshot) []view.ServiceRow {
	var rows []view.ServiceRow
	known := map[string]bool{}
	var services []compose.Service
	if p.model != nil {
		services = p.services()
	}
	for _, s := range services {
		known[s.Name] = true
		found := false
		for _, c := range snapshot.Containers {
			if c.Service == s.Name && !c.OneOff {
				rows, found = append(rows, serviceRow(c)), true
			}
		}
		if !found {
			rows = append(rows, view.ServiceRow{Service: s.Name, State: "absent", Image: p.imageOf(s), Ports: []string{}})
		}
	}
	for _, c := range snapshot.Containers {
		if !known[c.Service] && !c.OneOff {
			rows = append(rows, serviceRow(c))
		}
	}
	return rows
}

func serviceRow(c engine.Container) view.ServiceRow {
	row := view.ServiceRow{
		Service: c.Service, Container: c.Name, State: c.State, Health: c.Health, ExitCode: c.ExitCode, Image: c.Image,
		Ports: []string{}, Addresses: addresses(c),
	}
	for _, port := range c.Ports {
		if port.Published == 0 {
			continue
		}
		text := fmt.Sprintf("%s:%d->%d/%s", port.HostIP, port.Published, port.Container, port.Protocol)
		if !slices.Contains(row.Ports, text) {
			row.Ports = append(row.Ports, text)
		}
	}
	return row
}

// runDown stops and removes: pre_down hooks, Compose, post_down hooks.
func runDown(ctx context.Context, app *App, o downOptions) error {
	link := app.dial(ctx, patienceToRun)
	defer link.close()
	app.Secrets.Use = true // of hooks
	p, sound, err := app.openToEnd(ctx, link)
	if err != nil {
		return err
	}
	if err := p.refuseShared(); err != nil {
		return err
	}
	if !sound {
		p.manifest, p.ext = &manifest.Manifest{}, extended{} // its hooks are not to be relied on
	}
	if p.ends() && !p.unasked {
		if err := p.settleTrust(ctx, app, link, nil, o.Trust); err != nil {
			return err
		}
	}
	if err := p.documentIsOurs(app); err != nil {
		return err
	}
	return p.locked(app, "devpm down", func(*fsx.Tree) error { return p.down(ctx, app, link, o) })
}

func (p *project) down(ctx context.Context, app *App, link *engineLink, o downOptions) error {
	const step = "compose.down"
	progress := app.Progress()
	defer progress.Close()
	effects := &engineEffects{project: p, app: app, link: link, progress: progress, step: step}
	if err := effects.Check(ctx); err != nil {
		return err
	}
	c, err := effects.compose(ctx)
	if err != nil {
		return err
	}
	runner := trustedHooks{p.hooks(app, effects, progress), p, app}
	if !p.unasked { // else not all that was trusted is known
		defer p.keepTrust(app)
	}
	if err := p.phase(ctx, progress, runner, manifest.PreDown); err != nil {
		return app.stopped(err)
	}
	progress.Start(step, "Stop and remove the containers")
	err = c.Down(ctx, engine.DownOptions{Volumes: o.Volumes})
	progress.Done(step, statusOfStep(err), "")
	if err != nil {
		return err
	}
	if o.Volumes {
		if err := p.portsError(ports.Release(ctx, stateRoot(app, p.home), p.realDir())); err != nil {
			return err
		}
	}
	if o.Data {
		if err := p.removeData(); err != nil {
			return err
		}
	}
	if err := p.phase(ctx, progress, runner, manifest.PostDown); err != nil {
		return app.stopped(err)
	}
	progress.Close()
	if !p.findings.HasErrors() { // else they were counted at the start
		app.warn(p.withoutGuesses(p.findings.List()))
	}
	return nil
}

// phase runs the hooks of one phase as a step of its own.
func (p *project) phase(ctx context.Context, progress *termx.Progress, runner apply.Hooks, phase string) error {
	entries := p.hooksOfAll()[phase]
	if len(entries) == 0 {
		return nil
	}
	id, text := "hooks."+phase, "Run the "+phase+" hooks"
	progress.Start(id, text)
	err := runner.Run(ctx, phase, entries)
	progress.Done(id, statusOfStep(err), "")
	if err == nil {
		return nil
	}
	progress.Close()
	return apply.StepFailure(ctx, id, err)
}

// removeData deletes the project's own data directory. It is the only thing
// that devpm deletes with what the user put into it, so it asks for a real
// directory at that place.
func (p *project) removeData() error {
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return fmt.Errorf("opening the project: %w", err)
	}
	defer root.Close()
	// Without its files the note of the database would only be in the way.
	if err := root.Remove(filepath.FromSlash(prepare.LastRunPath)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeFault(prepare.LastRunPath, err)
	}
	if err := root.RemoveAll("data"); err != nil {
		return writeFault("data", err)
	}
	return nil
}
