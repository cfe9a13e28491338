package cli

import "github.com/spf13/cobra"

// psOptions are the flags of `devpm ps`.
type psOptions struct {
	Format string // table, json
}

func newPsCmd(app *App, run runner[psOptions]) *cobra.Command {
	var o psOptions
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "List the services and their state",
		Long:  "ps lists the services of the project with their state, health and ports.",
		Example: `  devpm ps
  devpm ps --format json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	formatVar(cmd, &o.Format, "table", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
