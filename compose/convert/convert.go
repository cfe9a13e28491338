// Package convert turns a Compose file that a person wrote into a devpm
// manifest that means the same.
//
// It reads one file: what `include`, `extends` and override files bring in is
// refused with a way out, not guessed. It runs nothing, writes nothing, and
// drops comments, which JSON has no place for.
package convert

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// flatten is the way out where a file depends on others.
const flatten = "run `docker compose config --no-interpolate > flat.yml`, then `devpm init --import flat.yml`"

// maxNodes bounds what aliases may blow a file up to.
const maxNodes = 200_000

// FileNames are the names that Compose looks for, in its order.
var FileNames = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}

// OverrideNames are the files that Compose merges over those, without being
// asked.
var OverrideNames = []string{"compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml"}

// Lookup says whether a variable is set, and its value, where Compose would
// look: the process environment and `.env`.
type Lookup func(name string) (value string, set bool)

// Manifest converts a Compose file to the members of a manifest, in the order
// of the file: services, volumes, networks, configs and x-*. Faults and notes
// go to c; the result is nil when the file is no Compose file, and must not be
// used when c has errors.
func Manifest(file string, src []byte, lookup Lookup, c *diag.Collector) []manifest.Member {
	v := &converter{file: file, c: c, lookup: lookup, unset: map[string]bool{}}
	root := v.read(src)
	if root == nil {
		return nil
	}
	tree := v.node(root, "", 0)
	if tree == nil {
		return nil
	}
	return v.top(tree)
}

type converter struct {
	file   string
	c      *diag.Collector
	lookup Lookup
	nodes  int
	unset  map[string]bool // variables that were said to be unset
}

func (v *converter) say(code diag.Code, severity diag.Severity, at diag.Range, path, message, fix string) {
	v.c.Add(diag.Diagnostic{Code: code, Severity: severity, Range: at, Path: path, Message: message, Fix: fix})
}

// read parses the one YAML document of a file.
func (v *converter) read(src []byte) *yaml.Node {
	var document, second yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(string(src)))
	err := decoder.Decode(&document)
	whole := diag.Range{File: v.file}
	switch {
	case errors.Is(err, io.EOF):
		v.say(diag.ImportSyntax, diag.Error, whole, "", "the file is empty", "name a Compose file with services")
		return nil
	case err != nil:
		v.say(diag.ImportSyntax, diag.Error, placeOf(v.file, err), "", "the file is not YAML: "+plain(err), "correct the file; `docker compose config` shows when Compose accepts it")
		return nil
	case document.Kind != yaml.DocumentNode || len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode:
		v.say(diag.ImportSyntax, diag.Error, whole, "", "the file is not a Compose file: its top level is no mapping", "name a Compose file with services")
		return nil
	case decoder.Decode(&second) == nil:
		v.say(diag.ImportUnsupported, diag.Error, v.at(&second), "", "the file holds more than one YAML document", flatten)
		return nil
	}
	return document.Content[0]
}

// at is the place of a node.
func (v *converter) at(n *yaml.Node) diag.Range {
	if n.Line == 0 {
		return diag.Range{File: v.file}
	}
	start := diag.Position{Line: n.Line, Column: n.Column}
	return diag.Range{File: v.file, Start: start, End: diag.Position{Line: n.Line, Column: n.Column + 1}}
}

// top converts the top level.
func (v *converter) top(tree *manifest.Node) []manifest.Member {
	secrets := v.secrets(tree.Get("secrets"))
	var out []manifest.Member
	for _, m := range tree.Members {
		switch {
		case m.Key == "services":
			if m.Value.Kind != manifest.Object {
				v.say(diag.ImportSyntax, diag.Error, m.Value.Range, "services", "services is no mapping", "name a Compose file with services")
				continue
			}
			for _, service := range m.Value.Members {
				v.service(service, secrets)
			}
			out = append(out, m)
		case m.Key == "volumes", m.Key == "networks", m.Key == "configs":
			v.named(m.Value)
			out = append(out, m)
		case strings.HasPrefix(m.Key, "x-"):
			out = append(out, m)
		case m.Key == "version":
			// Compose itself calls it obsolete; nothing is lost.
		case m.Key == "secrets":
		case m.Key == "name":
			v.say(diag.ImportDropped, diag.Warning, m.KeyRange, "name", fmt.Sprintf("the project's name %q is not carried over: devpm names a project after its directory", m.Value.Text),
				fmt.Sprintf("if `docker compose -p %s ps` shows containers, end them with `docker compose -p %s down` before `devpm up`", m.Value.Text, m.Value.Text))
		case m.Key == "include":
			v.say(diag.ImportUnsupported, diag.Error, m.KeyRange, "include", "the file includes others, which are not read", flatten)
		default:
			v.say(diag.ImportUnsupported, diag.Error, m.KeyRange, m.Key, fmt.Sprintf("a manifest has no place for the top-level key %q", m.Key), "remove the key from the Compose file, then import it again")
		}
	}
	order := []string{"services", "volumes", "networks", "configs"}
	rank := func(m manifest.Member) int {
		if i := slices.Index(order, m.Key); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(out, func(a, b manifest.Member) int { return rank(a) - rank(b) })
	return out
}

// named gives `volumes: {data:}` the empty object that a manifest writes.
func (v *converter) named(section *manifest.Node) {
	if section.Kind == manifest.Null {
		section.Kind = manifest.Object
	}
	for i := range section.Members {
		if n := section.Members[i].Value; n.Kind == manifest.Null {
			section.Members[i].Value = &manifest.Node{Kind: manifest.Object, Range: n.Range}
		}
	}
}
