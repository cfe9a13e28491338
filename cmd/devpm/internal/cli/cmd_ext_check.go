package cli

import "github.com/spf13/cobra"

// extTestOptions are the flags and arguments of `devpm ext test`.
type extTestOptions struct {
	Path    string
	Args    []string // of the program
	Project bool     // tell it of the project here, not of a sample
	Format  string   // text, json
}

func newExtTestCmd(app *App, run runner[extTestOptions]) *cobra.Command {
	var o extTestOptions
	cmd := &cobra.Command{
		Use:   "test PATH [ARGUMENT…]",
		Short: "Check that an extension speaks the protocol",
		Long: `test starts the program of an extension and asks it everything that devpm may
ask, and some that only a later devpm will: unknown methods, fields and
notifications, the longest message, requests that are cancelled. It says what is
wrong and how to put it right. No step, hook or command is executed, but the
program itself runs with your rights: test what you would also run by hand.

It is told of a sample project with one service. With --project it is told of the
one here, as 'devpm plan' would: what depends on the manifest is tried for real.

PATH is a program in any language, a directory with extension.yml, a package
(.zip) or a Python file (.py). ARGUMENTs are passed on to a program.

What the program says is described in docs/protocol.`,
		Example: `  devpm ext test ./mailer
  devpm ext test mailer-1.0.0.zip
  devpm ext test .odpm/plugins/mailpit.py
  devpm ext test --project dist/mailer-1.0.0.zip
  devpm ext test --format json ./mailer`,
		Args: argsBetween(1, -1, "the path of an extension"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Path, o.Args = args[0], args[1:]
			return run(cmd.Context(), app, o)
		},
	}
	cmd.Flags().BoolVar(&o.Project, "project", false, "tell it of the project here, not of a sample")
	formatVar(cmd, &o.Format, "text", "json")
	cmd.Flags().SetInterspersed(false) // what follows PATH is the program's
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
