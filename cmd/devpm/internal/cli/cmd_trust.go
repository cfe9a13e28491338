package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// trustOptions are the flags of `devpm trust`.
type trustOptions struct {
	Show   bool
	Revoke bool
	Format string // text, json
}

func newTrustCmd(app *App, run runner[trustOptions]) *cobra.Command {
	var o trustOptions
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Show what the project would run on this machine, and decide",
		Long: `trust shows what the project would run or expose on this machine: hooks, plugins,
extensions, secret providers, and what its containers get of the host. On a
terminal it asks whether you trust the project with that.

The answer is kept in devpm's own state directory, for this directory and this
content: devpm asks again when one of those things changes, and for nothing
else. Without a terminal, DEVPM_TRUST=DIGEST accepts exactly the digest shown.`,
		Example: `  devpm trust
  devpm trust --show                       # only look
  devpm trust --revoke                     # forget the answer
  DEVPM_TRUST=3f0c… devpm up               # in CI: this content and no other`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	cmd.Flags().BoolVar(&o.Show, "show", false, "show the list and ask nothing")
	cmd.Flags().BoolVar(&o.Revoke, "revoke", false, "forget that this project is trusted")
	formatVar(cmd, &o.Format, "text", "json")
	exclusive(cmd, "show", "revoke")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitUntrusted, exitInterrupted)
	return cmd
}

// trustFlag adds --trust to a command that runs what a project brings along.
func trustFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "trust", false, "trust this project as it is, and remember that")
}

// lookFlag is --trust of a command that only looks at the project; it wraps the
// run, so it is called when that is set.
func lookFlag(app *App, cmd *cobra.Command) {
	cmd.Flags().BoolVar(&app.TrustOnce, "trust", false, "ask the project's extensions too: trust it as it is, for this command")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		app.looks = true
		return run(cmd, args)
	}
}

func runTrust(ctx context.Context, app *App, o trustOptions) error {
	if o.Revoke {
		return app.revokeTrust()
	}
	p, err := app.open(ctx, nil, nil)
	if err != nil {
		return err
	}
	t := p.judgeTrust(app)
	if o.Format == "json" {
		if err := app.Out().TrustJSON(p.trustReport()); err != nil {
			return err
		}
		if o.Show || t.accepted {
			return nil
		}
		return withStatus(exitUntrusted, nil)
	}
	if o.Show || t.accepted {
		app.Out().Trust(p.trustReport())
		return nil
	}
	if err := p.settleTrust(ctx, app, nil, nil, false); err != nil {
		return err
	}
	app.say("this project is trusted now")
	return nil
}

// revokeTrust forgets the decision, whatever state the manifest is in.
func (a *App) revokeTrust() error {
	p, err := readProject(a, "", "")
	if err != nil {
		return err
	}
	store := p.trustStore(a)
	had, err := store.Revoke()
	if err != nil {
		return writeFault(store.Dir, err)
	}
	if had {
		a.say("this project is no longer trusted")
	} else {
		a.say("this project was not trusted")
	}
	return nil
}
