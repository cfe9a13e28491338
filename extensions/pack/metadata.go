package pack

import (
	"maps"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// The names of the two files at a package's root.
const (
	MetadataName = "extension.yml"
	ModuleName   = "extension.py" // of packages whose runtime is Python and that name no entry
)

// Runtime says what runs a package.
type Runtime string

// The runtimes.
const (
	Python      Runtime = "python"      // an interpreter that requires_python allows
	Exec        Runtime = "exec"        // a program of the package, one a platform
	Declarative Runtime = "declarative" // nothing: what it contributes is data
)

// runtimes are all, as they are written.
var runtimes = []string{string(Python), string(Exec), string(Declarative)}

// PathToken stands for the place of the deployed package: the archive where it
// runs from that, else the directory that it was extracted to.
const PathToken = "${extension_zip}"

// Metadata is what extension.yml says (specification of extension systems,
// §4.2 and §6.3). Keys that are absent hold their defaults.
type Metadata struct {
	File  string                // as shown in diagnostics
	Place map[string]diag.Range // of each value that was read, by its path: "extension.name"

	Name           string
	Version        string // "" where absent: a package like that is not built, but taken
	APILevel       string // "1.4.0"
	RequiresPython Specifier
	ExtraPaths     []string // of python_extra_paths, with PathToken, in order, without empty ones
	ZipSafe        bool     // as written; see RunsFromZip
	ZipSafeGiven   bool
	Owner          Owner
	Comments       string

	Declared     bool // there is a devpm section; without one it is a Stonebranch command
	Runtime      Runtime
	Entry        string // Python: a module, "" is extension; Exec: the program for platforms without one of their own
	Capabilities []protocol.Capability
	Network      bool // its program may open sockets while executing
	Description  string
	Binaries     map[string]string // Exec: path in the package by platform, "linux/amd64"
	Contributes  Contributes
}

// Owner is information only.
type Owner struct{ Name, Organization string }

// Contributes is what a package adds as data. The trees know their places in
// extension.yml; nil where absent.
type Contributes struct {
	Services *manifest.Node // object of services
	Patches  *manifest.Node // object of patches by service
	Hooks    *manifest.Node // object of lists by phase; entries are argv, "${extension_zip}" in it is the package's place
	Steps    []DeclaredStep // that the program will register, for plans that must not start it
}

// DeclaredStep names a step of a program before the program was asked.
type DeclaredStep struct {
	ID          string
	Order       int
	Description string
	Range       diag.Range
}

// Command reports whether the package is a Stonebranch command: extension.py
// with a class Extension, and no devpm section.
func (m *Metadata) Command() bool { return !m.Declared }

// RunsFromZip reports whether the package runs from its archive. A program
// cannot, nor can hooks that start files of the package; Python does unless
// zip_safe is false, which counts from API level 1.4.0 on (§4.6).
func (m *Metadata) RunsFromZip() bool {
	switch m.Runtime {
	case Exec:
		return false
	case Declarative:
		return m.Contributes.Hooks == nil
	default:
		return m.ZipSafe || !atLeast(m.APILevel, levelZipSafe)
	}
}

// Binary is the program for a platform such as "linux/amd64", else the one for
// all, or "".
func (m *Metadata) Binary(platform string) string {
	if name := m.Binaries[platform]; name != "" || m.Runtime != Exec {
		return name
	}
	return m.Entry
}

// Platforms are those that the package has a program for, sorted.
func (m *Metadata) Platforms() []string { return slices.Sorted(maps.Keys(m.Binaries)) }

// at is the place of a value, or the file.
func (m *Metadata) at(path string) diag.Range {
	if at, ok := m.Place[path]; ok {
		return at
	}
	return diag.Range{File: m.File}
}
