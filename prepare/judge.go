package prepare

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
)

// Changes counts the steps that this run would carry out. What runs each time
// does not count (design §4).
func (p *Plan) Changes() int {
	n := 0
	for i := range p.Steps {
		if p.Steps[i].changes() {
			n++
		}
	}
	return n
}

// Strict reports whether `plan --strict` fails: a required step would change
// something. What runs each time does not count, and steps with nothing to do are `noop`
// (unlike odpm, PLAN-28).
func (p *Plan) Strict() bool {
	for i := range p.Steps {
		if p.Steps[i].changes() && p.Steps[i].Required {
			return true
		}
	}
	return false
}

// changes leaves out what runs each time: hooks, and the steps of extensions
// that say `run`. A step of an extension that would change something says
// `update`.
func (s *Step) changes() bool { return s.Works() && !s.Repeats() }

// Repeats reports whether the step runs each time, whatever there is.
func (s *Step) Repeats() bool {
	return s.Outcome == Run && (s.OfExtension || strings.HasPrefix(s.ID, "hooks."))
}

// Works reports whether the step does something in this run.
func (s *Step) Works() bool { return s.Outcome == Run || s.Outcome == Update }

// String is the plan for tests: one line a step with its dependencies, its
// outcome ("!" when required) and reason; then one line a warning.
func (p *Plan) String() string {
	var b strings.Builder
	for _, s := range p.Steps {
		b.WriteString(s.ID)
		if len(s.DependsOn) > 0 {
			b.WriteString(" <- " + strings.Join(s.DependsOn, " "))
		}
		b.WriteString(": " + string(s.Outcome))
		if s.Required && s.Works() {
			b.WriteString("!")
		}
		b.WriteString(": " + s.Reason)
		if s.KnownAfter != "" {
			b.WriteString(" (known after " + s.KnownAfter + ")")
		}
		if s.Boundary {
			b.WriteString(" | plan again")
		}
		b.WriteString("\n")
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "%s %s: %s\n", w.Severity, w.Code, w.Message)
	}
	return b.String()
}

// Refusals returns what stops this plan before it begins: findings that a
// Refuse action carries. A caller shows them and changes nothing.
func (p *Plan) Refusals() diag.List {
	var out diag.List
	for _, s := range p.Steps {
		for _, a := range s.Actions {
			if r, ok := a.(Refuse); ok && !r.Late {
				out = append(out, r.Diagnostics...)
			}
		}
	}
	return out.Sorted()
}
