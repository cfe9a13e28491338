package cli

import "github.com/spf13/cobra"

// renderOptions are the flags of `devpm render`.
type renderOptions struct {
	Format      string // yaml, json
	ShowSecrets bool
}

func newRenderCmd(app *App, run runner[renderOptions]) *cobra.Command {
	var o renderOptions
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Print the Compose file without writing it",
		Long:  "render prints the docker-compose.yml that 'devpm up' would write, and writes nothing.",
		Example: `  devpm render
  devpm render --format json
  devpm render --scenario server`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	formatVar(cmd, &o.Format, "yaml", "json")
	cmd.Flags().BoolVar(&o.ShowSecrets, "show-secrets", false, "print the values of secrets instead of <secret:KEY>")
	lookFlag(app, cmd)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
