package extensions

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// Input is what Collect works with.
type Input struct {
	Programs []*Program // in the order in which the project names them
	// Left are the extensions that take no part in this run; they are shown.
	Left       []*Info
	Initialize protocol.Initialize // all but Mode
	// ReservedStep reports whether a step's id belongs to devpm.
	ReservedStep func(id string) bool
	// Stack is the stack that the manifest names, asked of whoever has it; "" when
	// devpm has it itself.
	Stack string
	// Saw gets each answer that findings may have places in.
	Saw func(file string, text []byte)
}

// Collected is what the extensions of a project add. It holds the programs that
// were started until Close.
type Collected struct {
	Extensions []*Info // sorted by name, those that take no part included
	Fragments  []Fragment
	Stack      *Stack // the one that was asked for; nil when nobody has it

	steps     []*registered
	runners   map[string]*registered
	policies  []*registered
	providers map[string]*registered
	sessions  []*session
}

// session is a program that was started, with what it said of itself.
type session struct {
	program *Program
	Session
	entries []*registered
}

// registered is one registration and who made it.
type registered struct {
	protocol.Registration
	owner   *Info
	session *session
}

// order is where a step stands among those of extensions.
func (r *registered) order() int {
	if r.Order == nil {
		return protocol.DefaultOrder
	}
	return *r.Order
}

// Collect starts the programs, all at the same time, and asks each what it
// adds. A program that fails is an error in c, with the extension's name; what
// the others add is collected all the same. The caller closes what comes back.
func Collect(ctx context.Context, in Input, c *diag.Collector) *Collected {
	out := &Collected{runners: map[string]*registered{}, providers: map[string]*registered{}}
	answers := make([]answer, len(in.Programs))
	var wg sync.WaitGroup
	for i, p := range in.Programs {
		if p.Start != nil {
			wg.Go(func() { answers[i] = ask(ctx, p, in) })
		}
	}
	wg.Wait()
	for i, a := range answers {
		p := in.Programs[i]
		c.Add(a.found...)
		for _, t := range a.seen {
			if in.Saw != nil {
				in.Saw(t.file, t.content)
			}
		}
		// A package with a program may contribute data beside it.
		out.Fragments = append(append(out.Fragments, p.Data.fragments(p.Extensions[0].Name)...), a.fragments...)
		if a.session != nil {
			out.sessions = append(out.sessions, a.session)
		}
		for _, s := range a.stacks {
			out.takeStack(s, in)
		}
		out.Extensions = append(out.Extensions, p.Extensions...)
	}
	out.Extensions = append(out.Extensions, in.Left...)
	slices.SortStableFunc(out.Extensions, func(a, b *Info) int { return strings.Compare(a.Name, b.Name) })
	out.register(in, c)
	return out
}

// Close ends the programs.
func (c *Collected) Close() {
	if c == nil {
		return
	}
	var wg sync.WaitGroup
	for _, s := range c.sessions {
		wg.Go(func() { _ = s.Close() }) // the host reaps what does not end
	}
	wg.Wait()
	c.sessions = nil
}

// Loaded reports whether every extension of the project takes part, so that
// what nobody adds does not exist.
func (c *Collected) Loaded() bool {
	return !slices.ContainsFunc(c.Extensions, func(i *Info) bool { return i.Left != "" })
}

// Services are the names of the services that extensions add, or the stack.
func (c *Collected) Services() []string {
	var out []string
	add := func(n *manifest.Node) {
		if n == nil || n.Kind != manifest.Object {
			return
		}
		for _, m := range n.Members {
			out = append(out, m.Key)
		}
	}
	for _, f := range c.Fragments {
		add(f.Services)
	}
	if c.Stack != nil {
		add(c.Stack.Services)
	}
	return out
}

// takeStack keeps the stack that the manifest names. Of two of that name register
// tells.
func (c *Collected) takeStack(s Stack, in Input) {
	if s.Name == in.Stack && c.Stack == nil {
		c.Stack = &s
	}
}

// Evaluate asks every step what it would do, in the order in which they stand
// in a plan. A step that fails is an error in found and left out.
func (c *Collected) Evaluate(ctx context.Context, found *diag.Collector) []Step {
	var out []Step
	for _, r := range c.steps {
		e, err := r.session.Evaluate(ctx, r.Name)
		if err != nil {
			found.Add(findings(r.owner, err)...)
			continue
		}
		out = append(out, Step{
			Extension: r.owner.Name, ID: r.Name, Description: cmp.Or(r.Description, "Step "+r.Name+" of the extension "+r.owner.Name),
			Order: r.order(), Evaluation: e,
		})
	}
	return out
}

// StepIDs are the ids of steps, in the order in which they stand in a plan.
func (c *Collected) StepIDs() []string {
	var out []string
	for _, r := range c.steps {
		out = append(out, r.Name)
	}
	return out
}

// HasSteps reports whether there is anything to evaluate.
func (c *Collected) HasSteps() bool { return c != nil && len(c.steps) > 0 }

// HookRunners are the ids of hook runners, sorted.
func (c *Collected) HookRunners() []string {
	var out []string
	if c != nil {
		for id := range c.runners {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// RunsPhase says whose the hook runner is, and whether it knows the phase.
func (c *Collected) RunsPhase(id, phase string) (extension string, ok bool) {
	if c == nil || c.runners[id] == nil {
		return "", false
	}
	r := c.runners[id]
	return r.owner.Name, len(r.Phases) == 0 || slices.Contains(r.Phases, phase)
}

// PhasesOf are the phases that a hook runner knows; none means all.
func (c *Collected) PhasesOf(id string) []string {
	if c == nil || c.runners[id] == nil {
		return nil
	}
	return c.runners[id].Phases
}

// SecretsProviders are the names of providers of secrets, sorted.
func (c *Collected) SecretsProviders() []string {
	var out []string
	if c != nil {
		for name := range c.providers {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
