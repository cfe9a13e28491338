package cli

import (
	"context"
	"strconv"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/internal/termx"
)

func (a *App) engineStreams() engine.Streams {
	return engine.Streams{In: a.raw.In, Out: a.raw.Out, Err: a.raw.Err}
}

// ended turns a command's exit status into the run's.
func ended(code int, err error) error {
	if err != nil || code == 0 {
		return err
	}
	return withStatus(code, nil)
}

func (p *project) attach(ctx context.Context, app *App, o upOptions) error {
	tool, err := app.locateCompose(ctx)
	if err != nil {
		return err
	}
	return ended(p.composeTool(app, tool, nil).Attach(ctx, engine.UpOptions{
		Services: o.Services, Profiles: o.Profiles, Build: engine.BuildNever, Pull: app.pull(),
	}, app.engineStreams()))
}

func runLogs(ctx context.Context, app *App, o logsOptions) error {
	p, c, err := app.openTool(ctx, o.Services, nil)
	if err != nil {
		return err
	}
	tail := -1
	if n, err := strconv.Atoi(o.Tail); err == nil {
		tail = n
	}
	return ended(c.Logs(ctx, engine.LogsOptions{Services: p.physical(o.Services), Follow: o.Follow, Tail: tail}, app.engineStreams()))
}

func runExec(ctx context.Context, app *App, o execOptions) error {
	p, c, err := app.openTool(ctx, []string{o.Service}, nil)
	if err != nil {
		return err
	}
	noTTY := o.NoTTY || !termx.IsTerminal(app.Streams.In) || !termx.IsTerminal(app.Streams.Out)
	return ended(c.Exec(ctx, p.physical([]string{o.Service})[0], o.Command, engine.ExecOptions{NoTTY: noTTY}, app.engineStreams()))
}

func runCompose(ctx context.Context, app *App, o composeOptions) error {
	_, c, err := app.openTool(ctx, nil, nil)
	if err != nil {
		return err
	}
	return ended(c.Raw(ctx, o.Args, app.engineStreams()))
}

func runStop(ctx context.Context, app *App, o stopOptions) error {
	return app.steer(ctx, "stop", "Stop the containers", o.Services, func(c *engine.Compose, services []string) error { return c.Stop(ctx, services, 0) })
}

func runRestart(ctx context.Context, app *App, o restartOptions) error {
	return app.steer(ctx, "restart", "Restart the containers", o.Services, func(c *engine.Compose, services []string) error { return c.Restart(ctx, services, 0) })
}

// steer runs one changing Compose command while holding the project's lock.
func (a *App) steer(ctx context.Context, command, text string, services []string, do func(*engine.Compose, []string) error) error {
	progress := a.Progress()
	defer progress.Close()
	p, c, err := a.openTool(ctx, services, showCompose(progress, command))
	if err != nil {
		return err
	}
	return p.locked(a, commandLine(command, services), func(*fsx.Tree) error {
		progress.Start(command, text)
		err := do(c, p.physical(services))
		progress.Done(command, statusOfStep(err), "")
		return err
	})
}
