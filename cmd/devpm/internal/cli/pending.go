package cli

import (
	"context"
	"errors"
)

// The runs that the wiring supplies. Each is replaced by its own file.

var errPending = errors.New("this command is not wired yet")

func runPlan(context.Context, *App, planOptions) error         { return errPending }
func runUp(context.Context, *App, upOptions) error             { return errPending }
func runDown(context.Context, *App, downOptions) error         { return errPending }
func runStop(context.Context, *App, stopOptions) error         { return errPending }
func runRestart(context.Context, *App, restartOptions) error   { return errPending }
func runPs(context.Context, *App, psOptions) error             { return errPending }
func runLogs(context.Context, *App, logsOptions) error         { return errPending }
func runExec(context.Context, *App, execOptions) error         { return errPending }
func runCompose(context.Context, *App, composeOptions) error   { return errPending }
func runRender(context.Context, *App, renderOptions) error     { return errPending }
func runExplain(context.Context, *App, explainOptions) error   { return errPending }
func runValidate(context.Context, *App, validateOptions) error { return errPending }

// engineProbes look at the engine and at Compose, portProbes at the ports that
// the project wants.
func engineProbes(*App) []probe { return nil }
func portProbes(*App) []probe   { return nil }
