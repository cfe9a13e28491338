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
		Use:   "explain PATH",
		Short: "Say where a value of the Compose file comes from",
		Long: `explain says where a value of the generated docker-compose.yml comes from: the
layer that set it, the file and line, the variables it was made from, and what
it replaced. A path to a map or list explains everything below it.`,
		Example: `  devpm explain services.odoo.environment.CUSTOM_METRIC
  devpm explain services.web --format json`,
		Args: argsBetween(1, 1, "one path, such as services.web.image"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Path = args[0]
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
