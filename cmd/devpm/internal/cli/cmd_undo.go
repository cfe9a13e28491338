package cli

import "github.com/spf13/cobra"

// undoOptions are the flags of `devpm undo`.
type undoOptions struct {
	DryRun bool
	Yes    bool
	Format string // text, json
}

func newUndoCmd(app *App, run runner[undoOptions]) *cobra.Command {
	var o undoOptions
	cmd := &cobra.Command{
		Use:   "undo",
		Short: "Take back what an `up` made that did not succeed",
		Long: `undo takes back what 'devpm up' made since it last succeeded: containers,
networks, volumes, images, clones, files, directories and links. What was there
before stays or is put back; so does what you have changed since. What hooks did
is not known and stays.

After an 'up' that succeeded there is nothing to undo.`,
		Example: `  devpm undo --dry-run    # only list it
  devpm undo --yes        # without asking, as in a script`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.DryRun, "dry-run", false, "list what would be taken back, and change nothing")
	f.BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitInterrupted)
	return cmd
}
