package compose

import (
	"fmt"

	"github.com/devpm/devpm/diag"
)

// dependencyServices adds the services that dependencies declare (design
// decision 7): a later one replaces an earlier one of the same name (spec §6.3).
// Reading them has refused names that are the stack's.
func (b *builder) dependencyServices(sidecars map[string]member) {
	for _, n := range b.in.Manifest.Nested {
		if n.Services == nil {
			continue
		}
		l := &layer{LayerDependency, n.Name}
		for _, s := range n.Services.Members {
			if b.reserved(s.Key) {
				b.addReserved(s, "the dependency "+quote(n.Name))
				continue
			}
			v := fromNode(s.Value, l)
			b.shadow(sidecars[s.Key], s.KeyRange, v)
			sidecars[s.Key] = member{s.Key, s.KeyRange, v}
		}
	}
}

// shadow notes that a service takes the place of a dependency's, and says so.
func (b *builder) shadow(loser member, at diag.Range, winner *value) {
	if loser.value == nil || loser.value.layer.kind != LayerDependency {
		return
	}
	winner.replaced = loser.value
	fix := "remove the service from odpm.json to use the dependency's, or rename it"
	if winner.layer.kind == LayerDependency {
		fix = "declare the service in the project's odpm.json: that one wins over both"
	}
	b.c.Add(diag.Diagnostic{
		Code: diag.DependencyShadowed, Severity: diag.Warning, Range: loser.keyRange, Path: joinKey("services", loser.key),
		Message: fmt.Sprintf("the service of the dependency %s is not used: the one of %s wins", quote(loser.value.layer.name), winner.layer.title()),
		Fix:     fix, Related: related(at, "declared here"),
	})
}

// title names a layer in a sentence.
func (l *layer) title() string {
	if l.kind == LayerDependency || l.kind == LayerExtension {
		return "the " + string(l.kind) + " " + quote(l.name)
	}
	return l.name
}
