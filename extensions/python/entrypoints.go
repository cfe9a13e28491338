package python

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Groups are the entry points of odpm (spec §12), in the order in which they are
// loaded.
var Groups = []string{"odpm.prepare_steps", "odpm.hooks", "odpm.secrets_providers"}

// Distribution is an installed package that has entry points of odpm.
type Distribution struct {
	Name    string
	Version string
	// Source is the directory of its metadata, absolute.
	Source string
	// Editable is the directory that the package is developed in, absolute: what is
	// imported is what lies there now. "" when it was copied.
	Editable string
	Points   []EntryPoint
}

// EntryPoint is one line of entry_points.txt: module and attributes, such as
// "my_plugin.steps" and "plugin_factory". Attr may be empty.
type EntryPoint struct {
	Group, Name, Module, Attr string
}

// EntryPoints reads which packages that are installed for the interpreter have
// entry points of odpm: *.dist-info, *.egg-info, and the links that editable
// installs of old leave. Nothing is started. Only an interpreter that the user
// named is looked at; the packages of a plain python3 belong to the system. The
// list is sorted by name; of two packages of one name the first on the
// interpreter's path counts.
func EntryPoints(i Interpreter) []Distribution {
	if !i.Named() || i.Script {
		return nil
	}
	var out []Distribution
	for _, dir := range sites(i.Path, i.Version, nil) {
		for _, meta := range metadata(dir) {
			d, ok := readDistribution(meta)
			if ok && !slices.ContainsFunc(out, func(o Distribution) bool { return normal(o.Name) == normal(d.Name) }) {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, func(a, b Distribution) int { return cmp.Compare(normal(a.Name), normal(b.Name)) })
	return slices.DeleteFunc(out, func(d Distribution) bool { return len(d.Points) == 0 })
}

// sites lists the directories of packages of an interpreter, in the order of its
// path. before are the environments that were made from it: files may say that
// one was made from itself.
func sites(path, version string, before []string) []string {
	if e, ok := readEnvironment(path); ok {
		out := below(e.prefix, version)
		if e.system && e.home != "" {
			name := "python3"
			if version != "" {
				name = "python" + version
			}
			before = append(before, e.prefix)
			if home := filepath.Join(e.home, name); !slices.Contains(before, filepath.Dir(filepath.Dir(home))) {
				out = append(out, sites(home, version, before)...)
			}
		}
		return out
	}
	prefixes := []string{filepath.Dir(filepath.Dir(path)), filepath.Dir(filepath.Dir(target(path)))}
	if runtime.GOOS == "windows" {
		prefixes = []string{filepath.Dir(path)}
	}
	var out []string
	for _, prefix := range slices.Compact(prefixes) {
		if prefix == "/usr" { // Debian puts what pip installs elsewhere
			out = append(out, below("/usr/local", version)...)
		}
		out = append(out, below(prefix, version)...)
	}
	return unique(out)
}

// below lists the directories of packages below a prefix. Without a version, all
// that are there.
func below(prefix, version string) []string {
	if version == "" {
		version = "3*"
	}
	var out []string
	for _, pattern := range []string{
		"lib/python" + version + "/site-packages", "lib64/python" + version + "/site-packages",
		"lib/python" + version + "/dist-packages", "lib/python3/dist-packages", "Lib/site-packages",
	} {
		found, _ := filepath.Glob(filepath.Join(escapeGlob(prefix), filepath.FromSlash(pattern)))
		slices.SortFunc(found, func(a, b string) int { return cmp.Compare(b, a) })
		out = append(out, found...)
	}
	return unique(out)
}

// unique drops directories that were there already, links followed.
func unique(dirs []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(dirs, func(dir string) bool {
		real := target(dir)
		again := seen[real]
		seen[real] = true
		return again
	})
}

// metadata lists the metadata directories in a directory of packages, sorted.
func metadata(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch filepath.Ext(e.Name()) {
		case ".dist-info", ".egg-info":
			out = append(out, path)
		case ".egg-link": // `setup.py develop`: the first line is the project
			text, err := readSmall(path)
			if err != nil {
				continue
			}
			line, _, _ := strings.Cut(string(text), "\n")
			if project := strings.TrimSpace(line); filepath.IsAbs(project) {
				found, _ := filepath.Glob(filepath.Join(escapeGlob(project), "*.egg-info"))
				out = append(out, found...)
			}
		}
	}
	return out
}

// readDistribution reads one metadata directory; false when it has no entry
// points at all.
func readDistribution(dir string) (Distribution, bool) {
	text, err := readSmall(filepath.Join(dir, "entry_points.txt"))
	if err != nil {
		return Distribution{}, false
	}
	base := strings.TrimSuffix(filepath.Base(dir), filepath.Ext(dir))
	name, version, _ := strings.Cut(base, "-")
	d := Distribution{Name: name, Version: version, Source: dir, Points: parsePoints(string(text))}
	if len(d.Points) > 0 {
		d.readNames()
		d.readEditable()
	}
	return d, true
}

// readEditable finds where a package is developed: as pip notes it (PEP 610), or
// where metadata of `setup.py develop` lies.
func (d *Distribution) readEditable() {
	if parent := filepath.Base(filepath.Dir(d.Source)); filepath.Ext(d.Source) == ".egg-info" && parent != "site-packages" && parent != "dist-packages" {
		d.Editable = filepath.Dir(d.Source)
		return
	}
	text, err := readSmall(filepath.Join(d.Source, "direct_url.json"))
	if err != nil {
		return
	}
	var origin struct {
		URL string `json:"url"`
		Dir struct {
			Editable bool `json:"editable"`
		} `json:"dir_info"`
	}
	if json.Unmarshal(text, &origin) != nil || !origin.Dir.Editable {
		return
	}
	if at, err := url.Parse(origin.URL); err == nil && at.Scheme == "file" && filepath.IsAbs(filepath.FromSlash(at.Path)) {
		d.Editable = filepath.FromSlash(at.Path)
	}
}

// Code lists the files and directories below Editable that hold the package's
// modules, absolute; the whole directory where they are not at a usual place.
func (d Distribution) Code() []string {
	var out []string
	for _, p := range d.Points {
		top, _, _ := strings.Cut(p.Module, ".")
		for _, name := range []string{top, top + ".py", filepath.Join("src", top), filepath.Join("src", top+".py")} {
			path := filepath.Join(d.Editable, name)
			if _, err := os.Stat(path); err == nil && !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
	}
	if len(out) == 0 {
		return []string{d.Editable}
	}
	return out
}

// readNames takes name and version from METADATA or PKG-INFO, which write them
// as the author did.
func (d *Distribution) readNames() {
	for _, file := range []string{"METADATA", "PKG-INFO"} {
		text, err := readSmall(filepath.Join(d.Source, file))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line == "" {
				return // the description follows
			}
			if v, ok := strings.CutPrefix(line, "Name: "); ok {
				d.Name = v
			} else if v, ok := strings.CutPrefix(line, "Version: "); ok {
				d.Version = v
			}
		}
		return
	}
}

// parsePoints reads the groups of odpm from entry_points.txt, in the order of
// Groups and, within one, of the file.
func parsePoints(text string) []EntryPoint {
	var out []EntryPoint
	group := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[' && line[len(line)-1] == ']':
			group = strings.TrimSpace(line[1 : len(line)-1])
		case slices.Contains(Groups, group):
			name, value, ok := strings.Cut(line, "=")
			if !ok {
				continue
			}
			value, _, _ = strings.Cut(value, "[") // extras mean nothing here
			module, attr, _ := strings.Cut(strings.TrimSpace(value), ":")
			p := EntryPoint{Group: group, Name: strings.TrimSpace(name), Module: strings.TrimSpace(module), Attr: strings.TrimSpace(attr)}
			if p.Name != "" && p.Module != "" {
				out = append(out, p)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b EntryPoint) int {
		return cmp.Compare(slices.Index(Groups, a.Group), slices.Index(Groups, b.Group))
	})
	return out
}

// normal is a name as package indexes compare it: "My_Plugin" is "my-plugin".
func normal(name string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }), "-"))
}

// escapeGlob writes a path so that filepath.Glob takes it literally.
func escapeGlob(path string) string {
	if runtime.GOOS == "windows" {
		return path // has no escapes
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// mostMetadata bounds what is read of files that tell about packages, in bytes.
const mostMetadata = 1 << 20

var errTooLong = errors.New("the file is too long")

// readSmall reads a regular file of up to mostMetadata bytes.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostMetadata {
		return nil, fmt.Errorf("reading %s: %w", path, errTooLong)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostMetadata))
}
