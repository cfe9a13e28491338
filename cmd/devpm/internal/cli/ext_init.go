package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/starter"
	"github.com/devpm/devpm/internal/fsx"
)

// runExtInit writes a new extension into an empty directory.
func runExtInit(_ context.Context, app *App, o extInitOptions) error {
	if !starter.ValidName(o.Name) {
		return fault(diag.NewExtensionName, "", fmt.Sprintf("%q cannot be the name of a new extension", o.Name),
			"use small letters, digits and single dashes, a letter first: mail-tools")
	}
	shown := o.Dir
	if shown == "" {
		shown = o.Name
	}
	dir := app.path(shown)
	switch entries, err := os.ReadDir(dir); {
	case err == nil && len(entries) > 0:
		return fault(diag.NewExtensionOccupied, shown, "the directory is not empty", "give another name, or another directory with --dir")
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fault(diag.NewExtensionOccupied, shown, "the directory cannot be used: "+cause(err), "give another directory with --dir")
	}
	files, err := starter.Files(o.Name, starter.Language(o.Language), runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	if err := writeExtension(dir, files); err != nil {
		return packageFault(filepath.ToSlash(shown), err)
	}
	app.Out().NewExtension(shown, starter.Language(o.Language))
	return nil
}

// writeExtension writes the files of a new extension below a directory.
func writeExtension(dir string, files []starter.File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tree, err := fsx.OpenTree(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := tree.WriteFile(f.Name, f.Content, 0o644); err != nil {
			return errors.Join(err, tree.Close())
		}
	}
	return tree.Close()
}
