package cli

import "github.com/spf13/cobra"

// extInitOptions are the flags and arguments of `devpm ext init`.
type extInitOptions struct {
	Name     string
	Language string // python, go
	Dir      string // "" is one of the name
}

func newExtInitCmd(app *App, run runner[extInitOptions]) *cobra.Command {
	var o extInitOptions
	cmd := &cobra.Command{
		Use:   "init NAME",
		Short: "Write a new extension that works as it is",
		Long: `init makes a directory with a small extension: extension.yml, code with one
prepare step, a test, and a README that says how to build and install it. Nothing
is downloaded, now or when it is built: an extension in Go gets a copy of devpm's
SDK, one in Python needs none.`,
		Example: `  devpm ext init mail-tools
  devpm ext init mail-tools --lang go --dir src/mail-tools`,
		Args: argsBetween(1, 1, "one name, such as mail-tools"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return run(cmd.Context(), app, o)
		},
	}
	choiceVar(cmd.Flags(), &o.Language, "lang", "the language of the code", "python", "go")
	complete(cmd, "lang", "python", "go")
	cmd.Flags().StringVar(&o.Dir, "dir", "", "write into `DIR` instead of one of the extension's name")
	exitStatus(cmd, exitOK, exitError, exitUsage)
	return cmd
}
