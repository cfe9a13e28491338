package view

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/devpm/devpm/internal/termx"
)

// Package is what an extension says about itself.
type Package struct {
	Name           string   `json:"name"`
	Version        string   `json:"version"`
	APILevel       string   `json:"api_level"`
	Runtime        string   `json:"runtime"`
	Command        bool     `json:"command"` // a Stonebranch package: started with `ext task launch`
	Entry          string   `json:"entry,omitempty"`
	RequiresPython string   `json:"requires_python"`
	ExtraPaths     []string `json:"python_extra_paths,omitempty"`
	RunsFromZip    bool     `json:"runs_from_zip"`
	Capabilities   []string `json:"capabilities,omitempty"`
	Network        bool     `json:"network"`
	Platforms      []string `json:"platforms,omitempty"`
	Services       []string `json:"services,omitempty"`
	Patches        []string `json:"service_patches,omitempty"`
	Hooks          []string `json:"hooks,omitempty"`
	Steps          []string `json:"prepare_steps,omitempty"`
	OwnerName      string   `json:"owner_name,omitempty"`
	Organization   string   `json:"organization,omitempty"`
	Description    string   `json:"description,omitempty"`
	Comments       string   `json:"comments,omitempty"`
}

// BuiltPackage is a package in a file.
type BuiltPackage struct {
	File    string  `json:"file"`
	SHA256  string  `json:"sha256"`
	Size    int64   `json:"size"` // bytes
	Files   int     `json:"files"`
	Package Package `json:"extension"`
}

// InstalledPackage is a package of the store.
type InstalledPackage struct {
	StoreVersion string    `json:"version"`
	SHA256       string    `json:"sha256"`
	Size         int64     `json:"size"` // bytes
	Source       string    `json:"source,omitempty"`
	Installed    time.Time `json:"installed"`
	Archive      string    `json:"archive"`
	Signature    string    `json:"signature"` // trusted, untrusted, wrong, none
	Key          string    `json:"key,omitempty"`
	Project      string    `json:"project,omitempty"` // what the project makes of it: uses, disabled
	Package      Package   `json:"extension"`
}

// versioned puts a document's version before its fields.
type versioned[T any] struct {
	Document int `json:"version"`
	Value    T   `json:"package"`
}

// BuiltPackageJSON prints {"version": 1, "package": {…}}.
func (p Printer) BuiltPackageJSON(b BuiltPackage) error {
	return p.JSON(versioned[BuiltPackage]{Version, b})
}

// PackageJSON prints {"version": 1, "package": {…}}.
func (p Printer) PackageJSON(x Package) error { return p.JSON(versioned[Package]{Version, x}) }

// InstalledPackageJSON prints {"version": 1, "package": {…}}.
func (p Printer) InstalledPackageJSON(x InstalledPackage) error {
	return p.JSON(versioned[InstalledPackage]{Version, x})
}

// InstalledPackagesJSON prints {"version": 1, "extensions": […]}.
func (p Printer) InstalledPackagesJSON(list []InstalledPackage) error {
	return p.JSON(struct {
		Version    int                `json:"version"`
		Extensions []InstalledPackage `json:"extensions"`
	}{Version, list})
}

// InstalledPackages prints the store as a table; inProject adds what the project
// makes of each package.
func (p Printer) InstalledPackages(list []InstalledPackage, inProject bool) {
	row := func(name, version, runtime, signature, sum, project, can string) []string {
		if inProject {
			return []string{name, version, runtime, signature, sum, project, can}
		}
		return []string{name, version, runtime, signature, sum, can}
	}
	rows := [][]string{row("NAME", "VERSION", "RUNTIME", "SIGNATURE", "SHA256", "PROJECT", "CAN DO")}
	for _, x := range list {
		rows = append(rows, row(termx.Plain(x.Package.Name), termx.Plain(shownVersion(x)), x.Package.Runtime, x.Signature, x.SHA256[:12],
			cmp.Or(x.Project, "-"), strings.Join(x.Package.Capabilities, " ")))
	}
	p.table(rows)
}

func shownVersion(x InstalledPackage) string {
	if x.Package.Version == "" {
		return x.StoreVersion + " (has none)"
	}
	return x.StoreVersion
}

// InspectFile prints a package in a file.
func (p Printer) InspectFile(b BuiltPackage) {
	rows := b.Package.rows(b.Package.Version)
	rows = append(rows, []string{"sha256", b.SHA256}, []string{"size", fmt.Sprintf("%d bytes in %s", b.Size, plural(b.Files, "file"))})
	p.properties(rows)
}

// Inspect prints a package of the store.
func (p Printer) Inspect(x InstalledPackage) {
	rows := x.Package.rows(shownVersion(x))
	signature := x.Signature
	if x.Key != "" {
		signature += ", by " + x.Key
	}
	rows = append(rows, []string{"sha256", x.SHA256}, []string{"size", strconv.FormatInt(x.Size, 10) + " bytes"}, []string{"signature", signature},
		[]string{"source", x.Source}, []string{"installed", x.Installed.UTC().Format(time.RFC3339)}, []string{"archive", x.Archive})
	p.properties(rows)
}

func (x Package) rows(version string) [][]string {
	yes := func(b bool, word, other string) string {
		if b {
			return word
		}
		return other
	}
	list := func(words []string) string { return strings.Join(words, ", ") }
	owner := strings.Trim(x.OwnerName+", "+x.Organization, ", ")
	python := ""
	if x.Runtime == "python" {
		python = x.RequiresPython
	}
	return [][]string{
		{"name", x.Name}, {"version", version}, {"runtime", x.Runtime + yes(x.Command, " (a command)", "")}, {"entry", x.Entry}, {"api level", x.APILevel},
		{"python", python}, {"extra paths", list(x.ExtraPaths)}, {"runs from", yes(x.RunsFromZip, "its archive", "an extracted copy")},
		{"can do", list(x.Capabilities)}, {"network", yes(x.Network, "yes", "")}, {"platforms", list(x.Platforms)},
		{"services", list(x.Services)}, {"patches", list(x.Patches)}, {"hooks", list(x.Hooks)}, {"steps", list(x.Steps)},
		{"owner", owner}, {"about", x.Description}, {"comments", strings.Join(strings.Fields(x.Comments), " ")},
	}
}

// properties prints names and values, without those that are empty.
func (p Printer) properties(rows [][]string) {
	var shown [][]string
	for _, r := range rows {
		if r[1] != "" {
			shown = append(shown, []string{r[0], termx.Plain(r[1])})
		}
	}
	p.columns(shown, func(_, column int, text string) string {
		if column == 0 {
			return p.Style.Bold(text)
		}
		return text
	})
}

// Installation is what `devpm ext install` did with one package.
type Installation struct {
	Source  string  `json:"source"`
	SHA256  string  `json:"sha256"`
	Added   bool    `json:"added"` // it was not in the store before
	Saved   bool    `json:"saved"` // the project requires and locks it
	Diff    string  `json:"diff,omitempty"`
	Key     string  `json:"key,omitempty"` // whose signature it has
	Package Package `json:"extension"`
}

// Installation prints one package that was installed, and the change of the
// manifest.
func (p Printer) Installation(x Installation) {
	word := "installed"
	if !x.Added {
		word = "already installed:"
	}
	p.Line(strings.TrimSpace(word + " " + x.Package.Name + " " + x.Package.Version))
	p.Line("sha256 " + x.SHA256)
	if x.Key != "" {
		p.Line("signed by " + x.Key)
	}
	p.unified(x.Diff)
}

// InstallationsJSON prints {"version": 1, "installed": […]}.
func (p Printer) InstallationsJSON(list []Installation) error {
	return p.JSON(struct {
		Version   int            `json:"version"`
		Installed []Installation `json:"installed"`
	}{Version, list})
}

// RemovedJSON prints {"version": 1, "name": …, "removed": [versions]}.
func (p Printer) RemovedJSON(name string, versions []string) error {
	return p.JSON(struct {
		Version int      `json:"version"`
		Name    string   `json:"name"`
		Removed []string `json:"removed"`
	}{Version, name, versions})
}

// Switched is what `devpm ext enable` and `disable` did.
type Switched struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	Diff    string `json:"diff"` // "" when it was so already
}

// Switched prints the change of the manifest, or that there is none.
func (p Printer) Switched(x Switched) {
	if x.Diff == "" {
		word := "disabled"
		if x.Enabled {
			word = "enabled"
		}
		p.Line(x.Name + " is " + word + " already")
		return
	}
	p.unified(x.Diff)
}

// SwitchedJSON prints {"version": 1, "name": …, "enabled": …, "diff": …}.
func (p Printer) SwitchedJSON(x Switched) error {
	return p.JSON(struct {
		Version int `json:"version"`
		Switched
	}{Version, x})
}

// Signature is a signature or a key, and whose it is.
type Signature struct {
	File    string `json:"file"`
	Key     string `json:"key"` // public
	Comment string `json:"comment,omitempty"`
}

// SignatureJSON prints {"version": 1, "file": …, "key": …, "comment": …}.
func (p Printer) SignatureJSON(x Signature) error {
	return p.JSON(struct {
		Version int `json:"version"`
		Signature
	}{Version, x})
}
