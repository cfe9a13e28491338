package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/extensions/pack"
)

func newExtDownloadCmd(app *App, run runner[extNameOptions]) *cobra.Command {
	return newExtNameCmd(app, &cobra.Command{
		Use:   "download NAME[@VERSION]",
		Short: "Write the package of an installed extension to a file",
		Long: `download writes the very bytes that were installed to a file, and its signature
beside it. A file that is there already is not replaced.`,
		Example: `  devpm ext download tools
  devpm ext download tools@1.0.0 -o /tmp/tools.zip`,
	}, "one name", run, exitOK, exitError, exitUsage, exitInterrupted)
}

func runExtDownload(_ context.Context, app *App, o extNameOptions) error {
	i, err := findInstalled(app, o.Name)
	if err != nil {
		return err
	}
	shown := o.Output
	if shown == "" {
		shown = i.Name + "-" + i.Version + ".zip"
	}
	content, err := i.Bytes()
	if err != nil {
		return packageFault(i.Blob(), err)
	}
	files := []newFile{{shown, content, 0o644}}
	if i.Signature != "" {
		files = append(files, newFile{shown + pack.SignatureSuffix, []byte(i.Signature), 0o644})
	}
	if err := app.writeNew(files...); err != nil {
		return err
	}
	result := view.BuiltPackage{File: filepath.ToSlash(shown), Package: packageView(i.Metadata), SHA256: i.SHA256, Size: i.Size}
	if o.Format == "json" {
		return app.Out().BuiltPackageJSON(result)
	}
	app.Out().Line(result.File)
	app.Out().Line("sha256 " + i.SHA256)
	return nil
}

// newFile is a file that a command makes where it was told to.
type newFile struct {
	name    string // as given
	content []byte
	mode    fs.FileMode
}

// writeNew writes files that must not be there: all of them, or none.
func (a *App) writeNew(files ...newFile) error {
	for n, file := range files {
		path := a.path(file.name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, file.mode)
		if err == nil {
			_, err = f.Write(file.content)
			if err = errors.Join(err, f.Close()); err == nil {
				continue
			}
			err = errors.Join(err, os.Remove(path))
		}
		for _, made := range files[:n] {
			err = errors.Join(err, os.Remove(a.path(made.name)))
		}
		return packageFault(file.name, err)
	}
	return nil
}
