package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/compose/policy"
	"github.com/devpm/devpm/diag"
)

const settingsName = "settings.json"

// configRoot is where devpm's settings are (XDG base directories); "" when no
// home is known.
func configRoot(app *App, home string) string {
	if dir, ok := app.Lookup("XDG_CONFIG_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "devpm")
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".config", "devpm")
}

// readPolicy reads the policy in force: the file that DEVPM_POLICY names, else
// `policy` of devpm's settings; nil without either. One that cannot be used is
// an error, so that nothing runs without it.
func readPolicy(app *App) (*policy.Policy, error) {
	path, key := "", ""
	if named, _ := app.Lookup("DEVPM_POLICY"); named != "" {
		path = named
		if !filepath.IsAbs(path) {
			wd, err := app.Getwd()
			if err != nil {
				return nil, faultWorkingDir(err)
			}
			path = filepath.Join(wd, path)
		}
	} else if settings := settingsPath(app); settings != "" {
		path, key = settings, "policy"
	} else {
		return nil, nil
	}
	src, err := readConfig(path)
	switch {
	case err != nil && key != "" && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fault(diag.PolicyFile, path, "the policy cannot be read: "+cause(err),
			"put the file there and make it readable, or unset DEVPM_POLICY; until then nothing runs")
	}
	app.Sources.Add(path, src)
	var c diag.Collector
	p := policy.Read(path, src, key, &c)
	return p, c.Err()
}

// checkPolicy judges the document by the policy in force.
func (p *project) checkPolicy(app *App, found *diag.Collector) {
	if p.policy == nil || p.model == nil {
		return
	}
	p.policy.Check(p.model, policy.Options{ExposureOptions: exposureOptions(app), HomeDir: p.home}, found)
}

// exposureOptions is what this host says about paths: its links, and where the
// engine listens.
func exposureOptions(app *App) compose.ExposureOptions {
	o := compose.ExposureOptions{Resolve: followLinks}
	if endpoint, err := engine.ResolveEndpoint(app.Environ); err == nil {
		if path, ok := strings.CutPrefix(endpoint.Host, "unix://"); ok {
			o.Sockets = []string{path, followLinks(path)}
		}
	}
	return o
}

// followLinks follows the symbolic links of an absolute path as far as it exists.
func followLinks(path string) string {
	rest, links := "", 0
	for at := filepath.Clean(path); ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		if target, err := os.Readlink(at); err == nil && links < 40 { // one that dangles
			links++
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(at), target)
			}
			at = filepath.Clean(target)
			continue
		}
		parent := filepath.Dir(at)
		if parent == at {
			return path
		}
		rest, at = filepath.Join(filepath.Base(at), rest), parent
	}
}

// policyProbe says which policy is in force.
func policyProbe(app *App) probe {
	return func(context.Context) []view.Check {
		p, err := readPolicy(app)
		switch {
		case err != nil:
			return []view.Check{problem("policy", err)}
		case p == nil:
			return []view.Check{{Name: "policy", Status: view.CheckOK, Detail: "none: every project may do what it asks for"}}
		}
		return []view.Check{{Name: "policy", Status: view.CheckOK, Detail: p.String()}}
	}
}
