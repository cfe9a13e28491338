package cli

import (
	"github.com/spf13/cobra"
)

// ejectOptions are the flags of `devpm eject`.
type ejectOptions struct{ Force bool }

func newEjectCmd(app *App, run runner[ejectOptions]) *cobra.Command {
	var o ejectOptions
	cmd := &cobra.Command{
		Use:   "eject",
		Short: "Leave a plain Compose project that needs no devpm",
		Long: `eject writes docker-compose.yml as a file of your own: with the project's name, so
that the same containers and volumes go on, and with paths relative to it. What
containers mount from .odpm is copied to docker/. EJECTED.md says which
repositories belong where, which commands ran when, and what may be deleted.

It deletes nothing and runs nothing. A file that you wrote yourself is only
replaced with --force.`,
		Example: `  devpm eject
  docker compose up -d --wait        # from now on`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "also replace files that devpm did not write")
	lookFlag(app, cmd)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitLocked, exitInterrupted)
	return cmd
}
