package cli

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// initName is the file that `devpm init` writes.
const initName = "odpm.json"

// templates holds the first manifest of each stack.
//
//go:embed init
var templates embed.FS

// initOptions are the flags of `devpm init`.
type initOptions struct {
	Stack string // none, odoo
	Force bool
}

func newInitCmd(app *App, run runner[initOptions]) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first odpm.json",
		Long: `init writes a small odpm.json that works as it is, and says what to run next.

An odpm.json that is there already stays, unless --force is given.`,
		Example: `  devpm init
  devpm init --stack odoo`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), app, o) },
	}
	choiceVar(cmd.Flags(), &o.Stack, "stack", "what the environment is built on", "none", "odoo")
	complete(cmd, "stack", "none", "odoo")
	cmd.Flags().BoolVar(&o.Force, "force", false, "replace an odpm.json that is there")
	exitStatus(cmd, exitOK, exitError, exitUsage)
	return cmd
}

func runInit(_ context.Context, app *App, o initOptions) error {
	content, err := templates.ReadFile("init/" + o.Stack + ".json")
	if err != nil {
		return fmt.Errorf("reading the first manifest of stack %s: %w", o.Stack, err)
	}
	file := filepath.Join(app.Dir, initName)
	switch _, err := os.Lstat(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return faultManifestFile(initName, err)
	case !o.Force:
		return fault(diag.ManifestExists, initName, "the project has a manifest already", "edit it, or replace it with `devpm init --force`")
	default: // a manifest may be a symbolic link; what it leads to is replaced
		target, err := filepath.EvalSymlinks(file)
		if err != nil {
			return faultManifestFile(initName, err)
		}
		file = target
	}
	if err := fsx.WriteFileAtomic(file, content, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	if app.Verbosity < 0 {
		return nil
	}
	fmt.Fprintf(app.Streams.Out, `wrote %s (stack %s)

Next:
  devpm plan    see what would happen, and why
  devpm up      make it happen
  devpm ps      see what runs
`, initName, o.Stack)
	return nil
}
