package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/settings"
	"github.com/devpm/devpm/prepare/trust"
)

// foundExtensions are those that a project has, found without running any.
type foundExtensions struct {
	programs []*extensions.Program
	left     []*extensions.Info // that take no part
	packages []trust.Package    // what trust is asked for beside files of the project
	faults   diag.List
	hooks    []hookOf  // commands of packages
	unlocked diag.List // what --locked refuses
	settings *settings.Settings
}

// identity tells two sets of extensions apart.
func (f foundExtensions) identity() []byte {
	var b strings.Builder
	for _, p := range f.programs {
		for _, i := range p.Extensions {
			b.WriteString("\n" + i.Name + " " + i.Version + " " + i.Source)
		}
	}
	for _, i := range f.left {
		b.WriteString("\n- " + i.Name + " " + i.Left)
	}
	for _, p := range f.packages {
		b.WriteString("\n" + p.Key + " " + p.Hash)
	}
	return []byte(b.String())
}

// Why an extension takes no part in a plan. All but the first do in the run.
const (
	leftDisabled   = "disabled in " + manifestName
	leftUntrusted  = "not trusted yet: up asks first"
	leftVendored   = "its package is in the vendor directory: up puts it into the store"
	leftUndeployed = "its copy in the store is not there or was changed: up makes it anew"
)

// findExtensions finds plugins of the project, installed Python packages that
// extend every project, and the packages that the manifest requires.
func (p *project) findExtensions(ctx context.Context, app *App) (f foundExtensions, err error) {
	var c diag.Collector
	defer func() { f.faults = append(f.faults, c.List()...) }()
	modules := python.Modules(p.dir, p.manifest.Extensions.Get("local"), &c)
	dists := slices.Clone(p.installed)
	if p.manifest.Extensions.Get("require") == nil && len(modules)+len(dists) == 0 {
		return f, nil
	}
	if f.settings, err = readExtensionSettings(app); err != nil {
		return f, err
	}
	if err := p.findPackages(ctx, app, &f, &c); err != nil {
		return f, err
	}
	for _, d := range dists {
		f.packages = append(f.packages, trust.Package{
			Key: "python " + d.Name, Step: "ext." + d.Name, Text: "Python package " + d.Name + " " + d.Version,
			Hash: contentHash([]byte(d.Version + "\n" + points(d))), Range: diag.Range{File: manifestName}, Code: p.codeOf(d),
		})
	}
	// Trust is judged for all of them at once.
	trusted := len(f.programs)+len(modules)+len(dists) == 0 || p.trustsExtensions(app, f.packages)
	if !trusted {
		for _, program := range f.programs {
			for _, i := range program.Extensions {
				i.Left, i.Untrusted = leftUntrusted, true
				f.left = append(f.left, i)
			}
		}
		f.programs, f.hooks = nil, nil
	}
	f.programs = slices.DeleteFunc(f.programs, func(program *extensions.Program) bool { return p.refuses(f.settings, program, &c) })
	if len(modules)+len(dists) == 0 {
		return f, nil
	}
	infos := pythonInfos(modules, dists)
	for i := range dists {
		dists[i].Name = infos[len(modules)+i].Name // as it is shown, and as it speaks
	}
	if !trusted {
		for _, i := range infos {
			i.Left, i.Untrusted = leftUntrusted, true
		}
		f.left = append(f.left, infos...)
		return f, nil
	}
	interpreter, fault := app.python(ctx, p.dir)
	if fault != nil {
		c.Add(*fault)
		return f, nil
	}
	shared := &extensions.Program{Name: python.LocalName, Extensions: infos}
	shared.Start = func(ctx context.Context, mode protocol.Mode, initialize protocol.Initialize) (extensions.Session, error) {
		program := python.Program(interpreter, p.dir, host.Environment(app.Environ, false), modules, dists)
		return app.startExtension(ctx, p, program, mode, initialize, sandbox.Profile{AddressSpace: python.AddressSpace})
	}
	if !p.refuses(f.settings, shared, &c) {
		f.programs = append(f.programs, shared)
	}
	return f, nil
}

// python is the interpreter of extensions, found once in a run. A script in its
// place is asked which one it stands for.
func (a *App) python(ctx context.Context, dir string) (python.Interpreter, *diag.Diagnostic) {
	e := &a.programs
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.python != nil {
		return *e.python, nil
	}
	found, fault := python.Find(a.Lookup, dir)
	if fault == nil {
		found, fault = found.Resolve(ctx, a.runner(), dir, a.Environ)
	}
	if fault == nil {
		e.python = &found
	}
	return found, fault
}

// installedPackages reads the entry points of the interpreter that the user
// named. A plain python3 is the system's, and what is installed for it belongs
// to no project.
func installedPackages(app *App) []python.Distribution {
	named, _ := app.Lookup(python.FromVariable)
	venv, _ := app.Lookup(python.FromEnvironment)
	if cmp.Or(named, venv) == "" {
		return nil
	}
	interpreter, fault := python.Find(app.Lookup, app.Dir)
	if fault != nil {
		return nil // said where a Python is needed
	}
	return python.EntryPoints(interpreter)
}

// codeOf is where in the project an installed package is developed: what comes with
// the project is trusted by its content. Packages elsewhere are the user's own.
func (p *project) codeOf(d python.Distribution) []string {
	if d.Editable == "" {
		return nil
	}
	var out []string
	for _, path := range d.Code() {
		if rel, err := filepath.Rel(followLinks(p.dir), followLinks(path)); err == nil && filepath.IsLocal(rel) {
			out = append(out, filepath.ToSlash(rel))
		}
	}
	return out
}

// pluginFiles are the files of a project's directory of plugins that may be some.
func pluginFiles(dir string) []string {
	dir = filepath.Join(dir, filepath.FromSlash(python.PluginDir))
	entries, _ := os.ReadDir(dir) // what cannot be read is told where plugins are loaded
	var out []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".py" {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out
}

func points(d python.Distribution) string {
	var lines []string
	for _, p := range d.Points {
		lines = append(lines, p.Group+" "+p.Name+" = "+p.Module+":"+p.Attr)
	}
	return strings.Join(lines, "\n")
}

// pythonInfos are the extensions that share one Python. Of a plugin and a
// package of one name both are shown; the package's name says so.
func pythonInfos(modules []python.Module, dists []python.Distribution) []*extensions.Info {
	var out []*extensions.Info
	level := sandbox.Probe().String()
	for _, m := range modules {
		out = append(out, &extensions.Info{
			Name: m.Name, Source: m.Source, Runtime: extensions.RuntimePython, Sandbox: level, Range: diag.Range{File: m.Source},
		})
	}
	for _, d := range dists {
		name := d.Name
		if slices.ContainsFunc(out, func(i *extensions.Info) bool { return i.Name == name }) {
			name += "-package"
		}
		out = append(out, &extensions.Info{
			Name: name, Version: d.Version, Source: "Python package " + d.Name, Runtime: extensions.RuntimePython, Sandbox: level,
		})
	}
	return out
}

// trustsExtensions reports whether the user has trusted everything that would
// run to ask the project's extensions: each plugin and each package, by
// content. What else the project does is judged once its document is made.
func (p *project) trustsExtensions(app *App, packages []trust.Package) bool {
	set := trust.NewSet(p.runs(packages)...).Only(trust.Plugin, trust.Extension)
	return p.decided.Accepts(set) || p.trustStore(app).Load().Accepts(set)
}

// extensionCache is the directory that an extension may write to beside the project.
func extensionCache(app *App, home, name string) string {
	root, ok := app.Lookup("XDG_CACHE_HOME")
	if !ok || !filepath.IsAbs(root) {
		if home == "" {
			return ""
		}
		root = filepath.Join(home, ".cache")
	}
	return filepath.Join(root, "devpm", "extensions", name)
}
