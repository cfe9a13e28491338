package manifest

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/schema"
)

// Options are what a manifest is read with.
type Options struct {
	Environment *Environment // nil: tokens stay literal (EXP-19)
	Tokens      Tokens
	Names       Names  // what the stack's services are called
	Scenario    string // --scenario; when empty ODPM_SCENARIO of the dotenv files, else developer
	Level       string // contract level; ContractLevel when empty
	HostArch    string // amd64 or arm64: the default of `arch`
	// Extended reports that plugins of the project may still add services: unknown
	// patch and depends_on targets are then warnings. Installed says the same of
	// packages beside the project, about which its `extensions` says nothing.
	Extended, Installed bool
	// Provided is what the extensions of the project add, once they were asked; nil
	// before. Unless it is open, what they do not add does not exist then.
	Provided *Provided
	Contract string // "" checks devpm's schema; "odpm" odpm's own schema 2, which refuses devpm's keys
	// Inherit finds what the project's dependencies add, once the manifest's own
	// links, versions and scenario are read; nil: nothing.
	Inherit func(*Manifest) Inheritance
}

// ContractODPM as Options.Contract asks whether odpm could read the file too.
const ContractODPM = "odpm"

// Load reads, checks and expands a manifest. It reports every fault it finds
// and goes on; nil means that there is nothing to go on with (not JSON, not an
// object, a form that is not read). A Manifest that comes with errors in c may
// lack the parts concerned and is good for more checks, not for planning.
func Load(file string, src []byte, o Options, c *diag.Collector) *Manifest {
	d := Parse(file, src, c)
	if d == nil {
		return nil
	}
	l := &loader{d: d, root: d.Root, o: o, c: c, x: NewExpander(o.Environment, o.Tokens)}
	l.x.lines = &lineIndex{src: src}
	if !l.form() {
		return nil
	}
	m := &Manifest{Document: d, Schema: l.schema, Stack: l.stack, StackImplied: l.implied, Extended: l.extended(), Provided: o.Provided != nil && !o.Provided.Open, RequiresODPM: strings.TrimSpace(l.text("requires_odpm", "")), root: l.root, flat: l.flat}
	l.m = m
	if l.x.tokens.Service == nil {
		l.x.tokens.Service = ServiceNames(l.stack, o.Names)
	}
	l.scenario()
	l.settings()
	l.repositories()
	l.inherit()
	l.expandTrees()
	l.services()
	l.frozen()
	m.Hooks = l.hooks()
	return m
}

// inherit adds what dependencies add.
func (l *loader) inherit() {
	if l.o.Inherit == nil || l.stack != StackOdoo {
		return
	}
	found := l.o.Inherit(l.m)
	l.m.Dependencies, l.m.Nested, l.m.Pending = found.Dependencies, found.Manifests, found.Pending
}

// ServiceNames is what ${@service:…} stands for in a project of a stack: only the
// services of the stack odoo have another name than the manifest gives them.
func ServiceNames(stack string, n Names) func(string) string {
	if stack != StackOdoo {
		n = Names{}
	}
	return n.Service
}

// loader is one run of Load.
type loader struct {
	d       *Document
	root    *Node
	o       Options
	c       *diag.Collector
	x       *Expander
	m       *Manifest
	schema  int
	flat    bool // root is a flat document in the shape of schema 2
	stack   string
	implied bool

	parts     []part            // what the active scenario sees
	serviceAt map[string]string // the path of each of its services
}

// report adds a diagnostic for the value at a place of the manifest.
func (l *loader) report(code diag.Code, severity diag.Severity, at diag.Range, path, message, fix string) {
	l.c.Add(diag.Diagnostic{Code: code, Severity: severity, Range: at, Path: l.path(path), Message: message, Fix: fix})
}

// form finds out how the manifest is written and checks its structure. False
// means that it is not a form that is read.
func (l *loader) form() bool {
	var versions diag.Collector
	contract, ok := CheckVersion(l.d, l.o.Level, &versions)
	l.schema = maxSchema
	if ok && contract.Schema == 1 {
		if l.root.Get("manifest_schema") != nil || !looksNested(l.root) {
			l.c.Add(versions.List()...)
			l.schema = 1
			l.flatForm(contract)
			return true
		}
		// The keys are those of schema 2 and only the number is missing: say
		// that, and look at the rest.
		versions = diag.Collector{}
		newVersionCheck(l.d, l.o.Level, &versions).nested()
		versions.Add(diag.Diagnostic{Code: diag.ManifestMissingKey, Range: l.d.place("manifest_schema"), Path: "manifest_schema",
			Message: `the key "manifest_schema" is missing`, Fix: `add "manifest_schema": 2`})
	}
	l.c.Add(versions.List()...)
	if !ok {
		return false
	}
	judged := make(map[string]bool)
	for _, found := range versions.List() {
		judged["/"+found.Path] = true
	}
	check := structure{d: l.d, judged: judged, plain: l.o.Contract == ContractODPM, c: l.c}
	if check.plain {
		check.run(schema.PlainManifest())
	} else {
		check.run(schema.Manifest())
	}
	l.chooseStack()
	return true
}

// looksNested reports whether a manifest without a schema number is meant to be
// of schema 2: it has a key that schema 1 never had, or none that it has. A file
// with keys of schema 1 is flat even where it has services too (SCH-29).
func looksNested(root *Node) bool {
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return root.Get(key) != nil })
	}
	if has("requires_odpm", "stack", "platform", "python", "distro", "postgres") {
		return true
	}
	for _, k := range flatKeys {
		if has(k.flat) {
			return false
		}
	}
	return !has("odpm_version")
}

// odooKeys are the keys that schema 2 of odpm requires. One of them makes the
// stack odoo when the file names none (design §7).
var odooKeys = []string{"platform", "python", "distro", "postgres"}

func (l *loader) chooseStack() {
	if n := l.root.Get("stack"); n != nil {
		l.stack = n.Text
		return
	}
	for _, key := range odooKeys {
		if l.root.Get(key) != nil {
			l.stack = StackOdoo
			return
		}
	}
	l.stack, l.implied = StackNone, true
	l.report(diag.ManifestStackImplied, diag.Notice, l.d.place("stack"), "stack", "no stack is named and there is no platform: only the services of this file are used",
		`write "stack": "none" to say so, or add platform, python, distro and postgres for Odoo`)
}

// text is the string or number at a top-level key, or a default.
func (l *loader) text(key, otherwise string) string {
	if n := l.root.Get(key); n != nil && (n.Kind == String || n.Kind == Number) && strings.TrimSpace(n.Text) != "" {
		return n.Text
	}
	return otherwise
}

// object is the object at a top-level key, or nil.
func (l *loader) object(key string) *Node { return objectOf(l.root.Get(key)) }

func objectOf(n *Node) *Node {
	if n == nil || n.Kind != Object {
		return nil
	}
	return n
}

// members yields the members of an object; none for any other node.
func members(n *Node) []Member {
	if n == nil || n.Kind != Object {
		return nil
	}
	return n.Members
}

// extended reports whether extensions may add services: `local` that is not
// empty, or anything required.
func (l *loader) extended() bool {
	extensions := l.root.Get("extensions")
	local, require := extensions.Get("local"), extensions.Get("require")
	if l.o.Provided != nil {
		return l.o.Provided.Open
	}
	if require != nil && len(require.Members) > 0 {
		return true
	}
	if local != nil && len(local.Items) > 0 {
		return true // it says which of the project's plugins count
	}
	return l.o.Installed || local == nil && l.o.Extended
}
