package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/settings"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare/lock"
	"github.com/devpm/devpm/prepare/trust"
)

// packageFinder finds the packages that a manifest requires in the user's store.
type packageFinder struct {
	project  *project
	app      *App
	store    *pack.Store
	settings *settings.Settings
	locked   map[string]lock.Extension
	c        *diag.Collector
}

// findPackages finds the packages that the manifest requires.
func (p *project) findPackages(ctx context.Context, app *App, f *foundExtensions, c *diag.Collector) error {
	required := requirementsOf(p.manifest.Extensions.Get("require"))
	if len(required) == 0 {
		return nil
	}
	finder := packageFinder{project: p, app: app, settings: f.settings, locked: p.lockedExtensions(), c: c}
	var err error
	if finder.store, err = extensionStore(app); err != nil {
		return err
	}
	for _, q := range required {
		if !q.enabled {
			f.left = append(f.left, &extensions.Info{Name: q.name, Source: "extensions.require", Range: q.at, Left: leftDisabled})
			continue
		}
		if err := finder.find(ctx, q, f); err != nil {
			return err
		}
	}
	return nil
}

// lockedExtensions are those of .odpm/lock.json; its faults are told where
// repositories are locked.
func (p *project) lockedExtensions() map[string]lock.Extension {
	src, err := readConfig(p.path(lock.Path))
	if err != nil {
		return nil
	}
	if l := lock.Read(lock.Path, src, &diag.Collector{}); l != nil {
		return l.Extensions
	}
	return nil
}

// find adds one package. What is wrong with it stands at its name in the
// manifest; the error is what devpm could not do.
func (f *packageFinder) find(ctx context.Context, q requirement, to *foundExtensions) error {
	if d := f.settings.CheckAccepted(q.name, q.at); d != nil {
		f.c.Add(*d)
		return nil
	}
	constraint, err := pack.ParseConstraint(q.version)
	if err != nil {
		f.c.Add(diag.Diagnostic{
			Code: diag.ExtensionUnusable, Range: q.node.Range, Path: "extensions.require." + q.name, Message: err.Error(),
			Fix: `write a version such as "^1.2", "~1.2.3" or ">=1, <3"`,
		})
		return nil
	}
	sum := f.locked[q.name].SHA256
	if f.app.relocks != nil && f.app.relocks(q.name) {
		sum = ""
	}
	installed, err := f.store.Resolve(q.name, constraint, sum)
	vendored := false
	if err != nil {
		if installed, vendored, err = f.fromVendor(ctx, q, constraint, sum, err); err != nil {
			return f.judged(q, packageFault(f.store.Dir, err))
		}
	}
	m := installed.Metadata
	info := &extensions.Info{
		Name: q.name, Version: installed.Described(), Source: "package " + installed.SHA256[:12], Runtime: string(m.Runtime),
		Capabilities: m.Offers(), Network: m.Network, Range: q.at,
	}
	if !m.Declared {
		info.Runtime = extensions.RuntimePython
	}
	signature, refused := f.signature(q, installed)
	info.Signature = signature
	if vendored {
		info.Source += " of " + f.project.stock.shown
	}
	to.unlocked = append(to.unlocked, unlockedOf(q, sum)...)
	to.packages = append(to.packages, subjectOf(q, installed, info))
	if refused {
		return nil
	}
	program := &extensions.Program{Name: q.name, Extensions: []*extensions.Info{info}, Data: &extensions.Contribution{
		Services: m.Contributes.Services, Patches: m.Contributes.Patches,
	}}
	to.programs = append(to.programs, program)
	if m.Runtime == pack.Declarative && m.Contributes.Hooks == nil || !m.Declared {
		return nil // data alone, or a command, which no plan starts
	}
	var deployed *pack.Deployed
	ready, left := false, leftVendored
	if !vendored {
		left = leftUndeployed
		if deployed, ready, err = f.deploy(ctx, installed); err != nil {
			return f.judged(q, packageFault(f.store.Dir, err))
		}
	}
	if !ready {
		info.Left = left
		to.programs = to.programs[:len(to.programs)-1]
		to.left = append(to.left, info)
		return nil
	}
	to.hooks = append(to.hooks, hooksOf(deployed)...)
	if m.Runtime == pack.Declarative {
		return nil
	}
	info.Sandbox = sandbox.Probe().String()
	program.Start = f.start(q, deployed)
	return nil
}

// ownPlace are findings about files of the vendor directory.
var ownPlace = []diag.Code{diag.VendorDirectory, diag.VendorIndex, diag.VendorAbsent, diag.VendorDamaged, diag.SignatureBad}

// judged places findings about a package at its name in the manifest.
func (f *packageFinder) judged(q requirement, err error) error {
	var failure *diag.Failure
	if !errors.As(err, &failure) {
		return err
	}
	for _, d := range failure.List {
		if slices.Contains(ownPlace, d.Code) && d.Range.File != "" {
			d.Related = append(d.Related, diag.Related{Range: q.at, Message: "required here"})
		} else {
			d.Range, d.Path = q.at, "extensions.require."+q.name
		}
		f.c.Add(d)
	}
	return nil
}

// deploy finds where a package runs. Only a run makes a copy that is not there:
// plans write nothing, the store included.
func (f *packageFinder) deploy(ctx context.Context, i *pack.Installed) (*pack.Deployed, bool, error) {
	if f.app.deploys {
		d, err := f.store.Deploy(ctx, i)
		return d, err == nil, err
	}
	return f.store.Check(i)
}

// signature says who signed a package, and whether the user's settings refuse it.
func (f *packageFinder) signature(q requirement, i *pack.Installed) (said string, refused bool) {
	verified, fault := i.Verify(f.settings.Keys)
	if fault == nil {
		return "signed by " + shortKey(verified.Key), false
	}
	if refused = f.settings.RefusesSignature(fault); refused {
		d := *fault
		d.Severity, d.Range, d.Path = diag.Error, q.at, "extensions.require."+q.name
		f.c.Add(d)
	}
	switch fault.Code {
	case diag.SignatureMissing:
		return "unsigned", refused
	case diag.SignatureUntrusted:
		return "signed by a key that you do not trust", refused
	default:
		return "with a signature that is wrong", refused
	}
}

// shortKey is a public key as people compare it.
func shortKey(key string) string {
	if len(key) > 16 {
		return key[:16] + "…"
	}
	return key
}

// start starts the program of a package. Which Python runs it is decided then, and
// not before: to ask one is to start it, and a project may not be trusted.
func (f *packageFinder) start(q requirement, d *pack.Deployed) func(context.Context, protocol.Mode, protocol.Initialize) (extensions.Session, error) {
	app, p, network := f.app, f.project, d.Metadata.Network
	return func(ctx context.Context, mode protocol.Mode, initialize protocol.Initialize) (extensions.Session, error) {
		program, _, fault := app.packageProgram(ctx, d, p.dir, p.dir, network)
		if fault != nil {
			fault.Related = append(fault.Related, diag.Related{Range: q.at, Message: "required here"})
			return nil, diag.List{*fault}.Err()
		}
		profile := program.Profile
		profile.Network = network
		return app.startExtension(ctx, p, program, mode, initialize, profile)
	}
}

// subjectOf is what trust is asked for: the bytes, and what they may do.
func subjectOf(q requirement, i *pack.Installed, info *extensions.Info) trust.Package {
	s := trust.Package{
		Key: "extensions.require." + q.name, Step: "ext." + q.name, Range: q.at, Hash: i.SHA256,
		Text: fmt.Sprintf("%s %s, %s", q.name, info.Version, info.Runtime),
	}
	for _, c := range info.Capabilities {
		s.Rights = append(s.Rights, string(c))
	}
	if info.Network {
		s.Rights = append(s.Rights, "network")
	}
	s.Notes = []string{"sha256 " + i.SHA256[:12] + ", " + info.Signature}
	if len(s.Rights) > 0 {
		s.Notes = append(s.Notes, "can do: "+strings.Join(s.Rights, ", "))
	}
	return s
}

// unlockedOf is a package that the lock does not hold, for --locked.
func unlockedOf(q requirement, sum string) diag.List {
	if sum != "" {
		return nil
	}
	return diag.List{{
		Code: diag.ExtensionUnlocked, Range: q.at, Path: "extensions.require." + q.name,
		Message: fmt.Sprintf("%s does not hold the extension %s", lock.Path, q.name),
		Fix:     "lock it with `devpm ext install`, and commit the lock",
	}}
}

// hookOf is a command that a package runs in a phase.
type hookOf struct {
	extension, phase string
	entry            manifest.HookEntry
}

// hooksOf are the commands of a package, with its place put in.
func hooksOf(d *pack.Deployed) []hookOf {
	var out []hookOf
	n := d.Metadata.Contributes.Hooks
	for _, phase := range n.Keys() {
		for i, argv := range n.Get(phase).Items {
			path := fmt.Sprintf("extension %s: hooks.%s[%d]", d.Name, phase, i)
			h := hookOf{d.Name, phase, manifest.HookEntry{Range: argv.Range, Path: path, Name: fmt.Sprintf("%s %s[%d]", d.Name, phase, i)}}
			for _, word := range argv.Items {
				text := d.Expand(word.Text)
				h.entry.Run = append(h.entry.Run, manifest.Text{Value: text, Raw: text, Range: word.Range, Path: path})
			}
			out = append(out, h)
		}
	}
	return out
}

// hooksOfAll are the hooks of the manifest and, behind them, those of packages.
func (p *project) hooksOfAll() map[string][]manifest.HookEntry {
	if len(p.ext.found.hooks) == 0 {
		return p.manifest.Hooks
	}
	out := map[string][]manifest.HookEntry{}
	for phase, entries := range p.manifest.Hooks {
		out[phase] = slices.Clone(entries)
	}
	for _, h := range p.ext.found.hooks {
		out[h.phase] = append(out[h.phase], h.entry)
	}
	return out
}
