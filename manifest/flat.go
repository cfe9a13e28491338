package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/schema"
)

// flatKeys are the keys of schema 1 and where schema 2 has them (spec §2.3,
// §13), in the order in which schema 2 is written.
var flatKeys = []struct{ flat, nested string }{
	{"odoo_version", "odoo_version"},
	{"odoo_git_link", "platform.git"},
	{"odoo_build_date", "platform.build_date"},
	{"python_version", "python"},
	{"distro_name", "distro.name"},
	{"distro_version", "distro.version"},
	{"postgres_version", "postgres"},
	{"dependencies", "dependencies"},
	{"requirements_txt", "requirements"},
	{"developing_project", "developing.git"},
	{"platform_name", "platform_name"},
	{"arch", "arch"},
	{"database", "database"},
	{"odoo_conf", "odoo_conf"},
}

// flatSilent are keys that schema 1 may have and that become no key of schema 2.
var flatSilent = []string{"$schema", "manifest_schema", "odpm_version", "db_creation_data", "scenarios"}

const defaultPlatform = "https://github.com/odoo/odoo.git"

// Versions are those that an Odoo release is at home with (spec §2.3; PostgreSQL
// §7.2).
type Versions struct{ Python, Debian, Postgres string }

// VersionsFor returns what a manifest that names no versions gets. A release
// that is not known, such as 0.0, gets those of the newest stable one.
func VersionsFor(odooVersion string) Versions {
	major, _, _ := strings.Cut(strings.TrimSpace(odooVersion), ".")
	n, err := strconv.Atoi(major)
	switch {
	case err != nil || n == 0 || n == 18 || n == 19:
		return Versions{"3.12", "13", "16"}
	case n >= 20:
		return Versions{"3.14", "13", "18"}
	case n == 17:
		return Versions{"3.10", "12", "16"}
	case n == 16:
		return Versions{"3.10", "11", "16"}
	default:
		return Versions{"3.7", "11", "16"}
	}
}

// flatForm reads a document of schema 1: afterwards the loader works on the same
// values in the shape of schema 2, each with its place in the file.
func (l *loader) flatForm(contract Contract) {
	judgeFlat(l.d, contract, l.c)
	if scenarios := l.d.Root.Get("scenarios"); scenarios != nil {
		l.report(diag.ManifestFlatScenarios, diag.Error, l.d.KeyRange("/scenarios"), "scenarios", "a flat manifest (schema 1) has no scenarios",
			"convert the file with `devpm manifest migrate --write`, which keeps them")
	}
	reportIgnored(l.d, diag.ManifestFlatIgnored, "is ignored: a flat manifest (schema 1) has no such key",
		"convert the file with `devpm manifest migrate --write` and add the key there, or remove it", l.c)
	tree, assumed := nested(l.d)
	reportAssumed(l.d, assumed, l.c)
	l.root, l.flat, l.stack = tree, true, StackOdoo
}

// judgeFlat checks the structure of a flat document and its contract line.
func judgeFlat(d *Document, contract Contract, c *diag.Collector) {
	structure{d: d, flat: true, c: c}.run(schema.FlatManifest())
	if contract.Line == "3.0" {
		c.Add(diag.Diagnostic{Code: diag.ManifestContractOld, Severity: diag.Warning, Range: d.place("odpm_version"), Path: "odpm_version",
			Message: "the contract line 3.0 is deprecated", Fix: "write \"odpm_version\": \"4.0\", or convert the file with `devpm manifest migrate --write`"})
	}
}

// place is the value at a top-level key, or the first character of the file.
func (d *Document) place(key string) diag.Range {
	if n := d.Root.Get(key); n != nil {
		return n.Range
	}
	at := d.Root.Range
	at.End = diag.Position{Line: at.Start.Line, Column: at.Start.Column + 1}
	return at
}

// reportIgnored warns about each key that schema 1 does not know.
func reportIgnored(d *Document, code diag.Code, message, fix string, c *diag.Collector) {
	var known []string
	for _, k := range flatKeys {
		known = append(known, k.flat)
	}
	said := 0
	for _, m := range d.Root.Members {
		if m.Key == "" || slices.Contains(known, m.Key) || slices.Contains(flatSilent, m.Key) || said == maxUnknown {
			continue
		}
		said++
		advice := fix
		if near := nearest(m.Key, known); near != "" && d.Root.Get(near) == nil {
			advice = fmt.Sprintf("did you mean %q?", near)
		}
		c.Add(diag.Diagnostic{Code: code, Severity: diag.Warning, Range: m.KeyRange, Path: memberPath("", m.Key),
			Message: fmt.Sprintf("%q %s", m.Key, message), Fix: advice})
	}
}

// reportAssumed tells which versions a flat document leaves open.
func reportAssumed(d *Document, assumed []string, c *diag.Collector) {
	if len(assumed) > 0 {
		c.Add(diag.Diagnostic{Code: diag.ManifestFlatDefaults, Severity: diag.Notice, Range: d.place(""),
			Message: "the file leaves versions open; used are " + list(assumed, "and"), Fix: "write the versions that the project needs"})
	}
}

// nested is a flat document in the shape of schema 2, without the two version
// keys. Values keep their places; numbers for texts become texts. assumed lists
// the versions that the file leaves open and that the tree has by default.
func nested(d *Document) (tree *Node, assumed []string) {
	tree = &Node{Kind: Object, Range: d.Root.Range}
	put := func(path string, keyRange diag.Range, value *Node) {
		into := tree
		if top, rest, below := strings.Cut(path, "."); below {
			if into = tree.Get(top); into == nil {
				into = &Node{Kind: Object, Range: value.Range}
				tree.Members = append(tree.Members, Member{top, keyRange, into})
			}
			path = rest
		}
		into.Members = append(into.Members, Member{path, keyRange, value})
	}
	// The version decides on the defaults, so it is looked for first.
	versions := VersionsFor(flatVersion(d.Root))
	start := d.place("")
	defaults := map[string]struct{ value, what string }{
		"odoo_git_link":    {defaultPlatform, ""},
		"python_version":   {versions.Python, "Python " + versions.Python},
		"distro_name":      {"debian", ""},
		"distro_version":   {versions.Debian, "Debian " + versions.Debian},
		"postgres_version": {versions.Postgres, "PostgreSQL " + versions.Postgres},
	}
	for _, k := range flatKeys {
		value, keyRange := d.Root.Get(k.flat), d.KeyRange("/"+k.flat)
		if k.flat == "database" && value == nil {
			value, keyRange = createdWith(d.Root.Get("db_creation_data")), d.KeyRange("/db_creation_data")
		}
		if value != nil && value.Kind == Number && k.flat != "odoo_version" {
			text := *value
			text.Kind = String
			value = &text
		}
		blank := value == nil || value.Kind == String && strings.TrimSpace(value.Text) == ""
		if fallback, ok := defaults[k.flat]; ok && blank {
			put(k.nested, start, &Node{Kind: String, Text: fallback.value, Range: start})
			if fallback.what != "" {
				assumed = append(assumed, fallback.what)
			}
			continue
		}
		if !blank {
			put(k.nested, keyRange, value)
		}
	}
	return tree, assumed
}

// flatVersion is the Odoo version of a flat document, unexpanded; "" if open.
func flatVersion(root *Node) string {
	if n := root.Get("odoo_version"); n != nil && (n.Kind == String || n.Kind == Number) && strings.TrimSpace(n.Text) != "" {
		return n.Text
	}
	if words := strings.Fields(stringAt(root, "odoo_git_link")); len(words) > 1 {
		return words[1]
	}
	return ""
}

// createdWith is `database` from the older key db_creation_data, or nil.
func createdWith(old *Node) *Node {
	var out *Node
	for _, k := range []struct{ from, to string }{{"db_lang", "language"}, {"db_country_code", "country"}} {
		value := old.Get(k.from)
		if value == nil || k.to == "language" && (value.Kind != String || value.Text == "") || value.Kind == Array || value.Kind == Object || value.Kind == Number {
			continue
		}
		if out == nil {
			out = &Node{Kind: Object, Range: old.Range}
		}
		out.Members = append(out.Members, Member{k.to, value.Range, value})
	}
	return out
}

// path is how the file itself has a value that the loader sees at a dotted path
// of schema 2.
func (l *loader) path(path string) string { return flatPath(path, l.flat) }

func flatPath(path string, flat bool) string {
	if !flat {
		return path
	}
	head, tail, listed := strings.Cut(path, "[")
	for _, k := range flatKeys {
		if k.nested == head {
			path = k.flat
			if listed {
				path += "[" + tail
			}
		}
	}
	return path
}
