package cli

import "github.com/spf13/cobra"

// validateOptions are the flags and arguments of `devpm manifest validate`.
type validateOptions struct {
	File   string // "": the project's odpm.json
	Format string // text, json
}

func newManifestCmd(app *App, validate runner[validateOptions]) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:                   "manifest COMMAND",
		Short:                 "Check the manifest",
		Long:                  "manifest holds the commands that are about odpm.json itself.",
		DisableFlagsInUseLine: true,
	})
	cmd.AddCommand(newValidateCmd(app, validate))
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

func newValidateCmd(app *App, run runner[validateOptions]) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Find every fault of a manifest",
		Long: `validate checks a manifest and the Compose file made from it, and prints every
fault with its place and what to do. It runs nothing and writes nothing.`,
		Example: `  devpm manifest validate
  devpm manifest validate --format json shop/odpm.json`,
		Args: argsBetween(0, 1, "one file at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.File = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
