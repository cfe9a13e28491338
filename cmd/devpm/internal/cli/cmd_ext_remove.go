package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// extNameOptions are the flags and arguments of the commands about one
// extension.
type extNameOptions struct {
	Name   string
	Output string // download
	Format string // text, json
}

func newExtNameCmd(app *App, cmd *cobra.Command, what string, run runner[extNameOptions], codes ...int) *cobra.Command {
	var o extNameOptions
	cmd.Args = argsBetween(1, 1, what)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.Name = args[0]
		return run(cmd.Context(), app, o)
	}
	if cmd.Name() == "download" {
		cmd.Flags().StringVarP(&o.Output, "output", "o", "", "write it to `FILE` (default NAME-VERSION.zip here)")
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, codes...)
	return cmd
}

func newExtRemoveCmd(app *App, run runner[extNameOptions]) *cobra.Command {
	return newExtNameCmd(app, &cobra.Command{
		Use:   "remove NAME[@VERSION]",
		Short: "Remove an extension from the store",
		Long: `remove takes a package out of the store of this user: all its versions, or the
one that is named. Other projects that use it will miss it. What odpm.json and
the lock say stays; 'ext disable' is for one project.`,
		Example: `  devpm ext remove tools
  devpm ext remove tools@1.0.0`,
	}, "one name", run, exitOK, exitError, exitUsage, exitInterrupted)
}

func runExtRemove(ctx context.Context, app *App, o extNameOptions) error {
	s, err := extensionStore(app)
	if err != nil {
		return err
	}
	name, version := nameAndVersion(o.Name)
	removed, err := s.Remove(ctx, name, version)
	if err != nil {
		return packageFault(s.Dir, err)
	}
	if r, err := openRequiring(app, false); err == nil && r != nil {
		if q, ok := r.requirement(name); ok && q.enabled {
			app.warn(diag.List{{Code: diag.StillRequired, Severity: diag.Warning, Range: q.node.Range, Path: "extensions.require." + name,
				Message: fmt.Sprintf("this project still requires %s", name), Fix: fmt.Sprintf("remove the entry, or run `devpm ext disable %s`", name)}})
		}
	}
	if o.Format == "json" {
		return app.Out().RemovedJSON(name, removed)
	}
	for _, v := range removed {
		app.Out().Line("removed " + name + " " + v)
	}
	return nil
}

func newExtEnableCmd(app *App, run runner[extNameOptions]) *cobra.Command {
	return newExtNameCmd(app, &cobra.Command{
		Use:   "enable NAME",
		Short: "Use an extension of the project again",
		Long: `enable undoes 'ext disable': it takes "enabled": false out of the extension's
entry in extensions.require of odpm.json, and shows the change.`,
		Example: `  devpm ext enable tools`,
	}, "one name", run, exitOK, exitError, exitUsage, exitLocked, exitInterrupted)
}

func newExtDisableCmd(app *App, run runner[extNameOptions]) *cobra.Command {
	return newExtNameCmd(app, &cobra.Command{
		Use:   "disable NAME",
		Short: "Leave an extension of the project out",
		Long: `disable writes "enabled": false into the extension's entry in extensions.require
of odpm.json, and shows the change. The entry and its lock stay, and nothing of
the extension is started or added.`,
		Example: `  devpm ext disable tools`,
	}, "one name", run, exitOK, exitError, exitUsage, exitLocked, exitInterrupted)
}

func runExtEnable(_ context.Context, app *App, o extNameOptions) error {
	return switchExtension(app, o, true)
}

func runExtDisable(_ context.Context, app *App, o extNameOptions) error {
	return switchExtension(app, o, false)
}

func switchExtension(app *App, o extNameOptions, on bool) error {
	r, err := openRequiring(app, true)
	if err != nil {
		return err
	}
	word := "disable"
	if on {
		word = "enable"
	}
	var diff string
	err = r.locked(app, commandLine("ext "+word, []string{o.Name}), func(*fsx.Tree) error {
		if err := r.read(app); err != nil {
			return err
		}
		q, ok := r.requirement(o.Name)
		if !ok {
			var known []string
			for _, q := range r.requirements() {
				known = append(known, q.name)
			}
			fix := "the project requires none; `devpm ext install` adds one"
			if len(known) > 0 {
				fix = "it requires " + strings.Join(known, ", ")
			}
			return fault(diag.RequireAbsent, manifestName, fmt.Sprintf("the project does not require the extension %s", o.Name), fix)
		}
		q.enabled = on
		diff, err = r.write(app, q)
		return err
	})
	if err != nil {
		return err
	}
	result := view.Switched{Name: o.Name, Enabled: on, Diff: diff}
	if o.Format == "json" {
		return app.Out().SwitchedJSON(result)
	}
	app.Out().Switched(result)
	return nil
}
