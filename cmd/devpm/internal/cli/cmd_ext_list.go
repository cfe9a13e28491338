package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
)

// extListOptions are the flags of `devpm ext list`.
type extListOptions struct{ Format string } // table, json

func newExtListCmd(app *App, run runner[extListOptions]) *cobra.Command {
	var o extListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the installed extensions",
		Long: `list shows the packages of this user's store: every version, what runs it, what
it can do, and whether its signature is one of a trusted key.`,
		Example: `  devpm ext list
  devpm ext list --format json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	formatVar(cmd, &o.Format, "table", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

func runExtList(_ context.Context, app *App, o extListOptions) error {
	s, err := extensionStore(app)
	if err != nil {
		return err
	}
	settings, err := readExtensionSettings(app)
	if err != nil {
		return err
	}
	all, faults, err := s.List()
	if err != nil {
		return packageFault(s.Dir, err)
	}
	rows := []view.InstalledPackage{}
	for _, i := range all {
		rows = append(rows, installedView(i, settings.Keys))
	}
	if o.Format == "json" {
		if err := faults.Err(); err != nil {
			return err
		}
		return app.Out().InstalledPackagesJSON(rows)
	}
	if len(rows) == 0 && len(faults) == 0 {
		app.Out().Line("no extension is installed; `devpm ext install FILE` installs one")
	} else {
		app.Out().InstalledPackages(rows)
	}
	return faults.Err()
}

// extInspectOptions are the flags and arguments of `devpm ext inspect`.
type extInspectOptions struct {
	What   string
	Format string // text, json
}

func newExtInspectCmd(app *App, run runner[extInspectOptions]) *cobra.Command {
	var o extInspectOptions
	cmd := &cobra.Command{
		Use:   "inspect FILE|NAME[@VERSION]",
		Short: "Show what a package says about itself",
		Long: `inspect shows the metadata of a package, what it can do and what it contributes.
It reads a file, or a package of the store, and runs nothing.`,
		Example: `  devpm ext inspect dist/tools-1.0.0.zip
  devpm ext inspect tools --format json`,
		Args: argsBetween(1, 1, "one file or name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.What = args[0]
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

func runExtInspect(_ context.Context, app *App, o extInspectOptions) error {
	if isFileArgument(o.What) {
		a, err := openPackage(app, o.What)
		if err != nil {
			return err
		}
		p := view.BuiltPackage{File: a.File, Package: packageView(a.Metadata), SHA256: a.SHA256, Size: int64(len(a.Bytes())), Files: len(a.Entries)}
		if o.Format == "json" {
			return app.Out().BuiltPackageJSON(p)
		}
		app.Out().InspectFile(p)
		return nil
	}
	settings, err := readExtensionSettings(app)
	if err != nil {
		return err
	}
	i, err := findInstalled(app, o.What)
	if err != nil {
		return err
	}
	p := installedView(i, settings.Keys)
	if o.Format == "json" {
		return app.Out().InstalledPackageJSON(p)
	}
	app.Out().Inspect(p)
	return nil
}
