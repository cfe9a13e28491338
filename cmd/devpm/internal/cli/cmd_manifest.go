package cli

import (
	"github.com/spf13/cobra"

	"github.com/devpm/devpm/manifest"
)

// validateOptions are the flags and arguments of `devpm manifest validate`.
type validateOptions struct {
	File   string // "": the project's odpm.json
	Format string // text, json, sarif, github
	Level  string // devpm, odpm
}

// contract is the schema to check against: odpm's own, or devpm's.
func (o validateOptions) contract() string {
	if o.Level == "odpm" {
		return manifest.ContractODPM
	}
	return ""
}

func newManifestCmd(app *App, validate runner[validateOptions], migrate runner[migrateOptions]) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:                   "manifest COMMAND",
		Short:                 "Check or convert the manifest",
		Long:                  "manifest holds the commands that are about odpm.json itself.",
		DisableFlagsInUseLine: true,
	})
	cmd.AddCommand(newValidateCmd(app, validate), newMigrateCmd(app, migrate))
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

func newValidateCmd(app *App, run runner[validateOptions]) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Find every fault of a manifest",
		Long: `validate checks a manifest and the Compose file made from it, and prints every
fault with its place and what to do. It does so for the active scenario and for
the others that the manifest declares. It runs nothing and writes nothing.

With --format github each fault is an annotation of GitHub Actions, with
--format sarif the result is a SARIF 2.1.0 log for code scanning.`,
		Example: `  devpm manifest validate
  devpm manifest validate --format json shop/odpm.json
  devpm manifest validate --format sarif > devpm.sarif`,
		Args: argsBetween(0, 1, "one file at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.File = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json", "sarif", "github")
	choiceVar(cmd.Flags(), &o.Level, "contract", "whose keys to allow: devpm's, or only those that odpm knows too", "devpm", "odpm")
	complete(cmd, "contract", "devpm", "odpm")
	lookFlag(app, cmd)
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}
