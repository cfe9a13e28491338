package python

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/sandbox"
)

// AddressSpace is how much memory a Python of extensions may map, in bytes
// (design §7 Extensions).
const AddressSpace = 4 << 30

// LocalName is the name of the one program that all plugins of a project and the
// installed packages share.
const LocalName = "python"

// Program is the program of all plugins of the project in dir and of the
// installed packages. env is the complete environment, as host.Environment makes
// it. The Profile lets it read only; who executes widens it.
func Program(i Interpreter, dir string, env []string, modules []Module, dists []Distribution) host.Program {
	s := settings{Name: LocalName, PluginDir: filepath.Join(dir, filepath.FromSlash(PluginDir)), PluginSource: PluginDir}
	for _, m := range modules {
		s.Modules = append(s.Modules, moduleEntry(m))
	}
	for _, d := range dists {
		entry := distribution{Name: d.Name, Version: d.Version}
		for _, p := range d.Points {
			entry.Points = append(entry.Points, point(p))
		}
		s.Distributions = append(s.Distributions, entry)
	}
	p := program(i, s, dir, env)
	p.Shared = true
	return p
}

// Package is an extension package of the runtime "python".
type Package struct {
	Name, Version string
	// Root is the deployed directory or zip, absolute; it comes first on the
	// module path. Extra are its python_extra_paths and the wheels of dep/ that
	// were chosen, absolute, in their order after it.
	Root  string
	Extra []string
	// Entry is the module that is imported: "extension" for a package of
	// Stonebranch.
	Entry string
}

// PackageProgram is the program of one package. dir is its working directory: the
// project's, or where a command is started.
func PackageProgram(i Interpreter, p Package, dir string, env []string) host.Program {
	return program(i, settings{
		Name: p.Name, Version: p.Version,
		Package: &packageEntry{Entry: p.Entry, Paths: append([]string{p.Root}, p.Extra...)},
	}, dir, env)
}

func program(i Interpreter, s settings, dir string, env []string) host.Program {
	return host.Program{
		Name: s.Name,
		// -B: nothing is written beside a module. UTF-8 mode: files are read the
		// same way whatever the user's language is.
		Argv:     []string{i.Path, "-B", "-X", "utf8", "-c", shim().boot},
		Dir:      dir,
		Env:      environ(env),
		Preamble: preamble(s),
		Profile:  sandbox.Profile{AddressSpace: AddressSpace},
	}
}

// environ drops what would change how Python starts, and fixes the order of
// sets, so that a plugin that walks one answers the same each time.
func environ(env []string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(entry string) bool { return strings.HasPrefix(entry, "PYTHON") })
	return append(out, "PYTHONHASHSEED=0")
}
