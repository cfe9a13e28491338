package python

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/devpm/devpm/diag"
)

//go:embed all:shim
var shimFiles embed.FS

// source is one module of the shim: whether it is a package, and its text. The
// first line of the text is the file's first line, so that line numbers in
// traces are right.
type source [2]any

// shim is what every program gets, read from the embedded files once: the text
// of boot.py, which is an argument, of start.py, and the modules by name.
var shim = sync.OnceValue(func() (s struct {
	boot, start string
	modules     map[string]source
}) {
	s.modules = map[string]source{}
	err := fs.WalkDir(shimFiles, "shim", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := shimFiles.ReadFile(path)
		if err != nil {
			return err
		}
		name, isModule := strings.CutSuffix(strings.TrimPrefix(path, "shim/"), ".py")
		pkg, isPackage := strings.CutSuffix(name, "/__init__")
		switch {
		case !isModule:
		case name == "boot":
			s.boot = string(text)
		case name == "start":
			s.start = string(text)
		default:
			s.modules[strings.ReplaceAll(pkg, "/", ".")] = source{isPackage, string(text)}
		}
		return nil
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return s
})

// settings is what the shim is told before the first message. The names are
// those that shim/_devpm/load.py reads.
type settings struct {
	Name          string            `json:"name"`
	Version       string            `json:"version,omitempty"`
	Codes         map[string]string `json:"codes"`
	PluginDir     string            `json:"plugin_dir,omitempty"`    // absolute
	PluginSource  string            `json:"plugin_source,omitempty"` // as shown
	Modules       []moduleEntry     `json:"modules,omitempty"`
	Distributions []distribution    `json:"distributions,omitempty"`
	Package       *packageEntry     `json:"package,omitempty"`
}

type moduleEntry struct {
	Name   string `json:"name"`
	Path   string `json:"path"`
	Source string `json:"source"`
}

type distribution struct {
	Name    string  `json:"name"`
	Version string  `json:"version,omitempty"`
	Points  []point `json:"points"`
}

type point struct {
	Group  string `json:"group"`
	Name   string `json:"name"`
	Module string `json:"module"`
	Attr   string `json:"attr,omitempty"`
}

type packageEntry struct {
	Entry string   `json:"entry"`
	Paths []string `json:"paths"`
}

// preamble is what goes in before the first message: start.py, then an archive
// of modules and settings, each after its length in nine digits and a line
// ending.
func preamble(s settings) []byte {
	s.Codes = map[string]string{
		"load": string(diag.PluginLoad), "api": string(diag.PluginAPI), "registers": string(diag.PluginRegisters),
	}
	archive, err := json.Marshal(struct {
		Modules map[string]source `json:"modules"`
		Config  settings          `json:"config"`
	}{shim().modules, s})
	if err != nil {
		panic(err) // texts and booleans only
	}
	start := shim().start
	return fmt.Appendf(nil, "%09d\n%s%09d\n%s", len(start), start, len(archive), archive)
}
