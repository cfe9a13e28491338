package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/internal/fsx"
)

// extBuildOptions are the flags and arguments of `devpm ext build`.
type extBuildOptions struct {
	Dir    string
	Output string // "": DIR/dist/NAME-VERSION.zip
	Format string // text, json
}

func newExtBuildCmd(app *App, run runner[extBuildOptions]) *cobra.Command {
	o := extBuildOptions{Dir: "."}
	cmd := &cobra.Command{
		Use:   "build [DIR]",
		Short: "Make a package of a directory",
		Long: `build checks the extension in DIR, or here, and packs it. The same files give the
same bytes on every machine: names are sorted, times are fixed, and modes follow
from what the files are.

Left out are version control, caches, dist/, .venv and what .devpmignore names,
which is written like .dockerignore.`,
		Example: `  devpm ext build
  devpm ext build tools -o /tmp/tools.zip`,
		Args: argsBetween(0, 1, "one directory at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Dir = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	cmd.Flags().StringVarP(&o.Output, "output", "o", "", "write the package to `FILE` (default DIR/dist/NAME-VERSION.zip)")
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

func runExtBuild(_ context.Context, app *App, o extBuildOptions) error {
	a, err := buildPackage(app, o.Dir)
	if err != nil {
		return err
	}
	shown := o.Output
	if shown == "" {
		shown = filepath.Join(o.Dir, "dist", a.Metadata.Name+"-"+a.Metadata.Version+".zip")
	}
	file := app.path(shown)
	if o.Output == "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return packageFault(shown, err)
		}
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return fault(diag.PackageFile, filepath.ToSlash(shown), "the package cannot be written there: it is no file", "name a file with -o")
	}
	if err := fsx.WriteFileAtomic(file, a.Bytes(), 0o644); err != nil {
		return packageFault(shown, err)
	}
	result := view.BuiltPackage{File: filepath.ToSlash(shown), Package: packageView(a.Metadata), SHA256: a.SHA256, Size: int64(len(a.Bytes())), Files: len(a.Entries)}
	if o.Format == "json" {
		return app.Out().BuiltPackageJSON(result)
	}
	app.Out().Line(fmt.Sprintf("%s (%s %s, %s, %s)", result.File, a.Metadata.Name, a.Metadata.Version, countFiles(result.Files), countBytes(result.Size)))
	app.Out().Line("sha256 " + a.SHA256)
	return nil
}

// buildPackage makes the package of a directory that an argument names.
func buildPackage(app *App, dir string) (*pack.Archive, error) {
	shown := filepath.ToSlash(filepath.Clean(dir))
	// Its text is shown beside faults.
	if text, err := readConfig(filepath.Join(app.path(dir), pack.MetadataName)); err == nil && len(text) <= pack.MaxMetadata {
		app.Sources.Add(path.Join(shown, pack.MetadataName), text)
	}
	var found diag.Collector
	a, err := pack.Build(app.path(dir), shown, &found)
	if err != nil {
		return nil, packageFault(shown, err)
	}
	if a == nil {
		return nil, found.Err()
	}
	app.warn(found.List())
	return a, nil
}

// extValidateOptions are the flags and arguments of `devpm ext validate`.
type extValidateOptions struct {
	Path   string
	Format string // text, json
}

func newExtValidateCmd(app *App, run runner[extValidateOptions]) *cobra.Command {
	o := extValidateOptions{Path: "."}
	cmd := &cobra.Command{
		Use:   "validate [DIR|FILE]",
		Short: "Find every fault of an extension or its package",
		Long: `validate makes the checks of 'ext build' for a directory, and those of
'ext install' for a package, and writes nothing. It prints every fault with its
place and what to do. What a program answers is checked by 'ext test'.`,
		Example: `  devpm ext validate
  devpm ext validate dist/tools-1.0.0.zip
  devpm ext validate --format json`,
		Args: argsBetween(0, 1, "one directory or file at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Path = args[0]
			}
			return run(cmd.Context(), app, o)
		},
	}
	formatVar(cmd, &o.Format, "text", "json")
	exitStatus(cmd, exitOK, exitError, exitUsage, exitInterrupted)
	return cmd
}

func runExtValidate(_ context.Context, app *App, o extValidateOptions) error {
	a, err := packageAt(app, o.Path)
	if err != nil {
		return err
	}
	if o.Format == "json" {
		return app.Out().PackageJSON(packageView(a.Metadata))
	}
	app.Out().Line(fmt.Sprintf("%s %s is valid", a.Metadata.Name, a.Metadata.Version))
	return nil
}

// asPathError makes sure that an error of the file system names its path.
func asPathError(name string, err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	return &fs.PathError{Op: "open", Path: name, Err: err}
}
