package cli

import (
	"fmt"
	"slices"
	"strings"
)

// noteExtensions says what extensions wrote into the document, and what nobody
// does without them.
func (e *ejection) noteExtensions(b *strings.Builder) {
	c := e.ext.collected
	if c == nil || len(c.Extensions) == 0 {
		return
	}
	b.WriteString("\n## Extensions\n\n")
	var patches []string
	for _, p := range e.model.Patches() {
		for _, extension := range p.Extensions {
			patches = append(patches, extension+" "+p.Service)
		}
	}
	for _, i := range c.Extensions {
		var wrote []string
		for _, f := range e.model.Fragments() {
			if f.Extension == i.Name {
				wrote = append(wrote, "the service `"+f.Service+"`")
			}
		}
		for _, s := range e.services() {
			if slices.Contains(patches, i.Name+" "+s.Logical) {
				wrote = append(wrote, "changes of `"+s.Logical+"`")
			}
		}
		if c.Stack != nil && c.Stack.Extension == i.Name {
			wrote = append(wrote, "the stack `"+c.Stack.Name+"`")
		}
		switch {
		case i.Left != "":
			fmt.Fprintf(b, "- %s took no part: %s\n", i.Name, i.Left)
		case len(wrote) == 0:
			fmt.Fprintf(b, "- %s wrote nothing into the document\n", i.Name)
		default:
			fmt.Fprintf(b, "- %s wrote %s\n", i.Name, strings.Join(wrote, ", "))
		}
	}
	if steps := slices.Concat(c.StepIDs(), c.HookRunners()); len(steps) > 0 {
		fmt.Fprintf(b, "\nWhat they did in a run, nobody does now: `%s`.\n", strings.Join(steps, "`, `"))
	}
}
