package python

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// PluginDir holds the plugins of a project, relative to it (spec §12).
const PluginDir = ".odpm/plugins"

// Module is one plugin of the project.
type Module struct {
	Name   string // of the file, without ".py"
	Path   string // absolute
	Source string // relative to the project, with slashes: ".odpm/plugins/mailpit.py"
}

// Modules lists the plugins of the project in root that are to be loaded, by
// the rules of spec §12: without an allow-list (allow is nil) every *.py in
// .odpm/plugins, sorted by name; with one exactly those, in its order. Blank
// names are dropped, repeated ones count once. A name that is no plain name, and
// a file that lies outside of the directory through a link, are errors; a listed
// module that is not there is a warning. Files whose name starts with a dot are
// never plugins: editors leave such.
func Modules(root string, allow *manifest.Node, c *diag.Collector) []Module {
	d := pluginDir{path: filepath.Join(root, filepath.FromSlash(PluginDir)), c: c}
	if !d.within(root) {
		return nil
	}
	if allow == nil {
		return d.all()
	}
	var out []Module
	for i, item := range allow.Items {
		name := strings.TrimSpace(item.Text)
		if item.Kind != manifest.String || name == "" || slices.ContainsFunc(out, func(m Module) bool { return m.Name == name }) {
			continue
		}
		path := fmt.Sprintf("extensions.local[%d]", i)
		if strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\`) {
			c.Add(diag.Diagnostic{
				Code: diag.PluginName, Range: item.Range, Path: path,
				Message: fmt.Sprintf("%q is not the name of a module in %s", name, PluginDir),
				Fix:     `write the file's name without ".py", such as "mailpit" for ` + PluginDir + "/mailpit.py",
			})
			continue
		}
		if m, ok := d.module(name, item.Range, path); ok {
			out = append(out, m)
		}
	}
	return out
}

type pluginDir struct {
	path string // absolute, as named
	real string // with links followed; "" when it is not there
	c    *diag.Collector
}

// within follows the directory and reports whether it can be used: it may be
// absent. One that lies outside of the project is passed over with a warning,
// since trust covers files of the project alone; a user may well have moved
// .odpm, and everything else goes on.
func (d *pluginDir) within(root string) bool {
	real, err := filepath.EvalSymlinks(d.path)
	if err != nil {
		return true
	}
	if !contains(target(root), real) {
		d.c.Add(diag.Diagnostic{
			Code: diag.PluginLeadsOut, Severity: diag.Warning, Range: diag.Range{File: PluginDir},
			Message: "the directory leads out of the project, to " + real + ": no plugin is loaded",
			Fix:     "put the plugins into the project itself; a directory of another project is not loaded",
		})
		return false
	}
	d.real = real
	return true
}

// all lists the directory.
func (d *pluginDir) all() []Module {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		// A file in the place of .odpm is for others to tell.
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			d.c.Add(unreadable(PluginDir, err))
		}
		return nil
	}
	var out []Module
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".py")
		if !ok || name == "" || strings.HasPrefix(name, ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(d.path, e.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue // a directory, or a link to nothing
		}
		if m, ok := d.module(name, diag.Range{File: PluginDir + "/" + e.Name()}, ""); ok {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Module) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// module judges one file; at and path say what named it.
func (d *pluginDir) module(name string, at diag.Range, path string) (Module, bool) {
	m := Module{Name: name, Path: filepath.Join(d.path, name+".py"), Source: PluginDir + "/" + name + ".py"}
	info, err := os.Stat(m.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.Mode().IsRegular():
		d.c.Add(diag.Diagnostic{
			Code: diag.PluginAbsent, Severity: diag.Warning, Range: at, Path: path,
			Message: fmt.Sprintf("there is no plugin %q: %s is not there; it is skipped", name, m.Source),
			Fix:     "make the file, or remove the name; " + d.known(),
		})
		return Module{}, false
	case err != nil:
		d.c.Add(unreadable(m.Source, err))
		return Module{}, false
	}
	if real := target(m.Path); !contains(d.real, real) {
		d.c.Add(diag.Diagnostic{
			Code: diag.PluginLeadsOut, Range: at, Path: path, Message: fmt.Sprintf("%s leads out of %s, to %s", m.Source, PluginDir, real),
			Fix: "put the file itself there; what lies elsewhere is not loaded",
		})
		return Module{}, false
	}
	return m, true
}

// known says which names would do.
func (d *pluginDir) known() string {
	entries, _ := os.ReadDir(d.path)
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".py"); ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "there are no plugins there"
	}
	return "there is " + strings.Join(names, ", ")
}

func unreadable(name string, err error) diag.Diagnostic {
	return diag.Diagnostic{
		Code: diag.PluginUnreadable, Range: diag.Range{File: name}, Message: "it cannot be read: " + reason(err),
		Fix: "give yourself the right to read it",
	}
}

// reason is what the system said, without the path, which is shown already.
func reason(err error) string {
	if inner := new(fs.PathError); errors.As(err, &inner) {
		return inner.Err.Error()
	}
	return err.Error()
}

// contains reports whether a path is a directory or lies below it; both are
// absolute and free of links.
func contains(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
