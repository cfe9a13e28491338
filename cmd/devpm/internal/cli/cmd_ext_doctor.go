package cli

import "github.com/spf13/cobra"

// extDoctorOptions are the flags and arguments of `devpm ext doctor`.
type extDoctorOptions struct {
	Name   string // NAME[@VERSION]; "" is all
	Format string // text, json
}

func newExtDoctorCmd(app *App, run runner[extDoctorOptions]) *cobra.Command {
	var o extDoctorOptions
	cmd := &cobra.Command{
		Use:   "doctor [NAME[@VERSION]]",
		Short: "Check that extensions can run here",
		Long: `doctor looks at the extensions that the project requires, or outside of one at
the newest version of each that is installed: whether the archive and its copy
are what was installed, which Python or program would run, what its metadata
warns of, the signature, how far it can be held in, and what the policy says. It
changes nothing.

It also starts the extension, in the sandbox and without any right, to hear what
it adds; in a project only once you trusted that.`,
		Example: `  devpm ext doctor
  devpm ext doctor backup --format json`,
		Args: argsBetween(0, 1, "one extension"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Name = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
