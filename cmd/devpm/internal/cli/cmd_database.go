package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/prepare"
)

// databaseOptions are the flags of `devpm database status`.
type databaseOptions struct{ Format string } // text, json

func newDatabaseCmd(app *App, status runner[databaseOptions]) *cobra.Command {
	cmd := group(&cobra.Command{
		Use: "database COMMAND", DisableFlagsInUseLine: true,
		Short: "Look at the database of the Odoo stack",
		Long: `database looks at the files of the Odoo stack's database and at what was noted
when it last started.`,
	})
	exitStatus(cmd, exitOK, exitUsage)
	var o databaseOptions
	show := &cobra.Command{
		Use:   "status",
		Short: "Compare the database with the last run",
		Long: `status prints the database that the project asks for, the one that the last
start left, what its files say, and in what they differ. 'devpm up' refuses to
start a database over files that it cannot use, or without those that it had;
--accept-database-drift lets it.

It reads files only and asks no engine.`,
		Example: `  devpm database status
  devpm database status --format json
  devpm up --accept-database-drift=data_dir_empty_changed`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return status(cmd.Context(), app, o) },
	}
	formatVar(show, &o.Format, "text", "json")
	lookFlag(app, show)
	exitStatus(show, exitOK, exitError, exitUsage, exitInterrupted)
	cmd.AddCommand(show)
	return cmd
}

// driftFlag is --accept-database-drift, for plan and up alike.
func driftFlag(app *App, cmd *cobra.Command) {
	kinds := prepare.DriftKinds()
	cmd.Flags().StringArrayVar(&app.AcceptDrift, "accept-database-drift", nil, "start although the database differs from the last run in this `KIND` (repeatable): "+strings.Join(kinds, ", "))
	complete(cmd, "accept-database-drift", kinds...)
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		for _, kind := range app.AcceptDrift {
			if !slices.Contains(kinds, kind) {
				return &usageError{cmd, fmt.Errorf("--accept-database-drift does not know %q: use one of %s", kind, strings.Join(kinds, ", "))}
			}
		}
		return run(cmd, args)
	}
}
