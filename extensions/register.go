package extensions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
)

// register puts the registrations of all programs together and finds those that
// exclude each other.
func (c *Collected) register(in Input, found *diag.Collector) {
	seen := map[protocol.Kind]map[string]*registered{}
	for _, s := range c.sessions {
		for _, e := range s.entries {
			if e.Kind.Capability() == "" {
				continue // of a later version of the protocol
			}
			if seen[e.Kind] == nil {
				seen[e.Kind] = map[string]*registered{}
			}
			first := seen[e.Kind][e.Name]
			if first != nil && unique[e.Kind] != "" {
				found.Add(twice(unique[e.Kind], e.Name, first.owner.Name, e.owner.Name, sourceRange(e)))
				continue
			}
			if first == nil {
				seen[e.Kind][e.Name] = e
			}
			switch e.Kind {
			case protocol.KindStep:
				if c.step(e, in, found) {
					c.steps = append(c.steps, e)
				}
			case protocol.KindHook:
				c.runners[e.Name] = e
			case protocol.KindPolicy:
				c.policies = append(c.policies, e)
			case protocol.KindSecrets:
				c.providers[e.Name] = e
			}
		}
	}
	slices.SortStableFunc(c.steps, func(a, b *registered) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), strings.Compare(a.owner.Name, b.owner.Name), strings.Compare(a.Name, b.Name))
	})
}

// unique are the kinds whose names may only be there once in a project, with
// what people call them. Services and patches are compared by what they hold,
// when the document is made.
var unique = map[protocol.Kind]string{
	protocol.KindStep:    "step",
	protocol.KindHook:    "hook runner",
	protocol.KindSecrets: "secrets provider",
	protocol.KindStack:   "stack",
}

// step judges the id of a step.
func (c *Collected) step(e *registered, in Input, found *diag.Collector) bool {
	if in.ReservedStep(e.Name) {
		found.Add(diag.Diagnostic{
			Code: diag.ExtensionBuiltinStep, Range: sourceRange(e),
			Message: fmt.Sprintf("the extension %s has a step %q, which is a step of devpm", e.owner.Name, e.Name),
			Fix:     fmt.Sprintf("give the step a name of its own, such as %q", e.owner.Name+"."+lastWord(e.Name)),
		})
		return false
	}
	return true
}

func lastWord(id string) string { return id[strings.LastIndexByte(id, '.')+1:] }

// twice says that two extensions, or one, have something of the same name.
func twice(what, name, first, second string, at diag.Range) diag.Diagnostic {
	d := diag.Diagnostic{
		Code: diag.ExtensionTwice, Range: at,
		Message: fmt.Sprintf("the extensions %s and %s both have a %s %q", first, second, what, name),
		Fix:     "disable one of the two, or rename it in one of them",
	}
	if first == second {
		d.Message = fmt.Sprintf("the extension %s has the %s %q twice", first, what, name)
		d.Fix = "register it once"
	}
	return d
}

// sourceRange is where a registration stands, as far as its program tells.
func sourceRange(e *registered) diag.Range {
	if strings.HasPrefix(e.Source, ".odpm/") {
		return diag.Range{File: e.Source}
	}
	return e.owner.Range
}
