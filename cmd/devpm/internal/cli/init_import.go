package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/convert"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// composeFile is the name of the Compose file that a directory holds: the one
// that Compose would take, unless devpm wrote it.
func composeFile(dir string) string {
	for _, name := range convert.FileNames {
		data, err := readConfig(filepath.Join(dir, name))
		if err == nil && !compose.Generated(data) {
			return name
		}
	}
	return ""
}

// importCompose makes a manifest from a Compose file, and checks that it means
// the same.
func importCompose(ctx context.Context, app *App, dir, name string) (*made, error) {
	path := app.path(name)
	src, err := readConfig(path)
	if err != nil {
		return nil, fault(diag.ImportSyntax, name, "the file cannot be read: "+cause(err), "name a Compose file after --import")
	}
	app.Sources.Add(name, src)
	var c diag.Collector
	env, err := importEnvironment(app, dir, &c)
	if err != nil {
		return nil, err
	}
	m := &made{stack: manifest.StackNone, from: name}
	m.members = convert.Manifest(name, src, func(name string) (string, bool) { v, _, ok := env.Lookup(name); return v, ok }, &c)
	if filepath.Dir(path) != dir {
		c.Add(diag.Diagnostic{Code: diag.ImportUnsupported, Range: diag.Range{File: name}, Message: "the file is in another directory, and its relative paths start there",
			Fix: "run `devpm init` in the directory of the Compose file"})
	}
	for _, override := range convert.OverrideNames {
		if _, err := os.Lstat(filepath.Join(dir, override)); err == nil && m.standard() {
			c.Add(diag.Diagnostic{Code: diag.ImportOverride, Severity: diag.Warning, Range: diag.Range{File: override},
				Message: override + " is not imported: Compose merges it over " + name + ", devpm does not read it",
				Fix:     "write what it changes as `service_patches`, or import the result of `docker compose config --no-interpolate`"})
		}
	}
	if c.HasErrors() {
		return nil, c.Err()
	}
	m.compare(ctx, app, dir, src, env, &c)
	m.notes = c.List()
	return m, c.Err()
}

// standard reports whether Compose would take the file by itself, and with it
// an override file.
func (m *made) standard() bool {
	return slices.Contains(convert.FileNames, m.from)
}

// importEnvironment is what Compose interpolates with: `.env` of the directory
// under the process environment.
func importEnvironment(app *App, dir string, c *diag.Collector) (*manifest.Environment, error) {
	data, err := readConfig(filepath.Join(dir, dotenvName))
	if os.IsNotExist(err) {
		return manifest.NewEnvironment(app.Environ, nil, c), nil
	}
	if err != nil {
		return nil, faultDotenvFile(dotenvName, err)
	}
	app.Sources.Add(dotenvName, data)
	return manifest.NewEnvironment(app.Environ, []manifest.Layer{{Name: dotenvName, Data: data}}, c), nil
}

// compare reads the manifest as devpm will, and compares what Compose makes of
// the file with what it makes of devpm's document.
func (m *made) compare(ctx context.Context, app *App, dir string, src []byte, env *manifest.Environment, c *diag.Collector) {
	content := m.content()
	app.Sources.Add(manifestName, content)
	var found diag.Collector
	read := manifest.Load(manifestName, content, manifest.Options{Environment: env}, &found)
	var model *compose.Model
	if read != nil {
		home := homeDir(app)
		if model = compose.Build(compose.Input{Manifest: read, ProjectDir: dir, HomeDir: home}, &found); model != nil {
			model.Check(&found)
		}
	}
	if found.HasErrors() || model == nil {
		c.Add(found.List()...)
		return
	}
	merged := map[string]string{}
	for _, pair := range env.Merged() {
		name, value, _ := strings.Cut(pair, "=")
		merged[name] = value
	}
	differences, err := convert.Differences(ctx, m.from, src, merged, model.YAML(), dir)
	if err != nil {
		c.Add(diag.Diagnostic{Code: diag.ImportSyntax, Range: diag.Range{File: m.from}, Message: "Compose does not accept the file: " + oneLine(err),
			Fix: "correct the file until `docker compose config` accepts it"})
		return
	}
	for _, d := range differences {
		path, _, _ := strings.Cut(d, ": ")
		c.Add(diag.Diagnostic{Code: diag.ImportDiffers, Severity: diag.Warning, Range: diag.Range{File: m.from}, Path: path,
			Message: fmt.Sprintf("the manifest means something else than the file; %s", d), Fix: "compare `devpm render` with `docker compose config`, and correct the manifest"})
	}
}
