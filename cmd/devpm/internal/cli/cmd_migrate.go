package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare/lock"
)

// migrateOptions are the flags and arguments of `devpm manifest migrate`.
type migrateOptions struct {
	File   string // "": the project's odpm.json
	Format string // text, json
	Write  bool
}

func newMigrateCmd(app *App, run runner[migrateOptions]) *cobra.Command {
	var o migrateOptions
	cmd := &cobra.Command{
		Use:   "migrate [FILE]",
		Short: "Convert a flat manifest to schema 2",
		Long: `migrate shows what a flat manifest (schema 1) becomes in schema 2, as a diff. The
commits of .odpm/deps.lock.json go into the new file; what has no place in it is
said. With --write the file is replaced. odpm reads the result too.`,
		Example: `  devpm manifest migrate
  devpm manifest migrate --write`,
		Args: argsBetween(0, 1, "one file at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.File = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	cmd.Flags().BoolVar(&o.Write, "write", false, "replace the file")
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

func runMigrate(_ context.Context, app *App, o migrateOptions) error {
	file, err := manifestPath(app, o.File)
	if err != nil {
		return err
	}
	name := filepath.Base(file)
	src, err := readConfig(file)
	if err != nil {
		return faultManifestFile(name, err)
	}
	app.Sources.Add(name, src)
	options := manifest.MigrateOptions{LockFile: lock.DependenciesPath}
	switch options.Lock, err = readConfig(filepath.Join(filepath.Dir(file), filepath.FromSlash(lock.DependenciesPath))); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fault(diag.ManifestLockUnread, lock.DependenciesPath, "the file cannot be read: "+cause(err), "make it readable, or move it away to convert without commits")
	default:
		app.Sources.Add(lock.DependenciesPath, options.Lock)
	}
	var found diag.Collector
	out := manifest.Migrate(name, src, options, &found)
	if out == nil {
		return found.Err()
	}
	if o.Write {
		if err := replaceManifest(file, out); err != nil {
			return err
		}
	}
	diff, _, _ := compose.UnifiedDiff(name, src, out)
	result := view.Migration{File: name, Written: o.Write, Diff: diff, Diagnostics: found.List()}
	if o.Format == "json" {
		return app.Out().MigrationJSON(result)
	}
	app.warn(result.Diagnostics)
	app.Out().Migration(result)
	return nil
}

// manifestPath is the manifest that a command names, or the project's.
func manifestPath(app *App, file string) (string, error) {
	if file != "" {
		return app.path(file), nil
	}
	dir, err := findProject(app, homeDir(app))
	return filepath.Join(dir, manifestName), err
}

// replaceManifest writes a manifest in place of one that is there, with its
// mode. Where it is a symbolic link, what it leads to is replaced.
func replaceManifest(file string, content []byte) error {
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return faultManifestFile(filepath.Base(file), err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return faultManifestFile(filepath.Base(file), err)
	}
	if err := fsx.WriteFileAtomic(target, content, info.Mode().Perm()); err != nil {
		return writeFault(filepath.Base(file), err)
	}
	return nil
}
