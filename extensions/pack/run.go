package pack

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
)

// ChoosePython returns the first interpreter that a package allows (§4.3), or
// says which were tried.
func (m *Metadata) ChoosePython(tried []Interpreter) (Interpreter, *diag.Diagnostic) {
	var shown []string
	for _, i := range tried {
		if m.RequiresPython.Allows(i.Version) {
			return i, nil
		}
		shown = append(shown, fmt.Sprintf("%s (%s)", i.Path, i.Version))
	}
	found := "there is none"
	if len(shown) > 0 {
		found = "tried " + strings.Join(shown, ", ")
	}
	return Interpreter{}, &diag.Diagnostic{
		Code: diag.StorePython, Range: m.at("extension.requires_python"),
		Message: fmt.Sprintf("the extension %s needs a Python that is %s: %s", m.Name, m.RequiresPython, found),
		Fix:     "install one that will do, and name it in DEVPM_PYTHON",
	}
}

// HasWheels reports whether the package has wheels, of which the interpreter
// decides one.
func (d *Deployed) HasWheels() bool { return !d.Zip && len(d.Metadata.wheels(d.files)) > 0 }

// PythonPath are the entries for the interpreter's module path, in order: the
// package itself, its extra paths, and the wheel that fits the interpreter.
func (d *Deployed) PythonPath(i Interpreter) ([]string, *diag.Diagnostic) {
	out := []string{d.Root}
	for _, p := range d.Metadata.ExtraPaths {
		out = append(out, filepath.Join(d.Root, filepath.FromSlash(strings.TrimPrefix(p, PathToken))))
	}
	if d.Zip {
		return out, nil
	}
	wheels := d.Metadata.wheels(d.files)
	if len(wheels) == 0 {
		return out, nil
	}
	w, ok := ChooseWheel(wheels, i)
	if !ok {
		var all []string
		for _, w := range wheels {
			all = append(all, w.File)
		}
		return nil, &diag.Diagnostic{
			Code: diag.StoreWheel, Range: diag.Range{File: d.Name + " " + d.Version},
			Message: fmt.Sprintf("no wheel in dep/ fits %s (%s on %s/%s): there is %s", i.Path, i.Version, i.OS, i.Arch, strings.Join(all, ", ")),
			Fix:     "use a Python for which the package has a wheel (DEVPM_PYTHON), or ask its author for one",
		}
	}
	return append(out, filepath.Join(d.Root, filepath.FromSlash(w.dir()))), nil
}

// Program is the program of a package for a platform such as "linux/amd64".
func (d *Deployed) Program(platform string) (string, *diag.Diagnostic) {
	name := d.Metadata.Binary(platform)
	if name == "" {
		return "", &diag.Diagnostic{
			Code: diag.StorePlatform, Range: diag.Range{File: d.Name + " " + d.Version},
			Message: fmt.Sprintf("the extension %s has no program for %s: it has some for %s", d.Name, platform, strings.Join(d.Metadata.Platforms(), ", ")),
			Fix:     "ask its author for one, or disable it with `devpm ext disable " + d.Name + "`",
		}
	}
	return filepath.Join(d.Root, filepath.FromSlash(name)), nil
}
