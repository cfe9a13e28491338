package cli

import "github.com/spf13/cobra"

// restartOptions are the arguments of `devpm restart`.
type restartOptions struct{ Services []string }

func newRestartCmd(app *App, run runner[restartOptions]) *cobra.Command {
	var o restartOptions
	cmd := &cobra.Command{
		Use:   "restart [SERVICE…]",
		Short: "Restart containers as they are",
		Long: `restart stops and starts the containers of the project, or of the services
named, as they are. After a change of odpm.json use 'devpm up'.`,
		Example: `  devpm restart
  devpm restart web`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Services = args
			return run(cmd.Context(), app, o)
		},
	}
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitInterrupted)
	return cmd
}
