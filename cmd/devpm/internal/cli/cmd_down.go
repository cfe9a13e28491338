package cli

import "github.com/spf13/cobra"

// downOptions are the flags of `devpm down`.
type downOptions struct {
	Volumes bool
	Data    bool
	Trust   bool
}

func newDownCmd(app *App, run runner[downOptions]) *cobra.Command {
	var o downOptions
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop and remove the containers",
		Long: `down stops the containers of the project and removes them and their networks.

Data stays unless a flag says otherwise: --volumes removes the named volumes,
--data deletes the project's own data directory. Neither can be undone.

A project with pre_down or post_down hooks must be trusted, as for 'devpm up'.`,
		Example: `  devpm down
  devpm down --volumes --data    # start from nothing next time`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.Volumes, "volumes", false, "also remove the named volumes, with what is in them")
	f.BoolVar(&o.Data, "data", false, "also delete the bound data/ directory")
	trustFlag(cmd, &o.Trust)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitUntrusted, exitInterrupted, exitChild)
	return cmd
}
