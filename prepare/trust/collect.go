package trust

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Project is what a project's subjects are read from.
type Project struct {
	Manifest *manifest.Manifest
	// Dotenv is the project's own `.env`, nil without one.
	Dotenv *manifest.Layer
	Tree   Tree
	// Packages are the extensions of `extensions.require` as they would run, and
	// installed Python packages that extend every project.
	Packages []Package
}

// Package is an extension from outside of the project, by its content.
type Package struct {
	Key    string // "extensions.require.mailpit-tools"
	Step   string // of the plan: "ext.mailpit-tools"
	Text   string // "mailpit-tools 0.3.0"
	Notes  []string
	Range  diag.Range
	Hash   string   // of its content: the sha256 of its archive
	Rights []string // what it declares that it can do; part of what is trusted
	Code   []string // files and directories of the project that hold its code, with slashes: a package that is developed in it
}

// Subjects lists what the project would run: hooks, plugins, extensions,
// secret providers, and the variables of its `.env` that programs on the host
// get. What containers get of the host is the document's to say.
func (p Project) Subjects() []Subject {
	if p.Manifest == nil {
		return nil
	}
	own := p.environment()
	out := p.hooks(own)
	out = append(out, p.plugins()...)
	out = append(out, p.extensions()...)
	out = append(out, p.providers(own)...)
	runs := slices.ContainsFunc(out, func(s Subject) bool { return s.Kind != ServiceHook })
	if runs {
		out = append(out, p.variables(own)...)
	}
	return out
}

// environment is the project's `.env` alone, so that what comes out is the same
// for every user and machine.
func (p Project) environment() *manifest.Environment {
	var layers []manifest.Layer
	if p.Dotenv != nil {
		layers = append(layers, *p.Dotenv)
	}
	return manifest.NewEnvironment(nil, layers, &diag.Collector{}) // its faults are told where it is read for good
}

// command is what decides the effect of an argv.
type command struct {
	Written  []string `json:"written"`
	Expanded []string `json:"expanded"` // with the project's .env alone
	Service  string   `json:"service,omitempty"`
	Plugin   string   `json:"plugin,omitempty"`
	Files    []File   `json:"files,omitempty"`
}

func (p Project) hooks(own *manifest.Environment) []Subject {
	var out []Subject
	for _, phase := range slices.Sorted(maps.Keys(p.Manifest.Hooks)) {
		for _, entry := range p.Manifest.Hooks[phase] {
			kind, where := Hook, ""
			if entry.Service != "" {
				kind, where = ServiceHook, "in service "+entry.Service+": "
			}
			if entry.Plugin != "" {
				s := New(Hook, entry.Path, "plugin "+entry.Plugin, entry.Range, command{Plugin: entry.Plugin})
				s.Step = "hooks." + phase
				out = append(out, s)
				continue
			}
			c := p.command(entry.Run, own)
			c.Service = entry.Service
			if kind == ServiceHook {
				c.Files = nil // names in the container
			}
			s := New(kind, entry.Path, where+Words(c.Written), entry.Range, c)
			s.Step, s.Files, s.Notes = "hooks."+phase, c.Files, c.notes()
			out = append(out, s)
		}
	}
	return out
}

// command reads an argv as written and as the project's .env makes it.
func (p Project) command(run []manifest.Text, own *manifest.Environment) command {
	var c command
	expander := manifest.NewExpander(own, manifest.Tokens{})
	for _, text := range run {
		c.Written = append(c.Written, text.Raw)
		// A fault here is one of the run's too, unless the user's own
		// environment mends it.
		value, _ := expander.Expand(text.Raw, text.Range, text.Path, &diag.Collector{})
		c.Expanded = append(c.Expanded, value)
	}
	c.Files = p.Tree.named(c.Expanded)
	return c
}

func (c command) notes() []string {
	var notes []string
	if !slices.Equal(c.Written, c.Expanded) && !slices.ContainsFunc(c.Written, func(w string) bool { return strings.Contains(w, "${@secret:") }) {
		notes = append(notes, "without your environment: "+Words(c.Expanded))
	}
	for _, f := range c.Files {
		if f.Hash == "" {
			notes = append(notes, "file "+f.Name+", which cannot be read")
			continue
		}
		notes = append(notes, "file "+f.Name+", sha256 "+f.Hash[:12])
	}
	return notes
}

// pluginDir holds local plugins; everything in it counts, since they may load
// one another. `extensions.local` therefore does not: it names what is loaded of
// content that is trusted already.
const pluginDir = ".odpm/plugins"

func (p Project) plugins() []Subject {
	var out []Subject
	for _, f := range p.Tree.below(pluginDir) {
		s := New(Plugin, f.Name, f.Name, diag.Range{File: f.Name}, f)
		s.Files = []File{f}
		if f.Hash == "" {
			s.Notes = []string{"cannot be read, or leads out of the project"}
		} else {
			s.Notes = []string{"sha256 " + f.Hash[:12]}
		}
		out = append(out, s)
	}
	return out
}

func (p Project) extensions() []Subject {
	var out []Subject
	known := map[string]bool{}
	for _, e := range p.Packages {
		known[e.Key] = true
		content := append([]string{e.Hash}, e.Rights...)
		var files []File
		for _, name := range e.Code {
			for _, f := range p.Tree.code(name) {
				files = append(files, f)
				content = append(content, f.Name, f.Hash)
			}
		}
		s := New(Extension, e.Key, e.Text, e.Range, content)
		s.Notes, s.Step, s.Files = e.Notes, e.Step, files
		if len(e.Code) > 0 {
			s.Notes = append(slices.Clip(s.Notes), fmt.Sprintf("developed in this project, in %s (modules: %d)", strings.Join(e.Code, ", "), len(files)))
		}
		out = append(out, s)
	}
	if require := p.Manifest.Extensions.Get("require"); require != nil {
		for _, m := range require.Members {
			if key := "extensions.require." + m.Key; !known[key] { // not installed: what is asked for is all that is known
				out = append(out, New(Extension, key, m.Key+" "+plain(m.Value), m.KeyRange, plain(m.Value)))
			}
		}
	}
	return out
}

// providers finds the commands of the `secrets` block: every list of strings
// at a key `command`.
func (p Project) providers(own *manifest.Environment) []Subject {
	var out []Subject
	var look func(n *manifest.Node, path string)
	look = func(n *manifest.Node, path string) {
		if n == nil {
			return
		}
		for _, m := range n.Members {
			at := path + "." + m.Key
			if m.Key == "command" && m.Value.Kind == manifest.Array {
				c := p.command(texts(m.Value, at), own)
				s := New(Provider, at, Words(c.Written), m.Value.Range, c)
				s.Files, s.Notes, s.Step = c.Files, c.notes(), "secrets.fetch"
				out = append(out, s)
				continue
			}
			look(m.Value, at)
		}
	}
	look(p.Manifest.Secrets, "secrets")
	return out
}

// texts reads a list of strings as written.
func texts(n *manifest.Node, path string) []manifest.Text {
	var out []manifest.Text
	for i, item := range n.Items {
		if item.Kind != manifest.String {
			continue
		}
		raw := item.Raw
		if raw == "" {
			raw = item.Text
		}
		out = append(out, manifest.Text{Value: item.Text, Raw: raw, Range: item.Range, Path: fmt.Sprintf("%s[%d]", path, i)})
	}
	return out
}

var (
	// harmless values cannot name a program, a file or an option.
	harmless = regexp.MustCompile(`^([0-9]{0,9}|true|false|yes|no|on|off)$`)
	// steering names change what a program loads or runs, whatever their value.
	steering  = regexp.MustCompile(`^(PATH|ENV|SHELL|IFS|CDPATH|HOME|TMPDIR|(LD|DYLD|GIT|SSH|PYTHON|NODE|NPM|PERL|RUBY|BASH|JAVA|GO|CARGO|DOCKER|COMPOSE)_?[A-Z0-9_]*)$`)
	secretive = regexp.MustCompile(`TOKEN|PASS|SECRET|KEY|AUTH|CRED`)
)

// variables are the keys of the project's `.env` that a program on the host
// gets. A plain number, such as a port, decides nothing there and is left out.
func (p Project) variables(own *manifest.Environment) []Subject {
	var out []Subject
	for _, pair := range own.Merged() {
		name, value, _ := strings.Cut(pair, "=")
		steers := steering.MatchString(name)
		if harmless.MatchString(value) && !steers {
			continue
		}
		_, at, _ := own.File(name)
		s := New(Environment, name, name, at, value)
		if steers {
			if !secretive.MatchString(name) {
				s.Text = pair
			}
			s.Notes = []string{"this name changes what programs load or run"}
		}
		out = append(out, s)
	}
	return out
}

// Words is an argv for people: quoted where a word is not plain.
func Words(argv []string) string {
	out := make([]string, len(argv))
	for i, word := range argv {
		out[i] = word
		if word == "" || strings.ContainsAny(word, " \t\n\"'\\|&;<>()*?") {
			out[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// plain is a small value of the manifest as text.
func plain(n *manifest.Node) string {
	switch {
	case n == nil:
		return ""
	case n.Kind == manifest.Object:
		parts := make([]string, len(n.Members))
		for i, m := range n.Members {
			parts[i] = m.Key + ": " + plain(m.Value)
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case n.Kind == manifest.Array:
		parts := make([]string, len(n.Items))
		for i, item := range n.Items {
			parts[i] = plain(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	default:
		return n.Text
	}
}
