package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/git"
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

// subjects is everything that trust is asked for, as it is on the disk now.
func (p *project) subjects(app *App) trust.Set {
	subjects := p.runs(p.ext.found.packages)
	if p.model != nil {
		for _, x := range p.model.Exposures(exposureOptions(app)) {
			if s, asks := p.exposed(x); asks {
				subjects = append(subjects, s)
			}
		}
		subjects = append(subjects, p.chosenDirs()...)
	}
	return trust.NewSet(append(subjects, p.repositoryPrograms()...)...)
}

// runs is what the project would run, packages of extensions included.
func (p *project) runs(packages []trust.Package) []trust.Subject {
	from := trust.Project{Manifest: p.manifest, Tree: trust.Tree{Dir: p.dir}, Packages: packages}
	if data, ok := p.dotenv, p.dotenv != nil; ok {
		from.Dotenv = &manifest.Layer{Name: dotenvName, Data: data}
	}
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return nil // the manifest was read from there a moment ago; up will say it
	}
	defer root.Close()
	from.Tree.Files = root.FS()
	return from.Subjects()
}

// exposed is a part of the host that a container gets. What the stack itself
// mounts from where repositories and backups are kept is devpm's doing; for a
// place that the project chose there is chosenDirs.
func (p *project) exposed(x compose.Exposure) (trust.Subject, bool) {
	text, written := exposureText(x), x.Written
	if x.Origin.Layer == compose.LayerBuiltin {
		for _, dir := range p.stackDirs() {
			if inside(followLinks(dir), x.Real) {
				return trust.Subject{}, false
			}
		}
		written = p.homely(written)
	}
	content := []string{string(x.Kind), x.Service, written}
	if x.Real != "" && inside(p.dir, filepath.Join(p.dir, x.Value)) && !filepath.IsAbs(x.Value) && !strings.HasPrefix(x.Value, "~") {
		content = append(content, x.Real) // a link of the project leads there
		text += ", which leads to " + x.Real
	}
	key := strings.TrimSpace(x.Service + " " + string(x.Kind) + " " + p.homely(x.Value))
	s := trust.New(trust.Host, key, text, x.Range, content)
	if s.Range == (diag.Range{}) {
		s.Range = diag.Range{File: manifestName}
	}
	s.Step = "compose.up"
	return s, true
}

// homely writes the home directory as "~", so that a digest is the same on every
// machine.
func (p *project) homely(text string) string {
	if p.home == "" {
		return text
	}
	return strings.ReplaceAll(text, p.home, "~")
}

// stackDirs are the directories in which repositories and backups are kept, and
// which the stack mounts from, by the variable that chooses them.
func (p *project) stackDirs() map[string]string {
	return map[string]string{"ODOO_PROJECTS_DIR": p.projectsDir(), "BACKUP_DIR": p.directory("BACKUP_DIR", p.path(".odpm/backups"))}
}

// chosenDirs are those that lie outside of the project because its own `.env`
// says so.
func (p *project) chosenDirs() []trust.Subject {
	var out []trust.Subject
	for name, dir := range p.stackDirs() {
		value, at, ok := p.env.File(name)
		if p.layout == nil || !ok || value == "" || at.File != dotenvName || p.holds(dir) {
			continue
		}
		s := trust.New(trust.Host, name, "containers get what is kept in "+value+" ("+name+")", at, value)
		s.Step = "compose.up"
		out = append(out, s)
	}
	return out
}

func exposureText(x compose.Exposure) string {
	who := "service " + x.Service + " "
	if x.Service == "" {
		who = "the document "
	}
	switch x.Kind {
	case compose.ExposeHostPath:
		return who + "gets " + x.Value
	case compose.ExposeSocket:
		if x.Engine {
			return who + "gets the engine's socket, and so every right on this machine: " + x.Value
		}
		return who + "gets the socket " + x.Value
	case compose.ExposeDevice:
		return who + "gets the device " + x.Value
	case compose.ExposeCapability:
		return who + "gets the capability " + x.Value
	case compose.ExposeSecurity:
		return who + "loses a protection: " + x.Value
	case compose.ExposeVolume:
		return who + "gets the volume " + x.Value + " of another project"
	case compose.ExposeProgram:
		return who + "lets Compose start a program on this machine: " + x.Value
	case compose.ExposePrivileged:
		return who + "has every right on this machine's kernel: " + x.Value
	default:
		return who + "shares " + x.Value
	}
}

// repositoryPrograms are repositories that lie in the project, and so came with
// it, and whose own configuration would make git run programs.
func (p *project) repositoryPrograms() []trust.Subject {
	if p.layout == nil {
		return nil
	}
	var out []trust.Subject
	for _, repo := range p.layout.Repositories {
		rel, err := filepath.Rel(p.dir, repo.Dir)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		if programs := git.Programs(repo.Dir); len(programs) > 0 {
			s := trust.New(trust.Repository, filepath.ToSlash(rel), "the git repository "+filepath.ToSlash(rel)+" names programs", repo.Range, programs)
			s.Notes, s.Step = programs, "git.materialize"
			out = append(out, s)
		}
	}
	return out
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
	return diag.List{{
		Code: diag.TrustUnplanned, Severity: diag.Notice,
		Message: fmt.Sprintf("this project is not trusted yet: `devpm up` will ask first, about %s", p.counted()),
		Fix:     "see what they are with `devpm trust --show`, and decide with `devpm trust`",
	}}
}

// requireTrust asks before anything of the project runs. yes is --trust.
func (p *project) requireTrust(ctx context.Context, app *App, yes bool) error {
	t := p.judgeTrust(app)
	if t.accepted {
		return nil
	}
	digest := t.set.Digest()
	if pinned, ok := app.Lookup(trustVariable); ok && pinned != "" {
		// What extensions add is known once they may run, so a project with
		// extensions may have two digests.
		if slices.Contains(strings.FieldsFunc(pinned, func(c rune) bool { return c == ',' || c == ' ' }), digest) {
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

// accept records the decision.
func (p *project) accept(app *App) error {
	t := p.trust
	if err := t.store.Save(t.set, app.Now()); err != nil {
		return stateFault(t.store.Dir, err)
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
