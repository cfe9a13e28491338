package cli

import "github.com/spf13/cobra"

// stopOptions are the arguments of `devpm stop`.
type stopOptions struct{ Services []string }

func newStopCmd(app *App, run runner[stopOptions]) *cobra.Command {
	var o stopOptions
	cmd := &cobra.Command{
		Use:   "stop [SERVICE…]",
		Short: "Stop containers without removing them",
		Long:  "stop stops the containers of the project, or of the services named. 'devpm up' starts them again.",
		Example: `  devpm stop
  devpm stop web worker`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Services = args
			return run(cmd.Context(), app, o)
		},
	}
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitInterrupted)
	return cmd
}
