package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/settings"
	"github.com/devpm/devpm/internal/fsx"
)

// patient is one extension that `devpm ext doctor` looks at.
type patient struct {
	app      *App
	store    *pack.Store
	settings *settings.Settings
	name     string
	required *requirement
	find     func() (*pack.Installed, error)
	// unstarted says why nothing of it may be started, "" when it may, and cure
	// what to do about that.
	unstarted, cure string
	dir             string // where it would run
}

func runExtDoctor(ctx context.Context, app *App, o extDoctorOptions) error {
	patients, err := patientsOf(ctx, app, o.Name)
	if err != nil {
		return err
	}
	if len(patients) == 0 && o.Format != "json" {
		app.Out().Line("no extension is installed; `devpm ext install FILE` installs one")
		return nil
	}
	var probes []probe
	for _, p := range patients {
		probes = append(probes, p.look)
	}
	return doctor(ctx, app, doctorOptions{Format: o.Format}, probes)
}

// patientsOf are the extensions that a name means: without one those of the
// project, or where it requires none, the newest of each in the store.
func patientsOf(ctx context.Context, app *App, name string) ([]*patient, error) {
	base := patient{app: app, dir: app.Dir}
	var err error
	if base.store, err = extensionStore(app); err != nil {
		return nil, err
	}
	if base.settings, err = readExtensionSettings(app); err != nil {
		return nil, err
	}
	r, err := openRequiring(app, false)
	if err != nil {
		return nil, err
	}
	var out []*patient
	if r != nil {
		if out, err = base.ofProject(ctx, r, name); err != nil || len(out) > 0 {
			return out, err
		}
	}
	if name != "" {
		p := base
		p.name, _ = nameAndVersion(name)
		p.find = func() (*pack.Installed, error) { return findInstalled(app, name) }
		return []*patient{&p}, nil
	}
	all, faults, err := base.store.List()
	if err != nil {
		return nil, packageFault(base.store.Dir, err)
	}
	for _, i := range all {
		if slices.ContainsFunc(out, func(p *patient) bool { return p.name == i.Name }) {
			continue // an older version
		}
		p := base
		p.name, p.find = i.Name, func() (*pack.Installed, error) { return findInstalled(app, i.Name+"@"+i.Version) }
		out = append(out, &p)
	}
	return out, faults.Err()
}

// ofProject are those that a project requires. None of a project runs before
// it is trusted.
func (base patient) ofProject(ctx context.Context, r *requiring, name string) ([]*patient, error) {
	locked, err := r.readLock(base.app)
	if err != nil {
		return nil, err
	}
	var out []*patient
	for _, q := range r.requirements() {
		if name != "" && q.name != name {
			continue
		}
		p := base
		p.name, p.required, p.dir = q.name, &q, r.dir
		p.find = func() (*pack.Installed, error) {
			constraint, err := pack.ParseConstraint(q.version)
			if err != nil {
				return nil, fault(diag.StoreMissing, "", err.Error(), `write a version such as "^1.2" in extensions.require`)
			}
			return p.store.Resolve(q.name, constraint, locked.Extensions[q.name].SHA256)
		}
		out = append(out, &p)
	}
	if len(out) == 0 {
		return nil, nil
	}
	why, cure := "", ""
	if opened, err := base.app.open(ctx, nil, nil); err != nil {
		why, cure = "the manifest has faults", "see which with `devpm manifest validate`"
	} else if !opened.judgeTrust(base.app).accepted {
		why, cure = "the project is not trusted yet", "look with `devpm trust --show`, decide with `devpm trust`"
	}
	for _, p := range out {
		p.unstarted, p.cure = why, cure
	}
	return out, ctx.Err()
}

// check is a line about the extension.
func (p *patient) check(what string, status view.CheckStatus, detail, fix string) view.Check {
	return view.Check{Name: p.name + " " + what, Status: status, Detail: detail, Fix: fix}
}

func (p *patient) ok(what, detail string) view.Check {
	return p.check(what, view.CheckOK, detail, "")
}

// failed is a line about an error: of findings the first one.
func (p *patient) failed(what string, err error) view.Check {
	var judged diagnosed
	var failure *diag.Failure
	list := diag.List{{Message: oneLine(err), Fix: "install the extension again"}}
	switch {
	case errors.As(err, &failure):
		list = failure.List
	case errors.As(err, &judged):
		list = judged.Diagnostics()
	}
	return p.check(what, view.CheckFail, list[0].Message, list[0].Fix)
}

// look is the probe of one extension.
func (p *patient) look(ctx context.Context) []view.Check {
	if p.required != nil && !p.required.enabled {
		return []view.Check{p.check("installed", view.CheckWarn, "disabled in "+manifestName, "enable it with `devpm ext enable "+p.name+"`")}
	}
	i, err := p.find()
	if err != nil {
		return []view.Check{p.failed("installed", packageFault(p.store.Dir, err))}
	}
	out := []view.Check{p.ok("installed", fmt.Sprintf("%s, runtime %s", i.Described(), i.Metadata.Runtime)), p.archive(i)}
	out = append(out, p.metadata(i)...)
	if d := p.settings.CheckAccepted(p.name, diag.Range{}); d != nil {
		out = append(out, p.check("accepted", view.CheckFail, d.Message, d.Fix))
	}
	out = append(out, p.signature(i))
	deployed, ready, err := p.store.Intact(i)
	switch {
	case err != nil:
		return append(out, p.failed("copy", packageFault(p.store.Dir, err)))
	case deployed.Zip:
		out = append(out, p.ok("copy", "none: it runs from its archive"))
	case !ready:
		out = append(out, p.check("copy", view.CheckWarn, "its copy is not there or was changed", "nothing: it is made anew before it runs next"))
	default:
		out = append(out, p.ok("copy", "as it was installed"))
	}
	out = append(out, p.policy(i)...)
	if i.Metadata.Runtime == pack.Declarative {
		return out
	}
	out = append(out, p.held(i))
	if slices.ContainsFunc(out, func(c view.Check) bool { return c.Status == view.CheckFail }) {
		return append(out, p.check("start", view.CheckWarn, "not tried: something above is refused", "put that right, then look again"))
	}
	return append(out, p.program(ctx, deployed, ready)...)
}

func (p *patient) archive(i *pack.Installed) view.Check {
	sum, err := fsx.HashBelow(filepath.Dir(i.Blob()), filepath.Base(i.Blob()))
	switch {
	case err != nil:
		return p.failed("archive", packageFault(i.Blob(), err))
	case sum != i.SHA256:
		return p.check("archive", view.CheckFail, "it was changed since it was installed", "install the same package again")
	}
	return p.ok("archive", "sha256 "+sum[:12])
}

// metadata says which level the extension is written for, and what its
// extension.yml is warned of.
func (p *patient) metadata(i *pack.Installed) []view.Check {
	var out []view.Check
	for _, d := range i.Warnings {
		out = append(out, p.check("metadata", view.CheckWarn, strings.TrimPrefix(d.Path+": "+d.Message, ": "), d.Fix))
	}
	if len(out) == 0 {
		out = append(out, p.ok("metadata", "api_level "+i.Metadata.APILevel))
	}
	return out
}

func (p *patient) signature(i *pack.Installed) view.Check {
	v, bad := i.Verify(p.settings.Keys)
	switch {
	case bad == nil:
		return p.ok("signature", "of the trusted key "+v.Key)
	case p.settings.RefusesSignature(bad):
		return p.check("signature", view.CheckFail, bad.Message, bad.Fix)
	case bad.Code == diag.SignatureMissing:
		return p.ok("signature", "none, and none is required")
	}
	return p.check("signature", view.CheckWarn, bad.Message, bad.Fix)
}

func (p *patient) policy(i *pack.Installed) []view.Check {
	rules, err := readPolicy(p.app)
	switch {
	case err != nil:
		return []view.Check{p.failed("policy", err)}
	case rules == nil:
		return []view.Check{p.ok("policy", "none")}
	}
	var c diag.Collector
	rules.CheckExtension(p.name, capabilityNames(i.Metadata, i.Metadata.Network), diag.Range{}, &c)
	var out []view.Check
	for _, d := range c.List() {
		status := view.CheckWarn
		if d.Severity == diag.Error {
			status = view.CheckFail
		}
		out = append(out, p.check("policy", status, d.Message, d.Fix))
	}
	if len(out) == 0 {
		out = append(out, p.ok("policy", "allows "+strings.Join(capabilityNames(i.Metadata, i.Metadata.Network), ", ")))
	}
	return out
}

// held says how far the program can be held in while it executes.
func (p *patient) held(i *pack.Installed) view.Check {
	level := sandbox.Level{Missing: []string{"this devpm cannot start its helper"}}
	if p.app.Self != "" {
		level = sandbox.This().Level(sandbox.Profile{Write: []string{p.dir}, Network: i.Metadata.Network, Spawn: true})
	}
	c := checkSandbox(runtime.GOOS, level, p.settings.SandboxRequired)
	c.Name = p.name + " sandbox"
	return c
}

// program says what would run, and starts it to hear what it adds.
func (p *patient) program(ctx context.Context, d *pack.Deployed, ready bool) []view.Check {
	what := "Python"
	if d.Metadata.Runtime == pack.Exec {
		what = "program"
	}
	if p.unstarted != "" {
		// A virtual environment may have come with the project, so not even the
		// interpreter is asked.
		return []view.Check{p.check("start", view.CheckWarn, "not tried: "+p.unstarted, p.cure)}
	}
	l, err := p.app.launchable(ctx, d, p.dir, false)
	if err != nil {
		return []view.Check{p.failed(what, err)}
	}
	using := l.python
	if using == "" {
		using = strings.TrimPrefix(l.program.Argv[0], d.Root+string(filepath.Separator)) + " for " + runtime.GOOS + "/" + runtime.GOARCH
	}
	out := []view.Check{p.ok(what, using)}
	if !ready {
		return append(out, p.check("start", view.CheckWarn, "not tried: its copy is not there or was changed", "run it once, then look again"))
	}
	return append(out, p.start(ctx, l))
}

// start starts the extension as a plan does, and asks what it adds.
func (p *patient) start(ctx context.Context, l *launched) view.Check {
	l.plan()
	h := host.New(host.Options{Self: p.app.Self})
	defer func() { _ = h.Close() }() // how it ends is judged by `devpm ext test`
	session, err := h.Start(ctx, l.program, p.app.withoutProject(p.dir, protocol.ModePlan))
	if err != nil {
		return p.failed("start", err)
	}
	description, err := session.Describe(ctx)
	if err != nil {
		return p.failed("start", err)
	}
	var adds []string
	for _, r := range description.Registrations {
		adds = append(adds, fmt.Sprintf("%s %s", r.Kind, r.Name))
	}
	for _, n := range description.Notices {
		return p.check("start", view.CheckWarn, n.Message, cmp.Or(n.Fix, "`devpm ext test` says more"))
	}
	if len(adds) == 0 {
		return p.check("start", view.CheckWarn, "it starts and adds nothing", "its author has to register what it does")
	}
	return p.ok("start", "adds "+strings.Join(adds, ", "))
}
