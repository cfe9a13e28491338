package pack

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// ReadMetadata reads extension.yml and reports every fault with its place. Keys
// that Stonebranch's own readers would pass over are passed over; inside of
// `devpm` every key must be known. It returns nil only when the text is no YAML
// object; who goes on with the result looks at the collector first.
func ReadMetadata(file string, src []byte, c *diag.Collector) *Metadata {
	root := readYAML(file, src, c)
	if root == nil {
		return nil
	}
	m := &Metadata{File: file, Place: map[string]diag.Range{}, ZipSafe: true, Runtime: Python}
	r := &metadataReader{m: m, c: c}
	if root.Kind != manifest.Object {
		r.fault(diag.PackageType, root.Range, "", "the file is "+root.Describe()+", not an object with the key \"extension\"", "begin with the line `extension:`")
		return nil
	}
	r.extension(root)
	if owner := r.object(root, "owner", ""); owner != nil {
		m.Owner.Name, _ = r.text(owner, "owner", "name")
		m.Owner.Organization, _ = r.text(owner, "owner", "organization")
	}
	m.Comments, _ = r.text(root, "", "comments")
	r.section(root)
	return m
}

type metadataReader struct {
	m *Metadata
	c *diag.Collector
}

func (r *metadataReader) fault(code diag.Code, at diag.Range, path, message, fix string) {
	r.c.Add(diag.Diagnostic{Code: code, Range: at, Path: path, Message: message, Fix: fix})
}

func (r *metadataReader) warn(code diag.Code, at diag.Range, path, message, fix string) {
	r.c.Add(diag.Diagnostic{Code: code, Severity: diag.Warning, Range: at, Path: path, Message: message, Fix: fix})
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// object is the object at a key; null counts as absent.
func (r *metadataReader) object(n *manifest.Node, key, path string) *manifest.Node {
	v := n.Get(key)
	if v == nil || v.Kind == manifest.Null {
		return nil
	}
	if v.Kind != manifest.Object {
		r.fault(diag.PackageType, v.Range, join(path, key), "an object is expected, not "+v.Describe(), "write the keys below it, indented")
		return nil
	}
	return v
}

// text is the string at a key; ok is false where there is none. Numbers and
// booleans are refused: 1.10 without quotes is read as 1.1.
func (r *metadataReader) text(n *manifest.Node, path, key string) (value string, ok bool) {
	v := n.Get(key)
	path = join(path, key)
	if v == nil || v.Kind == manifest.Null {
		return "", false
	}
	r.m.Place[path] = v.Range
	if v.Kind == manifest.String {
		return v.Text, true
	}
	fix := "write text"
	if v.Kind == manifest.Number || v.Kind == manifest.Bool {
		fix = fmt.Sprintf("quote it: %s: %q", key, v.Text)
	}
	r.fault(diag.PackageType, v.Range, path, "a string is expected, not "+v.Describe(), fix)
	return "", true
}

// required is text that must be there and must not be blank.
func (r *metadataReader) required(n *manifest.Node, path, key, sample string) string {
	value, ok := r.text(n, path, key)
	v := n.Get(key)
	switch {
	case !ok:
		r.fault(diag.PackageMissing, n.Range, join(path, key), "the key is missing", fmt.Sprintf("add it: %s: %q", key, sample))
	case v.Kind == manifest.String && strings.TrimSpace(value) == "":
		r.fault(diag.PackageMissing, v.Range, join(path, key), "the value is empty", fmt.Sprintf("fill it in: %s: %q", key, sample))
	}
	return strings.TrimSpace(value)
}

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	// deviceForm are names that Windows keeps for devices.
	deviceForm = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// ValidName reports whether a package may be called so: its name is part of
// file names, step ids and keys.
func ValidName(name string) bool {
	return nameForm.MatchString(name) && !deviceForm.MatchString(name) && !strings.HasSuffix(name, ".")
}

func (r *metadataReader) extension(root *manifest.Node) {
	n := root.Get("extension")
	if n == nil {
		r.fault(diag.PackageMissing, diag.Range{File: r.m.File, Start: diag.Position{Line: 1, Column: 1}}, "extension", "the key is missing", "add `extension:` with name, version and api_level")
		return
	}
	if n.Kind != manifest.Object {
		r.fault(diag.PackageType, n.Range, "extension", "an object is expected, not "+n.Describe(), "write name, version and api_level below it, indented")
		return
	}
	m := r.m
	m.Name = r.required(n, "extension", "name", "my-extension")
	if m.Name != "" && !ValidName(m.Name) {
		r.fault(diag.PackageName, m.at("extension.name"), "extension.name", fmt.Sprintf("%q is not a name", m.Name),
			"a name starts with a letter or digit and has at most 100 letters, digits, dots, underscores and hyphens")
	}
	r.version(n)
	m.APILevel = r.required(n, "extension", "api_level", NewestLevel)
	r.level()
	r.python(n)
	r.paths(n)
	r.zipSafe(n)
}

func (r *metadataReader) version(n *manifest.Node) {
	m := r.m
	value, ok := r.text(n, "extension", "version")
	m.Version = strings.TrimSpace(value)
	at := m.at("extension.version")
	switch {
	case !ok:
		r.warn(diag.PackageVersion, m.at("extension.name"), "extension.version", "no version: `devpm ext build` refuses that", `add a version: version: "0.1.0"`)
	case m.Version == "":
		if n.Get("version").Kind == manifest.String {
			r.fault(diag.PackageVersion, at, "extension.version", "the version is empty", `write one: version: "0.1.0"`)
		}
	case !versionForm.MatchString(m.Version):
		r.fault(diag.PackageVersion, at, "extension.version", fmt.Sprintf("%q is not a version", m.Version), `write three numbers: version: "0.1.0"`)
	case !strictVersion(m.Version):
		if _, err := looseVersion(m.Version); err != nil {
			r.fault(diag.PackageVersion, at, "extension.version", fmt.Sprintf("%q is not a semantic version", m.Version), `write three numbers: version: "0.1.0"`)
			return
		}
		r.warn(diag.PackageVersion, at, "extension.version", fmt.Sprintf("%q is not a semantic version as written: `devpm ext build` refuses that", m.Version), `write three numbers: version: "0.1.0"`)
	}
}

// level judges api_level. The same words are said at validate, install and
// deploy, since all of them read the file (ONE-17).
func (r *metadataReader) level() {
	m := r.m
	at := m.at("extension.api_level")
	switch {
	case m.APILevel == "":
	case !levelForm.MatchString(m.APILevel):
		r.fault(diag.PackageLevel, at, "extension.api_level", fmt.Sprintf("%q is not an API level", m.APILevel), `write three numbers: api_level: "`+NewestLevel+`"`)
	case !atLeast(m.APILevel, OldestLevel), compareParts(numbers(m.APILevel), numbers(NewestLevel)) > 0:
		r.fault(diag.PackageLevel, at, "extension.api_level", fmt.Sprintf("the API level %s is not known: this devpm knows %s to %s", m.APILevel, OldestLevel, NewestLevel),
			"use a devpm that knows the level, or a release of the extension for "+NewestLevel)
	}
}

func (r *metadataReader) python(n *manifest.Node) {
	m := r.m
	value, ok := r.text(n, "extension", "requires_python")
	v := n.Get("requires_python")
	if !ok || v.Kind != manifest.String {
		m.RequiresPython, _ = ParseSpecifier(DefaultPython)
		return
	}
	spec, err := ParseSpecifier(value)
	if err != nil {
		r.fault(diag.PackagePython, within(v, err.Offset), "extension.requires_python", err.Message, `write comparisons with commas between them: requires_python: ">=3.8,<4"`)
		return
	}
	m.RequiresPython = spec
	if known := spec.Readings(pythons); known != "" {
		r.warn(diag.PackagePython, v.Range, "extension.requires_python", fmt.Sprintf("%q can be read in two ways for Python %s; devpm compares number by number, so 3.1* is 3.1.x alone", spec, known),
			"name the versions with < and >= instead")
	}
}

// pythons are the releases for which the two readings of a star are compared.
var pythons = []string{"2.6", "2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"}

// paths reads python_extra_paths: entries between colons, split before the token
// is replaced, each inside of the package.
func (r *metadataReader) paths(n *manifest.Node) {
	value, ok := r.text(n, "extension", "python_extra_paths")
	v := n.Get("python_extra_paths")
	if !ok || v.Kind != manifest.String {
		return
	}
	offset := 0
	for entry := range strings.SplitSeq(value, ":") {
		start := offset
		offset += len(entry) + 1
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		at := within(v, start)
		rest, found := strings.CutPrefix(entry, PathToken)
		fix := "begin each entry with " + PathToken + ": " + PathToken + "/lib"
		switch clean := path.Clean("/" + rest); {
		case !found:
			r.fault(diag.PackagePaths, at, "extension.python_extra_paths", fmt.Sprintf("%q does not begin with %s", entry, PathToken), fix)
		case rest != "" && !strings.HasPrefix(rest, "/"), strings.ContainsAny(rest, "\\\x00"), strings.Contains(rest, PathToken):
			r.fault(diag.PackagePaths, at, "extension.python_extra_paths", fmt.Sprintf("%q is not a path in the package", entry), fix)
		case slices.Contains(strings.Split(rest, "/"), ".."):
			r.fault(diag.PackagePaths, at, "extension.python_extra_paths", fmt.Sprintf("%q leads out of the package", entry), fix)
		default:
			r.m.ExtraPaths = append(r.m.ExtraPaths, PathToken+strings.TrimSuffix(clean, "/"))
		}
	}
}

func (r *metadataReader) zipSafe(n *manifest.Node) {
	m := r.m
	v := n.Get("zip_safe")
	if v == nil || v.Kind == manifest.Null {
		return
	}
	m.Place["extension.zip_safe"] = v.Range
	switch word := strings.ToLower(v.Text); {
	case v.Kind == manifest.Bool:
		m.ZipSafe = word == "true"
	case v.Kind == manifest.String && (word == "yes" || word == "on"): // booleans of YAML 1.1
	case v.Kind == manifest.String && (word == "no" || word == "off"):
		m.ZipSafe = false
	default:
		r.fault(diag.PackageType, v.Range, "extension.zip_safe", "true or false is expected, not "+v.Describe(), "write true or false, without quotes")
		return
	}
	m.ZipSafeGiven = true
	if levelForm.MatchString(m.APILevel) && !atLeast(m.APILevel, levelZipSafe) {
		r.warn(diag.PackageZipSafe, v.Range, "extension.zip_safe", fmt.Sprintf("zip_safe counts from API level %s on; at %s the package runs from its archive, and `devpm ext build` refuses it", levelZipSafe, m.APILevel),
			fmt.Sprintf("write api_level: %q, or remove zip_safe", levelZipSafe))
	}
}

// CheckBuild reports what is accepted in a package that somebody else made, and
// refused in one that is made now: no version or one that is not semantic, and
// zip_safe at a level that does not know it.
func (m *Metadata) CheckBuild(c *diag.Collector) {
	if !strictVersion(m.Version) {
		message, at := fmt.Sprintf("%q is not a semantic version", m.Version), m.at("extension.version")
		if m.Version == "" {
			message, at = "a package needs a version", m.at("extension.name")
		}
		c.Add(diag.Diagnostic{Code: diag.PackageVersion, Range: at, Path: "extension.version", Message: message, Fix: `write three numbers: version: "0.1.0"`})
	}
	if m.ZipSafeGiven && !atLeast(m.APILevel, levelZipSafe) {
		c.Add(diag.Diagnostic{Code: diag.PackageZipSafe, Range: m.at("extension.zip_safe"), Path: "extension.zip_safe",
			Message: fmt.Sprintf("'zip_safe' is only valid for API level %s and above", levelZipSafe),
			Fix:     fmt.Sprintf("write api_level: %q, or remove zip_safe", levelZipSafe)})
	}
}
