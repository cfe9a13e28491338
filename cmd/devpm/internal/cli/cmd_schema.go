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

func newSchemaCmd(app *App, manifest, extension runner[schemaOptions]) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:                   "schema COMMAND",
		Short:                 "Print a JSON Schema, for editors",
		Long:                  "schema prints the JSON Schemas that devpm carries.",
		DisableFlagsInUseLine: true,
	})
	cmd.AddCommand(newSchemaManifestCmd(app, manifest), newSchemaExtensionCmd(app, extension))
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

func newSchemaExtensionCmd(app *App, run runner[schemaOptions]) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "extension",
		Short: "Print the JSON Schema of extension.yml",
		Long: `extension prints the JSON Schema of extension.yml, with a description of every
key. An editor with a YAML language server takes it from its settings, or from a
first line such as "# yaml-language-server: $schema=extension.schema.json".

It knows the shape of the file. ` + "`devpm ext validate`" + ` checks more, such as whether
what the file names is there.`,
		Example: `  devpm schema extension > extension.schema.json`,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, schemaOptions{}) },
	}
	exitStatus(cmd, exitOK, exitUsage)
	return cmd
}

func runSchemaExtension(_ context.Context, app *App, _ schemaOptions) error {
	_, err := app.Streams.Out.Write(schema.ExtensionText())
	return err
}

func runSchemaManifest(_ context.Context, app *App, o schemaOptions) error {
	text := schema.ManifestText()
	if o.Level == "odpm" {
		text = schema.PlainManifestText()
	}
	_, err := app.Streams.Out.Write(text)
	return err
}
