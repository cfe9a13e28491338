package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// Nested is what the manifest of a dependency gives to the project: links,
// services and patches (spec §6.3, design decision 7). Everything else in it
// never applies.
type Nested struct {
	Name           string // of the repository: "acme/framework"
	File           string // as diagnostics and explanations show it: "acme/framework/odpm.json"
	Dependencies   []Text // expanded
	OdooVersion    Text   // as written
	Python         Text   // as written
	Services       *Node  // object, expanded; nil when it gives none
	ServicePatches *Node
}

// Members are the services that the dependency declares.
func (n *Nested) Members() []Member { return members(n.Services) }

// Inheritance is what the repositories of a project add to its manifest.
type Inheritance struct {
	Dependencies []Text    // all repositories to have, the manifest's own first
	Manifests    []*Nested // of dependencies, in the order in which they were found
	// Pending names repositories that are not here yet: what they add is not
	// known.
	Pending []string
}

// LoadNested reads the manifest of a dependency. The repository is not trusted:
// what is not understood is left out with a warning, no schema and no version
// is asked for (spec §6.3), and secrets cannot be named. Faults of expansion are
// errors, since the project cannot be what the dependency asks for. nil means
// that the manifest gives nothing.
func LoadNested(name, file string, src []byte, o Options, stack string, c *diag.Collector) *Nested {
	n := &nestedLoader{c: c, stack: stack, out: &Nested{Name: name, File: file}}
	var syntax diag.Collector
	d := Parse(file, src, &syntax)
	for _, fault := range syntax.List() {
		if fault.Severity == diag.Error {
			n.ignored(fault.Range, "", fault.Message)
			return nil
		}
	}
	tokens := o.Tokens
	tokens.links = nil
	tokens.Secret = func(key string) (string, string, *TokenFault) {
		return "", "unset", &TokenFault{
			Code: diag.DependencySecret, Severity: diag.Error,
			Message: fmt.Sprintf("the dependency %s asks for the secret %s; secrets are the project's own", name, key),
			Fix:     "declare the service in the project's odpm.json, or switch use_oca_dependencies off",
		}
	}
	n.x = NewExpander(o.Environment, tokens)
	n.x.lines = &lineIndex{src: src}
	n.read(d.Root)
	return n.out
}

type nestedLoader struct {
	c     *diag.Collector
	x     *Expander
	stack string
	out   *Nested
}

func (n *nestedLoader) ignored(at diag.Range, path, message string) {
	n.c.Add(diag.Diagnostic{
		Code: diag.DependencyManifest, Severity: diag.Warning, Range: at, Path: path,
		Message: fmt.Sprintf("ignored in the dependency %s: %s", n.out.Name, message),
		Fix:     "mend the file in that repository, or name a commit of it that has a sound one",
	})
}

func (n *nestedLoader) read(root *Node) {
	if list := root.Get("dependencies"); list != nil && list.Kind == Array {
		for i, item := range list.Items {
			if item.Kind != String || strings.TrimSpace(item.Text) == "" {
				continue
			}
			path := itemPath("dependencies", i)
			if text, _, ok := n.x.expand(item.Text, item.Range, path, n.c); ok {
				n.out.Dependencies = append(n.out.Dependencies, Text{Value: strings.TrimSpace(text), Raw: item.Text, Range: item.Range, Path: path})
			}
		}
	}
	n.out.OdooVersion = nestedText(root, "odoo_version")
	if n.out.Python = nestedText(root, "python"); n.out.Python.Value == "" {
		n.out.Python = nestedText(root, "python_version")
	}
	if schema := root.Get("manifest_schema"); schema != nil && schema.Text == "1" || root.Get("odpm_version") != nil {
		return // a flat manifest carries no services (spec §2.1)
	}
	n.out.Services = withoutSource(n.services(root.Get("services")))
	n.out.ServicePatches = n.objects(root.Get("service_patches"), "service_patches", func(Member) bool { return true })
}

// nestedText is a top-level text or number as written.
func nestedText(root *Node, key string) Text {
	v := root.Get(key)
	if v == nil || v.Kind != String && v.Kind != Number {
		return Text{}
	}
	return Text{Value: strings.TrimSpace(v.Text), Raw: v.Text, Range: v.Range, Path: key}
}

// nestedName is a service's name (design §7): it becomes the name of a file.
var nestedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (n *nestedLoader) services(services *Node) *Node {
	return n.objects(services, "services", func(m Member) bool {
		message, fix := "", ""
		switch {
		case n.stack == StackOdoo && slices.Contains(reservedNames, m.Key):
			message = fmt.Sprintf("the dependency %s declares a service %q, and the stack odoo provides that one", n.out.Name, m.Key)
			fix = "change the stack's service through service_patches there, or switch use_oca_dependencies off"
		case !nestedName.MatchString(m.Key):
			message = fmt.Sprintf("the dependency %s names a service %q, which is no service name", n.out.Name, m.Key)
			fix = "a service name has letters, digits, \".\", \"_\" and \"-\", and starts with a letter or digit"
		default:
			return true
		}
		n.c.Add(diag.Diagnostic{Code: diag.DependencyName, Range: m.KeyRange, Path: memberPath("services", m.Key), Message: message, Fix: fix})
		return false
	})
}

// objects keeps and expands the members of an object that are objects
// themselves and that keep accepts.
func (n *nestedLoader) objects(of *Node, path string, keep func(Member) bool) *Node {
	switch {
	case of == nil:
		return nil
	case of.Kind != Object:
		n.ignored(of.Range, path, path+" is no object")
		return nil
	}
	out := *of
	out.Members = nil
	for _, m := range of.Members {
		at := memberPath(path, m.Key)
		switch {
		case m.Value.Kind != Object:
			n.ignored(m.Value.Range, at, at+" is no object")
		case keep(m):
			m.Value = n.x.tree(m.Value, at, n.c)
			out.Members = append(out.Members, m)
		}
	}
	if len(out.Members) == 0 {
		return nil
	}
	return &out
}
