package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/extensions/pack"
)

// extListOptions are the flags of `devpm ext list`.
type extListOptions struct{ Format string } // table, json

func newExtListCmd(app *App, run runner[extListOptions]) *cobra.Command {
	var o extListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the installed extensions",
		Long: `list shows the packages of this user's store: every version, what runs it, what
it can do, and whether its signature is one of a trusted key. In a project it also
says which of them the project uses.`,
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
	uses, inProject := usedPackages(app, s)
	rows := []view.InstalledPackage{}
	for _, i := range all {
		row := installedView(i, settings.Keys)
		row.Project = uses[i.Name+"@"+i.Version]
		rows = append(rows, row)
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
		app.Out().InstalledPackages(rows, inProject)
	}
	return faults.Err()
}

// usedPackages are the packages of a store, as NAME@VERSION, that the project
// requires: those that it uses, and those that are disabled. ok is false where
// there is no project, or none that can be read: what is installed is shown all
// the same.
func usedPackages(app *App, s *pack.Store) (uses map[string]string, ok bool) {
	r, err := openRequiring(app, false)
	if err != nil || r == nil {
		return nil, false
	}
	locked, err := r.readLock(app)
	if err != nil {
		return nil, false
	}
	uses = map[string]string{}
	for _, q := range r.requirements() {
		constraint, err := pack.ParseConstraint(q.version)
		if err != nil {
			continue // said by validate
		}
		i, err := s.Resolve(q.name, constraint, locked.Extensions[q.name].SHA256)
		if err != nil {
			continue // said by the plan
		}
		uses[i.Name+"@"+i.Version] = "uses"
		if !q.enabled {
			uses[i.Name+"@"+i.Version] = "disabled"
		}
	}
	return uses, true
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
