package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/apply"
)

// makeCache makes the directory that an extension may write to.
func makeCache(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the cache of an extension: %w", err)
	}
	return nil
}

// executing is the programs that carry out what extensions add; started one by
// one, when one is asked for something.
func (p *project) executing(app *App) *extensions.Execution {
	if p.ext.execution == nil {
		p.ext.execution = &extensions.Execution{Collected: p.ext.collected, Initialize: p.extensionInput(app).Initialize}
	}
	return p.ext.execution
}

// extensionEffects carries out steps of extensions in a run.
type extensionEffects struct {
	project  *project
	app      *App
	progress *termx.Progress
}

var _ apply.Extensions = extensionEffects{}

// Execute implements apply.Extensions.
func (e extensionEffects) Execute(ctx context.Context, extension, step string) error {
	if err := e.project.stillTrusted(e.app); err != nil {
		return err
	}
	e.project.ranPrograms()
	defer e.app.programs.show(e.progress)()
	e.app.programs.at(step)
	did, err := e.project.executing(e.app).Step(ctx, step)
	if err == nil && !did {
		e.progress.Update(step, "nothing to do any more")
	}
	return extensionFailed(ctx, err)
}

// hook runs a hook runner of an extension.
func (p *project) hook(app *App, progress *termx.Progress) func(ctx context.Context, id, phase string) error {
	if p.ext.collected == nil {
		return nil
	}
	return func(ctx context.Context, id, phase string) error {
		defer app.programs.show(progress)()
		app.programs.at("hooks." + phase)
		return p.executing(app).Hook(ctx, id, phase)
	}
}

// extensionFailed keeps the last lines of a program that failed, and knows an
// interrupted run from a failed one.
func extensionFailed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var judged interface{ Diagnostics() diag.List }
	if errors.As(err, &judged) {
		return err
	}
	return fmt.Errorf("carrying out a step of an extension: %w", err)
}

// ranPrograms notes that programs of the project have run: what they make of its
// files afterwards was trusted with them.
func (p *project) ranPrograms() {
	if p.trust != nil {
		p.trust.hooksRan = true
	}
}
