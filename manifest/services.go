package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// stackServices are the services that the odoo stack provides, and the name
// that people try for its database.
var (
	stackServices = []string{"db", "odoo"}
	reservedNames = []string{"db", "odoo", "postgres"}
)

// services checks names and references between services, after expansion.
func (l *loader) services() {
	for _, p := range append([]part{l.rootPart()}, l.overlays()...) {
		services, path := p.object("services")
		l.reserved(services, path)
		// A service of an overlay may belong to a source of the root.
		sources, _, _ := byName([]part{l.rootPart(), p}, "service_sources")
		l.sources(services, path, sources)
	}
	t := l.targets()
	for _, service := range members(l.m.Services) {
		path := l.serviceAt[service.Key]
		if image := service.Value.Get("image"); image != nil && image.Kind == String && image.Raw != "" && strings.TrimSpace(image.Text) == "" {
			l.report(diag.ManifestEmptyString, diag.Error, image.Range, path+".image", fmt.Sprintf("the image is empty after expansion of %q", image.Raw),
				"give the variable a value in .env, or a default here")
		}
		t.dependencies(service.Value, path)
		l.stackNetwork(service.Value.Get("networks"), path+".networks")
	}
	for _, layer := range l.m.Patches {
		for _, patch := range members(layer.Patches) {
			path := memberPath(layer.Path, patch.Key)
			t.check(diag.ManifestPatchTarget, "a patch", patch.Key, patch.KeyRange, path)
			t.dependencies(patch.Value, path)
		}
	}
}

// stackNetwork warns about the network that odpm's documents call `stack`, when
// nothing makes it: the document leaves it out (spec §7.4). With a network of
// another name the reference is an error of the document.
func (l *loader) stackNetwork(networks *Node, path string) {
	const name = "stack"
	if l.o.Names.Network.Value != "" || l.m.Networks.Get(name) != nil || networks == nil {
		return
	}
	warn := func(at diag.Range, path string) {
		l.report(diag.ManifestStackNetwork, diag.Warning, at, path, "nothing makes the network \"stack\": the service joins the project's own network",
			"set ODPM_COMPOSE_NETWORK=stack in .env, or declare the network in `networks`")
	}
	for i, item := range networks.Items {
		if item.Kind == String && item.Text == name {
			warn(item.Range, itemPath(path, i))
		}
	}
	for _, m := range networks.Members {
		if m.Key == name {
			warn(m.KeyRange, memberPath(path, m.Key))
		}
	}
}

// reserved refuses services with a name that the stack provides (spec §8.1).
func (l *loader) reserved(services *Node, path string) {
	if l.stack != StackOdoo {
		return
	}
	for _, service := range members(services) {
		if !slices.Contains(reservedNames, service.Key) {
			continue
		}
		target := service.Key
		if target == "postgres" {
			target = "db"
		}
		patches := strings.TrimSuffix(path, "services") + "service_patches"
		l.report(diag.ManifestReserved, diag.Error, service.KeyRange, memberPath(path, service.Key),
			fmt.Sprintf("the name %q is reserved: the stack odoo provides this service", service.Key),
			fmt.Sprintf("change the built-in service in %s.%s, or take another name", patches, target))
	}
}

// sources checks that `source` names an entry of service_sources.
func (l *loader) sources(services *Node, path string, known []placed) {
	for _, service := range members(services) {
		source := service.Value.Get("source")
		if source == nil || source.Kind != String {
			continue
		}
		var names []string
		for _, m := range known {
			names = append(names, m.Key)
		}
		if !slices.Contains(names, source.Text) {
			l.report(diag.ManifestUnknownSource, diag.Error, source.Range, memberPath(path, service.Key)+".source",
				fmt.Sprintf("service_sources has no entry %q", source.Text), didYouMean(source.Text, names, "sources"))
		}
	}
}

// targets knows which services can be referred to.
type targets struct {
	l     *loader
	known map[string]bool
	open  bool // others may come from an extension
}

func (l *loader) targets() *targets {
	t := &targets{l: l, known: make(map[string]bool), open: l.extended() || l.o.Provided == nil && l.stack != StackNone && l.stack != StackOdoo}
	if l.stack == StackOdoo {
		for _, name := range stackServices {
			t.known[name] = true
		}
	}
	if l.o.Provided != nil {
		for _, name := range l.o.Provided.Services {
			t.known[name] = true
		}
	}
	for _, nested := range l.m.Nested {
		for _, service := range members(nested.Services) {
			t.known[service.Key] = true
		}
	}
	for _, service := range members(l.m.Services) {
		t.known[service.Key] = true
	}
	return t
}

// check reports a reference to a service that does not exist. It is a warning
// when an extension may provide the service (design §7), and when a file
// without a stack, such as one that other projects depend on, names a service
// of the odoo stack.
func (t *targets) check(code diag.Code, who, name string, at diag.Range, path string) {
	if t.known[name] {
		return
	}
	names := make([]string, 0, len(t.known))
	for known := range t.known {
		names = append(names, known)
	}
	severity := diag.Error
	message, fix := fmt.Sprintf("%s names the service %q, which does not exist", who, name), didYouMean(name, names, "services")
	switch logical := t.l.o.Names.logical(name); {
	case logical != "" && t.l.stack == StackOdoo:
		if code == diag.ManifestDependsOn {
			return // the name that the service has in the document
		}
		message = fmt.Sprintf("%s names the service %q by the name that it has in the document only", who, name)
		fix = fmt.Sprintf("write %q: manifests use the stack's own names", logical)
	case name == "postgres" && t.l.stack == StackOdoo:
		fix = `write "db": that is what the stack calls its PostgreSQL service`
	case t.open:
		severity = diag.Warning
		message = fmt.Sprintf("%s names the service %q, which only an extension could provide", who, name)
	case len(t.l.m.Pending) > 0:
		severity = diag.Warning
		message = fmt.Sprintf("%s names the service %q, which only a dependency that is not here yet could provide", who, name)
		fix = "nothing needs to be done if one does; it is looked at once `devpm up` has cloned it"
	case t.l.implied && slices.Contains(stackServices, name):
		severity = diag.Warning
		message = fmt.Sprintf("%s names the service %q of the odoo stack, which this file does not use", who, name)
		fix = "add platform, python, distro and postgres to use the odoo stack"
	}
	t.l.report(code, severity, at, path, message, fix)
}

// dependencies checks depends_on in all its forms: a list, a map with
// conditions, and the list operations of a patch.
func (t *targets) dependencies(service *Node, path string) {
	depends := service.Get("depends_on")
	if depends == nil {
		return
	}
	path += ".depends_on"
	t.names(depends, path)
	for _, m := range members(depends) {
		at := memberPath(path, m.Key)
		switch {
		case m.Key == "$append":
			t.names(m.Value, at)
		case m.Key == "$remove":
		case m.Value.Get("required") != nil && m.Value.Get("required").Text == "false":
			// Compose takes an optional dependency that does not exist.
		default:
			t.check(diag.ManifestDependsOn, "depends_on", m.Key, m.KeyRange, at)
		}
	}
}

func (t *targets) names(n *Node, path string) {
	if n.Kind != Array {
		return
	}
	for i, item := range n.Items {
		if item.Kind == String && item.Text != "" && !strings.Contains(item.Text, "$") {
			t.check(diag.ManifestDependsOn, "depends_on", item.Text, item.Range, itemPath(path, i))
		}
	}
}
