package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/manifest"
)

// versionOptions are the flags of `devpm version`.
type versionOptions struct {
	Format string // text, json
}

func newVersionCmd(app *App, run runner[versionOptions]) *cobra.Command {
	var o versionOptions
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print devpm's version",
		Long: `version prints devpm's own version and the odpm contract level, which a
manifest's requires_odpm is judged by.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

func runVersion(_ context.Context, app *App, o versionOptions) error {
	v := view.ReadVersion(app.Version, manifest.ContractLevel)
	if o.Format == "json" {
		return app.Out().JSON(v)
	}
	app.Out().Version(v)
	return nil
}
