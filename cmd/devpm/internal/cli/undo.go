package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/undo"
)

// runUndo takes back what runs made since the last one that succeeded. It reads
// no manifest: that may be what made the run fail.
func runUndo(ctx context.Context, app *App, o undoOptions) error {
	home := homeDir(app)
	dir, err := findProject(app, home)
	if err != nil {
		return err
	}
	p := &project{dir: dir, home: home, stateDir: projectStateDir(app, home, dir), findings: &diag.Collector{}}
	link := app.dialWith(ctx, engine.ConnectOptions{Patience: patienceToRun, Removes: !o.DryRun})
	defer link.close()
	if o.DryRun {
		items, err := p.undoer(app, link).Made(ctx)
		if err != nil {
			return undoFault(err)
		}
		return app.showUndone(o, items)
	}
	return p.locked(app, "devpm undo", func(*fsx.Tree) error { return p.undo(ctx, app, link, o) })
}

func (p *project) undo(ctx context.Context, app *App, link *engineLink, o undoOptions) error {
	u := p.undoer(app, link)
	items, err := u.Made(ctx)
	if err != nil {
		return undoFault(err)
	}
	if len(items) == 0 {
		if err := undo.Forget(p.stateDir); err != nil {
			return undoFault(err)
		}
		return app.showUndone(o, nil)
	}
	if !o.Yes {
		if err := app.confirmUndo(ctx, items); err != nil {
			return err
		}
	}
	journal, err := apply.OpenJournal(p.stateDir, "devpm undo", app.Now)
	if err != nil {
		return writeFault(p.stateDir, err)
	}
	u.Note = func(i undo.Item) { journal.Note(string(i.Action) + " " + i.Kind + " " + i.Name) }
	items, err = u.Undo(ctx)
	if err != nil {
		if ctx.Err() == nil {
			err = errors.Join(err, journal.Close("failed"))
		}
		return undoFault(err)
	}
	failed := undoFailures(items)
	result := "ok"
	if len(failed) > 0 {
		result = "failed"
	}
	if err := journal.Close(result); err != nil {
		return writeFault(p.stateDir, err)
	}
	if err := app.showUndone(o, items); err != nil || len(failed) == 0 {
		return err
	}
	app.diagnose(failed)
	return withStatus(exitError, nil)
}

// undoer works on the project with what a run used.
func (p *project) undoer(app *App, link *engineLink) *undo.Undoer {
	u := &undo.Undoer{StateDir: p.stateDir, ProjectDir: p.dir, Git: &git.Client{Runner: app.runner(), Env: app.Environ}, Sleep: engine.SystemClock(app.Now).Sleep}
	if eng, _ := link.get(); eng != nil {
		u.Engine = undoEngine{eng}
	}
	return u
}

// confirmUndo lists what is at stake and asks.
func (a *App) confirmUndo(ctx context.Context, items []undo.Item) error {
	unconfirmed := diag.List{{
		Code: diag.UndoUnconfirmed, Message: "nothing was taken back, because nobody said yes",
		Fix: "look at the list with `devpm undo --dry-run`, then run `devpm undo --yes`",
	}}.Err()
	if !a.canAsk() {
		return unconfirmed
	}
	a.Err().Undo(items, true)
	yes, err := a.asker().yes(ctx, "Take this back?")
	if err == nil && !yes {
		err = unconfirmed
	}
	return err
}

func (a *App) showUndone(o undoOptions, items []undo.Item) error {
	if o.Format == "json" {
		return a.Out().UndoJSON(items, o.DryRun)
	}
	a.Out().Undo(items, o.DryRun)
	return nil
}

func undoFailures(items []undo.Item) (list diag.List) {
	for _, i := range items {
		if i.Err != nil {
			list = append(list, diag.Diagnostic{
				Code: diag.UndoFailed, Message: fmt.Sprintf("%s %s: %s", i.Kind, i.Name, oneLine(i.Err)),
				Fix: "remove the cause, then run `devpm undo` again; what is done already is not done twice",
			})
		}
	}
	return list
}

// undoFault places an error of the record; the engine's own stay as they are.
func undoFault(err error) error {
	var failure *diag.Failure
	if errors.As(err, &failure) || errors.Is(err, context.Canceled) {
		return err
	}
	return fault(diag.UndoRecord, "", oneLine(err), "give yourself access to the project and to devpm's state directory, then run again")
}

// sayMade lists what a failed run made, as far as that can be found out.
func (p *project) sayMade(ctx context.Context, app *App, link *engineLink) {
	// The run may have been interrupted; looking is still worth a moment.
	items, err := p.undoer(app, link).Made(context.WithoutCancel(ctx))
	if err != nil || app.Verbosity < 0 {
		return
	}
	if app.LogFormat == LogJSON {
		app.log().Made(items)
		return
	}
	app.Err().Made(items)
}

// forgetUndo drops the record of earlier runs that did not succeed: this one
// has.
func (p *project) forgetUndo() error {
	if err := undo.Forget(p.stateDir); err != nil {
		return undoFault(err)
	}
	return nil
}

// undoEngine is the engine as undo.Engine.
type undoEngine struct{ *engine.Engine }

// Resources implements undo.Engine.
func (e undoEngine) Resources(ctx context.Context, project string) (undo.Resources, error) {
	found, err := e.Belongings(ctx, project)
	if err != nil {
		return undo.Resources{}, err
	}
	list := func(named []engine.Named) []undo.Resource {
		out := make([]undo.Resource, len(named))
		for i, n := range named {
			out[i] = undo.Resource(n)
		}
		return out
	}
	return undo.Resources{Containers: list(found.Containers), Networks: list(found.Networks), Volumes: list(found.Volumes)}, nil
}
