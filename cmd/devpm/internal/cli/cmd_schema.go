package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/schema"
)

// schemaOptions are the flags of `devpm schema manifest`.
type schemaOptions struct {
	Level string // devpm, odpm
}

func newSchemaCmd(app *App, manifest runner[schemaOptions]) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:                   "schema COMMAND",
		Short:                 "Print a JSON Schema, for editors",
		Long:                  "schema prints the JSON Schemas that devpm carries.",
		DisableFlagsInUseLine: true,
	})
	cmd.AddCommand(newSchemaManifestCmd(app, manifest))
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

func newSchemaManifestCmd(app *App, run runner[schemaOptions]) *cobra.Command {
	var o schemaOptions
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print the JSON Schema of odpm.json",
		Long: `manifest prints the JSON Schema of odpm.json (schema 2), with a description of
every key. An editor that finds it, by "$schema" in the manifest or by its own
settings, completes keys and marks faults while you type.`,
		Example: `  devpm schema manifest > .odpm/manifest.schema.json
  devpm schema manifest --contract odpm`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	choiceVar(cmd.Flags(), &o.Level, "contract", "whose keys to describe: devpm's, or only those that odpm knows too", "devpm", "odpm")
	complete(cmd, "contract", "devpm", "odpm")
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

func runSchemaManifest(_ context.Context, app *App, o schemaOptions) error {
	text := schema.ManifestText()
	if o.Level == "odpm" {
		text = schema.PlainManifestText()
	}
	_, err := app.Streams.Out.Write(text)
	return err
}
