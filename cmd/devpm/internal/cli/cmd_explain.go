package cli

import "github.com/spf13/cobra"

// explainOptions are the flags and arguments of `devpm explain`.
type explainOptions struct {
	Path   string
	Format string // text, json
}

func newExplainCmd(app *App, run runner[explainOptions]) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use:   "explain [PATH | FILE[:KEY]]",
		Short: "Say where a generated value or file comes from",
		Long: `explain says where a value of the generated docker-compose.yml comes from: the
layer that set it, the file and line, the variables it was made from, and what
it replaced. Of a value that no file says it tells devpm's rule, and the settings
that the rule goes by. A path to a map or list explains everything below it.

With the name of another generated file it says which step writes the file, from
what, and whether it differs from the disk; with FILE:KEY it explains one value
of it. Without an argument it lists everything that can be explained.`,
		Example: `  devpm explain services.odoo.environment.CUSTOM_METRIC
  devpm explain services.web --format json
  devpm explain odoo.conf:options.db_host`,
		Args: argsBetween(0, 1, "at most one path or file, such as services.web.image"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Path = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json")
	lookFlag(app, cmd)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
