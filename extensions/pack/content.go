package pack

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// CheckFiles judges the metadata together with the files of a package or of the
// directory that is to become one: what it names must be there. shown is the
// name of that archive or directory.
func (m *Metadata) CheckFiles(has func(string) bool, all []string, shown string, c *diag.Collector) {
	switch {
	case m.Command() && !has(ModuleName):
		c.Add(missingFile(ModuleName, all, shown))
	case m.Runtime == Python && !m.Command():
		m.checkEntry(has, c)
	case m.Runtime == Exec:
		m.checkPrograms(has, c)
	}
	m.checkWheels(all, shown, c)
}

// missingFile says that one of the two files at the root is not there, and where
// it is instead.
func missingFile(name string, all []string, shown string) diag.Diagnostic {
	message := fmt.Sprintf("%s is missing at the root of the package", name)
	fix := "put " + MetadataName + " and " + ModuleName + " at the root"
	if i := slices.IndexFunc(all, func(other string) bool { return path.Base(other) == name }); i >= 0 {
		message += fmt.Sprintf("; it is in %s/", path.Dir(all[i]))
		fix = fmt.Sprintf("pack what is in %s/, not the directory itself", path.Dir(all[i]))
	}
	return diag.Diagnostic{Code: diag.ArchiveRoot, Range: diag.Range{File: shown}, Message: message, Fix: fix}
}

// EntryModule is the module that a Python package starts with.
func (m *Metadata) EntryModule() string {
	if m.Entry != "" {
		return m.Entry
	}
	return strings.TrimSuffix(ModuleName, ".py")
}

// checkEntry looks for the entry module at the root and in the extra paths. (A
// wheel may have it too, so with wheels nothing is said.)
func (m *Metadata) checkEntry(has func(string) bool, c *diag.Collector) {
	module := strings.ReplaceAll(m.EntryModule(), ".", "/")
	dirs := []string{"."}
	for _, p := range m.ExtraPaths {
		dirs = append(dirs, strings.TrimPrefix(strings.TrimPrefix(p, PathToken), "/"))
	}
	for _, dir := range dirs {
		if has(path.Join(dir, module+".py")) || has(path.Join(dir, module, "__init__.py")) {
			return
		}
	}
	c.Add(diag.Diagnostic{Code: diag.ArchiveRoot, Range: m.at("devpm.entry"), Path: "devpm.entry",
		Message: fmt.Sprintf("the module %s is not in the package", m.EntryModule()), Fix: fmt.Sprintf("add %s.py, or name the module that the package has", module)})
}

func (m *Metadata) checkPrograms(has func(string) bool, c *diag.Collector) {
	missing := func(at, name string) {
		c.Add(diag.Diagnostic{Code: diag.ArchiveRoot, Range: m.at(at), Path: at,
			Message: fmt.Sprintf("the program %s is not in the package", name), Fix: "build it first, or correct the path"})
	}
	for _, platform := range m.Platforms() {
		if name := m.Binaries[platform]; !has(name) {
			missing("devpm.binaries."+platform, name)
		}
	}
	if m.Entry != "" && insidePath(m.Entry) && !has(m.Entry) {
		missing("devpm.entry", m.Entry)
	}
}

// checkWheels judges what is in dep/ (§4.7).
func (m *Metadata) checkWheels(all []string, shown string, c *diag.Collector) {
	var first string
	for _, name := range all {
		if !isWheel(name) {
			continue
		}
		if first == "" {
			first = name
		}
		w, err := ParseWheel(path.Base(name))
		if err != nil {
			c.Add(diag.Diagnostic{Code: diag.ArchiveWheel, Range: diag.Range{File: shown}, Message: fmt.Sprintf("%s: %s", name, err), Fix: "name it as the builder of wheels did: NAME-VERSION-PYTHON-ABI-PLATFORM.whl"})
			continue
		}
		if !w.Of(m.Name, m.Version) {
			c.Add(diag.Diagnostic{Code: diag.ArchiveWheel, Severity: diag.Warning, Range: diag.Range{File: shown},
				Message: fmt.Sprintf("%s is the wheel of another package, and is not used", name), Fix: fmt.Sprintf("a wheel in dep/ has the name and version of the extension: %s-%s-…", wheelName(m.Name), m.Version)})
		}
	}
	if first != "" && m.RunsFromZip() {
		c.Add(diag.Diagnostic{Code: diag.ArchiveWheel, Range: diag.Range{File: shown},
			Message: fmt.Sprintf("%s: wheels need a package that is extracted, and this one runs from its archive", first),
			Fix:     fmt.Sprintf("write zip_safe: false and api_level: %q, or leave dep/ out", levelZipSafe)})
	}
}

func isWheel(name string) bool {
	return path.Dir(name) == "dep" && strings.HasSuffix(name, ".whl")
}

// wheels are those of the extension among the files of a package, sorted.
func (m *Metadata) wheels(all []string) []Wheel {
	var out []Wheel
	for _, name := range all {
		if !isWheel(name) {
			continue
		}
		if w, err := ParseWheel(path.Base(name)); err == nil && w.Of(m.Name, m.Version) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b Wheel) int { return strings.Compare(a.File, b.File) })
	return out
}
