package cli

import "github.com/spf13/cobra"

// initOptions are the flags of `devpm init`.
type initOptions struct {
	Stack string // none, odoo
	Force bool
}

func newInitCmd(app *App, run runner[initOptions]) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first odpm.json",
		Long: `init writes a small odpm.json that works as it is, and says what to run next.

An odpm.json that is there already stays, unless --force is given.`,
		Example: `  devpm init
  devpm init --stack odoo`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	choiceVar(cmd.Flags(), &o.Stack, "stack", "what the environment is built on", "none", "odoo")
	complete(cmd, "stack", "none", "odoo")
	cmd.Flags().BoolVar(&o.Force, "force", false, "replace an odpm.json that is there")
	exitStatus(cmd, exitOK, exitError, exitUsage)
	return cmd
}
