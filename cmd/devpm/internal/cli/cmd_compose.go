package cli

import "github.com/spf13/cobra"

// composeOptions are the arguments of `devpm compose`.
type composeOptions struct{ Args []string }

func newComposeCmd(app *App, run runner[composeOptions]) *cobra.Command {
	var o composeOptions
	cmd := &cobra.Command{
		Use:   "compose -- ARGS…",
		Short: "Run docker compose on the same project and file",
		Long: `compose runs docker compose with the project name and the file that devpm uses,
for everything that devpm has no command for.`,
		Example: `  devpm compose -- top
  devpm compose -- cp web:/etc/hosts .`,
		DisableFlagsInUseLine: true,
		Args:                  argsBetween(1, -1, "the arguments of docker compose, after --"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Args = args
			return run(cmd.Context(), app, o)
		},
	}
	cmd.Flags().SetInterspersed(false)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted, exitChild)
	return cmd
}
