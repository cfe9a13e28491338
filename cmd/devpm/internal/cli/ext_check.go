package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/conformance"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/internal/execx"
)

// runExtTest checks one extension. What it needs on disk (a deployed package, a
// project to speak of, a working directory) lies in a directory that is removed
// at the end.
func runExtTest(ctx context.Context, app *App, o extTestOptions) (err error) {
	t := &target{app: app, name: o.Path, path: app.path(o.Path), args: o.Args}
	if err := t.look(); err != nil {
		return err
	}
	if t.scratch, err = os.MkdirTemp("", "devpm-ext-test-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(t.scratch)) }()
	program, err := t.program(ctx)
	if err != nil {
		return err
	}
	options := conformance.Options{ProjectDir: filepath.Join(t.scratch, "project"), CacheDir: filepath.Join(t.scratch, "cache"), Version: versionOf(app), Self: app.Self}
	for _, dir := range []string{options.ProjectDir, options.CacheDir, program.Dir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(options.ProjectDir, manifestName), []byte(conformance.SampleManifest+"\n"), 0o600); err != nil {
		return err
	}
	if o.Project {
		p, err := app.open(ctx, nil, nil)
		if err != nil {
			return err
		}
		told := p.extensionInput(app).Initialize.Context
		options.Context = &told
	}
	report := conformance.Run(ctx, program, options)
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.Format == "json" {
		if err := app.Out().ConformanceJSON(report); err != nil {
			return err
		}
	} else {
		app.Out().Conformance(report)
	}
	if !report.OK() {
		return withStatus(exitError, nil)
	}
	return nil
}

// target is what `devpm ext test` was pointed at.
type target struct {
	app     *App
	name    string // as given
	path    string // absolute
	args    []string
	isDir   bool
	scratch string
}

const targetFix = "name a program, a directory with extension.yml, a package (.zip) or a Python file (.py)"

// look says what is there, before anything is written.
func (t *target) look() error {
	info, err := os.Stat(t.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fault(diag.NoExtension, t.name, "there is no such file or directory", targetFix)
	case err != nil:
		return fault(diag.NoExtension, t.name, "it cannot be looked at: "+cause(err), targetFix)
	}
	if t.isDir = info.IsDir(); t.isDir {
		if _, err := os.Stat(filepath.Join(t.path, pack.MetadataName)); err != nil {
			return fault(diag.NoExtension, t.name, "the directory has no "+pack.MetadataName, targetFix)
		}
	}
	return nil
}

// program finds what has to be started. A directory is made a package of, so
// that what is tested is what users get.
func (t *target) program(ctx context.Context) (conformance.Program, error) {
	switch extension := strings.ToLower(filepath.Ext(t.path)); {
	case t.isDir, extension == ".zip":
		return t.archive(ctx)
	case extension == ".py":
		name := strings.TrimSuffix(filepath.Base(t.path), filepath.Ext(t.path))
		return t.python(ctx, python.Package{Name: name, Root: filepath.Dir(t.path), Entry: name})
	}
	return t.started(host.Program{Argv: append([]string{t.path}, t.args...)}), nil
}

// started completes a program as devpm starts one: with the environment that
// extensions get, in a directory of its own.
func (t *target) started(p host.Program) conformance.Program {
	return conformance.Program{
		Argv: p.Argv, Preamble: p.Preamble,
		Dir: filepath.Join(t.scratch, "work"), Env: t.environment(),
	}
}

func (t *target) environment() []string { return host.Environment(t.app.Environ, false) }

// archive installs a package into a store of its own and starts it from there.
func (t *target) archive(ctx context.Context) (conformance.Program, error) {
	archive, err := packageAt(t.app, t.name)
	if err != nil {
		return conformance.Program{}, err
	}
	deployed, err := t.app.unpacked(ctx, archive, t.scratch, t.name)
	if err != nil {
		return conformance.Program{}, err
	}
	if deployed.Metadata.Runtime == pack.Declarative {
		return conformance.Program{}, fault(diag.NoExtensionProgram, t.name, "the extension is declarative: it has no program to speak with",
			"check it with `devpm ext validate`")
	}
	l, err := t.app.launchable(ctx, deployed, filepath.Join(t.scratch, "work"), false)
	if err != nil {
		return conformance.Program{}, err
	}
	if deployed.Metadata.Runtime == pack.Exec {
		l.program.Argv = append(l.program.Argv, t.args...)
	}
	return t.started(l.program), nil
}

// python starts a module with the interpreter of extensions.
func (t *target) python(ctx context.Context, p python.Package) (conformance.Program, error) {
	i, found := python.Find(t.app.Lookup, t.app.Dir)
	if found == nil {
		i, found = i.Resolve(ctx, execx.System{Now: t.app.Now}, t.app.Dir, t.app.Environ)
	}
	if found != nil {
		return conformance.Program{}, diag.List{*found}.Err()
	}
	return t.started(python.PackageProgram(i, p, filepath.Join(t.scratch, "work"), t.environment())), nil
}
