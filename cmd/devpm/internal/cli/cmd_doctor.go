package cli

import (
	"context"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
)

// doctorOptions are the flags of `devpm doctor`.
type doctorOptions struct {
	Format string // text, json
}

func newDoctorCmd(app *App, run runner[doctorOptions]) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that this machine has what devpm needs",
		Long: `doctor checks the engine, Compose, git, Python, the disk, how far extensions can
be held in, and the ports that the project wants, and says what to do about what
is missing. It changes nothing.`,
		Example: `  devpm doctor
  devpm doctor --format json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	formatVar(cmd, &o.Format, "text", "json")
	lookFlag(app, cmd)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

// probe is one look at the machine. It may take as long as its own time limits
// allow, and returns nothing where there is nothing to check.
type probe func(ctx context.Context) []view.Check

func runDoctor(ctx context.Context, app *App, o doctorOptions) error {
	return doctor(ctx, app, o, slices.Concat(engineProbes(app), hostProbes(app), []probe{sandboxProbe(app), policyProbe(app)}, portProbes(app)))
}

// doctor runs the probes at the same time and prints their checks in order. It
// ends with exitError when one failed.
func doctor(ctx context.Context, app *App, o doctorOptions, probes []probe) error {
	found := make([][]view.Check, len(probes))
	var wg sync.WaitGroup
	for i, look := range probes {
		wg.Go(func() { found[i] = look(ctx) })
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	checks := slices.Concat(found...)
	if o.Format == "json" {
		if err := app.Out().DoctorJSON(checks); err != nil {
			return err
		}
	} else {
		app.Out().Doctor(checks)
	}
	if slices.ContainsFunc(checks, func(c view.Check) bool { return c.Status == view.CheckFail }) {
		return withStatus(exitError, nil)
	}
	return nil
}
