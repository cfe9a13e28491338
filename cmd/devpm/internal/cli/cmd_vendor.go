package cli

import (
	"github.com/spf13/cobra"
)

// vendorOptions are the flags and arguments of `devpm vendor`.
type vendorOptions struct {
	Dir    string // "" is the project's own
	Check  bool
	Format string // table, json
}

func newVendorCmd(app *App, run runner[vendorOptions]) *cobra.Command {
	var o vendorOptions
	cmd := &cobra.Command{
		Use:   "vendor [DIR]",
		Short: "Keep everything that `up --offline` needs",
		Long: `vendor makes a directory, .odpm/vendor unless DIR names another, with everything
that the project takes from outside: repositories at the commits that are checked
out, images as archives, Python packages as wheels, packages of extensions, the
lock. 'devpm up --offline' then needs no network, on this machine or on one that
the directory was copied to.

Repositories that are missing are cloned first, and images that no service
builds are pulled. Nothing of the project is run on this machine, but extensions
that are trusted are asked what they add, and pip works in a container; a project
with git repositories that name programs must be trusted. Running it again
changes only what is not there yet.`,
		Example: `  devpm vendor
  devpm vendor /media/stick/shop     # to carry it to another machine
  devpm vendor --check               # is everything still as it was?`,
		Args: argsBetween(0, 1, "one directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Dir = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	cmd.Flags().BoolVar(&o.Check, "check", false, "only compare every file with the index")
	formatVar(cmd, &o.Format, "table", "json")
	lookFlag(app, cmd)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitUntrusted, exitInterrupted)
	return cmd
}
