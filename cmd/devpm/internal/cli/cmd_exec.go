package cli

import "github.com/spf13/cobra"

// execOptions are the flags and arguments of `devpm exec`.
type execOptions struct {
	NoTTY   bool
	Service string
	Command []string // at least one element; its flags are its own
}

func newExecCmd(app *App, run runner[execOptions]) *cobra.Command {
	var o execOptions
	cmd := &cobra.Command{
		Use:   "exec [-T] SERVICE COMMAND [ARGS…]",
		Short: "Run a command inside a running service",
		Long: `exec runs a command inside a running service, on a terminal when there is one.

Everything after SERVICE belongs to the command.`,
		Example: `  devpm exec web sh
  devpm exec -T db pg_dump -U odoo shop > shop.sql`,
		DisableFlagsInUseLine: true,
		Args:                  argsBetween(2, -1, "a service and a command"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Service, o.Command = args[0], args[1:]
			return run(cmd.Context(), app, o)
		},
	}
	f := cmd.Flags()
	f.SetInterspersed(false)
	f.BoolVarP(&o.NoTTY, "no-tty", "T", false, "do not allocate a terminal")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitUnstartable, exitNotFound, exitInterrupted, exitChild)
	return cmd
}
