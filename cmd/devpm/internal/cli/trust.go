package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/trust"
)

// trustVariable accepts exactly the digest that it holds, for CI.
const trustVariable = "DEVPM_TRUST"

// trustState is what is known of a project's trust in one run.
type trustState struct {
	set      trust.Set
	store    trust.Store
	decision *trust.Decision // the last one; nil without
	accepted bool            // there is nothing to ask, or the answer was yes
	hooksRan bool            // programs of the project have run in this run
}

// judgeTrust reads what the project would run, and what its user decided.
func (p *project) judgeTrust(app *App) *trustState {
	if p.trust == nil {
		t := &trustState{set: p.subjects(app), store: p.trustStore(app)}
		t.decision = t.store.Load()
		t.accepted = len(t.set) == 0 || t.decision != nil && t.decision.Digest == t.set.Digest()
		p.trust = t
	}
	return p.trust
}

// trustStore is where decisions about this project are kept.
func (p *project) trustStore(app *App) trust.Store {
	store := trust.Store{Project: followLinks(p.dir)}
	if _, named := app.Lookup("XDG_STATE_HOME"); named || p.home != "" {
		store.Dir = p.stateDir
	}
	return store
}

// untrustedSteps are the steps of a plan that wait for trust.
func (p *project) untrustedSteps(app *App) map[string]bool {
	t := p.judgeTrust(app)
	if t.accepted {
		return nil
	}
	steps := map[string]bool{}
	for _, c := range trust.Compare(t.decision, t.set) {
		if c.State == trust.Added || c.State == trust.Changed {
			steps[c.Step] = true
		}
	}
	return steps
}

// untrustedNote says at the end of a plan how to trust the project.
func (p *project) untrustedNote(app *App) diag.List {
	t := p.judgeTrust(app)
	if t.accepted {
		return nil
	}
	d := diag.Diagnostic{
		Code: diag.TrustUnplanned, Severity: diag.Notice,
		Message: fmt.Sprintf("this project is not trusted yet: `devpm up` will ask first, about %s", p.counted()),
		Fix:     "see what they are with `devpm trust --show`, and decide with `devpm trust`",
	}
	if pinned, _ := app.Lookup(trustVariable); pinned != "" {
		d.Message += fmt.Sprintf("; %s is %s, and this project is %s", trustVariable, pinned, t.set.Digest())
	}
	return diag.List{d}
}

// requireTrust asks before anything of the project runs. yes is --trust.
func (p *project) requireTrust(ctx context.Context, app *App, yes bool) error {
	t := p.judgeTrust(app)
	if t.accepted {
		return nil
	}
	digest := t.set.Digest()
	if pinned, _ := app.Lookup(trustVariable); pinned != "" {
		if app.pins(digest) {
			return p.accept(app)
		}
		right := digest
		if p.decided != nil {
			right = p.decided.Digest + "," + digest // where nothing is remembered, both are asked for again
		}
		return withStatus(exitUntrusted, fault(diag.TrustDigest, "",
			fmt.Sprintf("%s is %s, and this project is %s", trustVariable, pinned, digest),
			fmt.Sprintf("look at what changed with `devpm trust --show`; if it is right, set %s=%s", trustVariable, right)))
	}
	if yes {
		return p.accept(app)
	}
	if !app.canAsk() {
		return withStatus(exitUntrusted, fault(diag.TrustNeeded, "",
			fmt.Sprintf("this project is not trusted: it would use %s; its digest is %s", p.counted(), digest),
			fmt.Sprintf("look with `devpm trust --show`; then `devpm trust` on a terminal, --trust, or %s=%s", trustVariable, digest)))
	}
	app.Err().Trust(p.trustReport())
	ok, err := app.asker().yes(ctx, "Do you trust this project with that?")
	if err != nil {
		return err
	}
	if !ok {
		fmt.Fprintln(app.Streams.Err, "devpm: not trusted; nothing was done")
		return withStatus(exitUntrusted, nil)
	}
	return p.accept(app)
}

// pins reports whether DEVPM_TRUST holds this digest. What extensions add is
// known once they may run, so that it may hold two of a project.
func (a *App) pins(digest string) bool {
	pinned, _ := a.Lookup(trustVariable)
	return slices.Contains(strings.FieldsFunc(pinned, func(c rune) bool { return c == ',' || c == ' ' }), digest)
}

// trustAhead has a command that only looks at the project ask its extensions
// too, where --trust or DEVPM_TRUST says that it is trusted as it is: so CI sees
// the plan that its `up` carries out. Nothing is remembered, and what nobody has
// accepted is left out as always. Other commands decide in settleTrust.
func (p *project) trustAhead(ctx context.Context, app *App, link *engineLink, args []string) error {
	for app.looks {
		if t := p.judgeTrust(app); !t.accepted {
			pinned, _ := app.Lookup(trustVariable)
			if !app.pins(t.set.Digest()) && (pinned != "" || !app.TrustOnce) {
				return nil
			}
			t.accepted, p.decided = true, trust.Decide(t.set)
		}
		if !p.ext.waits() {
			return nil
		}
		p.trust = nil
		if err := p.refresh(ctx, app, link, args); err != nil {
			return err
		}
	}
	return nil
}

// accept records the decision.
func (p *project) accept(app *App) error {
	t := p.trust
	if err := t.store.Save(t.set, app.Now()); err != nil {
		return writeFault(t.store.Dir, err)
	}
	t.accepted, t.decision = true, t.store.Load()
	p.decided = trust.Decide(t.set)
	return nil
}

// settleTrust asks until everything is trusted that will run: first about what
// the project brings, and once its extensions may say what they add, about what
// that exposes.
func (p *project) settleTrust(ctx context.Context, app *App, link *engineLink, args []string, yes bool) error {
	for {
		if err := p.requireTrust(ctx, app, yes); err != nil {
			return err
		}
		if !p.ext.waits() {
			return nil
		}
		p.trust = nil
		if err := p.refresh(ctx, app, link, args); err != nil {
			return err
		}
	}
}

// counted is "2 hooks and 1 plugin".
func (p *project) counted() string {
	counts := map[trust.Kind]int{}
	var order []trust.Kind
	for _, s := range p.trust.set {
		if counts[s.Kind]++; counts[s.Kind] == 1 {
			order = append(order, s.Kind)
		}
	}
	var parts []string
	for _, kind := range order {
		parts = append(parts, view.TrustCount(kind, counts[kind]))
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}

// trustReport is the list as views print it.
func (p *project) trustReport() view.TrustReport {
	t := p.trust
	r := view.TrustReport{Project: p.dir, Digest: t.set.Digest(), Trusted: t.accepted, Changes: trust.Compare(t.decision, t.set)}
	if t.decision != nil {
		r.Decided = t.decision.Decided
	}
	if p.model != nil {
		for _, s := range p.services() {
			if s.Build || p.layout != nil && p.layout.CIImage != nil && s.Name == p.layout.service {
				r.Builds = append(r.Builds, s.Name)
			}
		}
	}
	return r
}

// stillTrusted looks again at what is about to run. Before the first hook it
// must be what was accepted, to the last byte. After that, files of the project
// may have been changed by the hooks themselves, which were trusted to do so;
// what containers get of the host must still be the same.
func (p *project) stillTrusted(app *App) error {
	t := p.trust
	if t == nil || !t.accepted {
		return nil
	}
	before, now := t.set, p.subjects(app)
	if t.hooksRan {
		made := []trust.Kind{trust.Hook, trust.Plugin, trust.Provider, trust.Repository}
		before, now = before.Without(made...), now.Without(made...)
	}
	if before.Digest() == now.Digest() {
		return nil
	}
	var list diag.List
	accepted := &trust.Decision{}
	for _, s := range before {
		accepted.Subjects = append(accepted.Subjects, trust.Known{Kind: s.Kind, Key: s.Key, Text: s.Text, Hash: s.Hash})
	}
	for _, c := range trust.Compare(accepted, now) {
		if c.State != trust.Unchanged {
			list = append(list, diag.Diagnostic{
				Code: diag.TrustMoved, Range: c.Range, Path: c.Key,
				Message: fmt.Sprintf("%s since it was trusted, while this run was going on: %s", map[trust.State]string{
					trust.Added: "it came", trust.Changed: "it changed", trust.Gone: "it went",
				}[c.State], c.Text),
				Fix: "look at the change, then run the command again; devpm will ask anew",
			})
		}
	}
	return withStatus(exitUntrusted, list.Err())
}

// keepTrust carries a decision over what the project's own hooks made of its
// files in this run: they were trusted to do so. Nothing else is carried over.
func (p *project) keepTrust(app *App) {
	t := p.trust
	if t == nil || !t.accepted || !t.hooksRan {
		return
	}
	now := p.subjects(app)
	made := []trust.Kind{trust.Hook, trust.Provider}
	if now.Digest() != t.set.Digest() && now.Without(made...).Digest() == t.set.Without(made...).Digest() {
		t.set = now
		_ = t.store.Save(now, app.Now()) // else the next run asks
	}
}

// trustedHooks runs hooks, after a last look at what they are.
type trustedHooks struct {
	apply.Hooks
	project *project
	app     *App
}

// Run implements apply.Hooks.
func (h trustedHooks) Run(ctx context.Context, phase string, entries []manifest.HookEntry) error {
	if err := h.project.stillTrusted(h.app); err != nil {
		return err
	}
	h.project.ranPrograms()
	return h.Hooks.Run(ctx, phase, entries)
}

// markUntrusted tells a plan which of its steps wait for trust.
func (p *project) markUntrusted(app *App, d *prepare.Desired) {
	d.Untrusted = p.untrustedSteps(app)
	d.Warnings = append(d.Warnings, p.untrustedNote(app)...)
}
