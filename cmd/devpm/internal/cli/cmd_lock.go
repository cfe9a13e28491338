package cli

import (
	"github.com/spf13/cobra"
)

// lockShowOptions and lockUpdateOptions are the flags and arguments of
// `devpm lock` and `devpm lock update`.
type (
	lockShowOptions   struct{ Format string } // table, json
	lockUpdateOptions struct {
		Names  []string
		Format string // table, json
		Trust  bool
	}
)

func newLockCmd(app *App, show runner[lockShowOptions], update runner[lockUpdateOptions]) *cobra.Command {
	var o lockShowOptions
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Show what is locked, or lock anew",
		Long: `lock shows .odpm/lock.json: repositories by commit, images by digest and
extensions by checksum. 'devpm up --locked' runs with nothing else.`,
		Example: `  devpm lock
  devpm lock update               # take the newest of everything
  devpm lock update OCA/web       # of one repository only`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return show(cmd.Context(), app, o)
		},
		Args: cobra.ArbitraryArgs,
	}
	formatVar(cmd, &o.Format, "table", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	cmd.AddCommand(newLockUpdateCmd(app, update))
	return cmd
}

func newLockUpdateCmd(app *App, run runner[lockUpdateOptions]) *cobra.Command {
	var o lockUpdateOptions
	cmd := &cobra.Command{
		Use:   "update [NAME…]",
		Short: "Lock the newest of everything, or of what is named",
		Long: `update fetches the repositories, puts each on the newest commit of its branch
and writes the commits, with the digests of the images that the engine has, to
.odpm/lock.json and .odpm/deps.lock.json. Of extensions it locks the newest that
is installed and that extensions.require allows. It shows what changed.

A name is that of a repository, an image, a service or an extension; everything
else stays as it is locked. Git works in the repositories, and extensions are
asked what they add, so the project must be trusted, as for 'devpm up'.`,
		Example: `  devpm lock update
  devpm lock update OCA/web postgres:16`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Names = args
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "table", "json")
	trustFlag(cmd, &o.Trust)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitUntrusted, exitInterrupted)
	return cmd
}
