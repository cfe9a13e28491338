package cli

import "github.com/spf13/cobra"

// doctorOptions are the flags of `devpm doctor`.
type doctorOptions struct {
	Format string // text, json
}

func newDoctorCmd(app *App, run runner[doctorOptions]) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that this machine has what devpm needs",
		Long: `doctor checks the engine, Compose, git, Python, the disk and the ports that the
project wants, and says what to do about what is missing. It changes nothing.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
