package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/saved"
	"github.com/devpm/devpm/prepare/trust"
)

// watched are files of the project that a plan depends on beside those that
// reading it has named already. What is not there is no input; one that appears
// later is.
var watched = []string{"user_settings.json", "odoo.conf", ".odpm/lock.json", ".odpm/deps.lock.json", ".odpm/secrets.json"}

// watchedVariables are read from the process environment by devpm itself.
var watchedVariables = []string{"DEVPM_BASE_IMAGE", "DEVPM_POLICY", "DOCKER_HOST", "DOCKER_CONTEXT"}

// planInputs lists what the last plan was made from.
func (p *project) planInputs(app *App, key saved.Key) []saved.Input {
	var read []saved.Source
	for _, i := range p.inputs {
		read = append(read, saved.Source{Kind: saved.File, Name: i.Name, Hash: []byte(i.Hash)})
	}
	add := func(kind saved.Kind, name, path string) {
		if text, err := readConfig(path); err == nil {
			read = append(read, saved.Source{Kind: kind, Name: name, Hash: text})
		} else if !errors.Is(err, fs.ErrNotExist) {
			read = append(read, saved.Source{Kind: kind, Name: name, Hash: []byte("unreadable")})
		}
	}
	for _, name := range watched {
		if !slices.ContainsFunc(read, func(s saved.Source) bool { return s.Name == name }) {
			add(saved.File, name, p.path(name))
		}
	}
	if root := configRoot(app, p.home); root != "" {
		add(saved.File, "devpm's "+settingsName, filepath.Join(root, settingsName))
	}
	if policy, ok := app.Lookup("DEVPM_POLICY"); ok && policy != "" {
		if wd, err := app.Getwd(); err == nil && !filepath.IsAbs(policy) {
			policy = filepath.Join(wd, policy)
		}
		add(saved.File, "the policy of DEVPM_POLICY", policy)
	}
	for _, s := range p.runs(nil) { // with what plugins import from beside them
		if s.Kind == trust.Plugin {
			add(saved.Plugin, s.Key, p.path(filepath.FromSlash(s.Key)))
		}
	}
	for _, e := range p.ext.found.packages {
		read = append(read, saved.Source{Kind: saved.Extension, Name: strings.TrimPrefix(e.Key, "extensions.require."), Hash: []byte(e.Hash)})
	}
	for _, pair := range p.variables(app) {
		name, value, _ := strings.Cut(pair, "=")
		read = append(read, saved.Source{Kind: saved.Variable, Name: name, Hash: []byte(value)})
	}
	return saved.Inputs(versionOf(app), read, p.seen.desired, p.seen.observed, key)
}

// variables are those of the process environment that the plan depends on:
// what expansion read, what the hooks' words will read, and devpm's own.
func (p *project) variables(app *App) []string {
	x := manifest.NewExpander(p.env, p.tokens)
	for _, entries := range p.manifest.Hooks {
		for _, entry := range entries {
			for _, word := range entry.Run {
				x.Expand(word.Value, word.Range, word.Path, &diag.Collector{}) // only to know what it reads
			}
		}
	}
	out := p.env.Asked()
	for _, name := range watchedVariables {
		if value, set := app.Lookup(name); set {
			out = append(out, name+"="+value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// versionOf is devpm's version as `devpm version` prints it.
func versionOf(app *App) string {
	return view.ReadVersion(app.Version, manifest.ContractLevel).Version
}

// save writes the plan to a file that the user named.
func (p *project) save(app *App, plan *prepare.Plan, o planOptions) error {
	path := app.path(o.Out)
	if err := p.mayHoldPlan(path, o.Out); err != nil {
		return err
	}
	key := saved.Key(p.secrets.key)
	vendor := app.VendorDir
	if vendor != "" {
		vendor, _ = p.vendorPath(app, vendor)
	}
	text, err := saved.Encode(saved.Plan{
		Devpm:   versionOf(app),
		Project: saved.Project{Directory: followLinks(p.dir), Name: p.name},
		Options: saved.Options{
			Scenario: app.Scenario, Ports: app.Ports, AcceptDrift: app.AcceptDrift, BuildDate: app.BuildDate, Services: o.Services, Profiles: o.Profiles, Args: o.Args, Build: o.Build,
			ForceRecreate: o.ForceRecreate, SkipStart: o.SkipStart, NoGitUpdate: o.NoGitUpdate, Update: o.Update, Locked: o.Locks.Locked, BuildImage: o.BuildImage, PushImage: o.PushImage, ImageTag: app.ImageTag,
			Offline: app.Offline, Vendor: vendor,
		},
		Inputs: p.planInputs(app, key),
	}, plan, key)
	if err != nil {
		return err
	}
	if err := fsx.WriteFileAtomic(path, text, 0o600); err != nil {
		return fault(diag.SavedPlace, o.Out, "the plan cannot be written here: "+cause(err), "name a file in a directory that is there and that you can write")
	}
	app.warn(p.notInPlan())
	if app.Verbosity >= 0 && app.LogFormat != LogJSON {
		out := app.Err()
		fmt.Fprintf(out.W, "%ssaved as %s; `devpm up --plan %s` carries out exactly this plan\n", out.Style.Green("devpm: "), o.Out, o.Out)
	}
	return nil
}

// notInPlan names the extensions that take part in a run and not in its plan: what
// they add makes another plan of it, which `up --plan` refuses.
func (p *project) notInPlan() (list diag.List) {
	for _, i := range p.ext.found.left {
		fix := ""
		switch i.Left {
		case leftUntrusted:
			fix = "run `devpm trust`, or give --trust, and save the plan again"
		case leftVendored, leftUndeployed:
			fix = "install its package with `devpm ext install FILE`, or run `devpm up`; then save the plan again"
		default:
			continue
		}
		list = append(list, diag.Diagnostic{
			Code: diag.SavedWithout, Severity: diag.Warning, Range: i.Range,
			Message: fmt.Sprintf("the extension %s is not in the plan (%s): when it adds anything, `up --plan` will refuse the plan", i.Name, i.Left), Fix: fix,
		})
	}
	return list.Sorted()
}

// mayHoldPlan refuses places where a plan would be in the way or destroy
// something: devpm's own directory, its generated files, any file that is no
// saved plan.
func (p *project) mayHoldPlan(path, shown string) error {
	real := filepath.Join(followLinks(filepath.Dir(path)), filepath.Base(path))
	if rel, err := filepath.Rel(followLinks(p.dir), real); err == nil && filepath.IsLocal(rel) {
		rel = filepath.ToSlash(rel)
		if rel == prepare.StateDir || strings.HasPrefix(rel, prepare.StateDir+"/") {
			return fault(diag.SavedPlace, shown, ".odpm holds what devpm generates; a plan does not belong there", "save it beside the manifest or outside of the project")
		}
		for _, f := range p.seen.desired.Files {
			if f.Path == rel {
				return fault(diag.SavedPlace, shown, "devpm generates this file itself", "choose another name")
			}
		}
	}
	existing, err := readConfig(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault(diag.SavedPlace, shown, "the plan cannot be written here: "+cause(err), "choose another name")
	case len(existing) > 0 && !saved.Is(existing):
		return fault(diag.SavedPlace, shown, "something else is in this file, and devpm does not replace it", "choose another name, or remove the file")
	}
	return nil
}

// openPlan reads a saved plan for this project.
func (a *App) openPlan(shown string) (*holder, error) {
	text, err := readConfig(a.path(shown))
	if err != nil {
		return nil, fault(diag.SavedFile, shown, "the plan cannot be read: "+cause(err), "name a file that `devpm plan -o FILE` wrote")
	}
	key := saved.Key(readHashKey(a, homeDir(a)))
	p, err := saved.Decode(text, key)
	again := "save it anew with `devpm plan -o " + shown + "`"
	switch {
	case errors.Is(err, saved.ErrNotAPlan):
		return nil, fault(diag.SavedFile, shown, "this is not a saved plan", "name a file that `devpm plan -o FILE` wrote; the output of --format json is none")
	case errors.Is(err, saved.ErrVersion):
		return nil, fault(diag.SavedVersion, shown, fmt.Sprintf("the plan has version %d, and this devpm reads version %d", p.Version, saved.Version), again)
	case errors.Is(err, saved.ErrKey):
		return nil, fault(diag.SavedKey, shown, "the plan was saved by another user or on another machine, so nobody can tell here whether something moved", "save it where it is applied: `devpm plan -o "+shown+"`")
	case err != nil:
		return nil, fault(diag.SavedFile, shown, "the plan is damaged: it was cut or edited after it was saved", again)
	}
	return &holder{app: a, plan: &p, file: shown, key: key}, nil
}

// ofPlan takes the options from the saved plan; waiting and attaching stay
// with the run.
func (o upOptions) ofPlan(app *App, p *saved.Plan) (upOptions, error) {
	if app.Scenario != "" && app.Scenario != p.Options.Scenario {
		return o, usagef("--scenario %s is not the scenario of the saved plan", app.Scenario)
	}
	app.Scenario, app.Ports, app.BuildDate, app.AcceptDrift = p.Options.Scenario, p.Options.Ports, p.Options.BuildDate, p.Options.AcceptDrift
	s := p.Options
	o.Services, o.Profiles, o.Args = s.Services, s.Profiles, s.Args
	o.Build, o.ForceRecreate, o.SkipStart, o.NoGitUpdate, o.Update = s.Build, s.ForceRecreate, s.SkipStart, s.NoGitUpdate, s.Update
	o.Locks.Locked, o.BuildImage, o.PushImage, app.ImageTag = s.Locked, s.BuildImage, s.PushImage, s.ImageTag
	if s.Offline { // without it DEVPM_OFFLINE says so, and the plans differ
		app.Offline, app.VendorDir = true, s.Vendor
	}
	if o.Attach && (o.SkipStart || o.BuildImage) {
		return o, usagef("--attach cannot be used with a plan that starts nothing")
	}
	return o, nil
}

// holder compares what a run is about to do with a saved plan. A nil holder
// belongs to a run without one.
type holder struct {
	project *project
	app     *App
	plan    *saved.Plan
	file    string // as the user named it
	key     saved.Key
}

// check refuses a plan when its inputs moved, or when it is another plan.
func (h *holder) check(plan *prepare.Plan) error {
	if h == nil {
		return nil
	}
	if dir := followLinks(h.project.dir); h.plan.Project.Directory != dir {
		return fault(diag.SavedProject, h.file, fmt.Sprintf("the plan is of the project in %s, and this one is in %s", h.plan.Project.Directory, dir),
			"change to that directory, or save a plan of this project")
	}
	var list diag.List
	for _, m := range saved.Compare(h.plan.Inputs, h.project.planInputs(h.app, h.key)) {
		d := diag.Diagnostic{Code: diag.SavedMoved, Message: "since the plan was saved: " + m.Text}
		switch m.Kind {
		case saved.File, saved.Generated, saved.Plugin:
			d.Range.File = m.Name
		}
		list = append(list, d)
	}
	difference, err := h.plan.Compare(plan, h.key)
	if err != nil {
		return err
	}
	if len(list) == 0 && difference.Empty() {
		return nil
	}
	if len(list) == 0 {
		list = diag.List{{Code: diag.SavedDiffers, Range: diag.Range{File: h.file}, Message: "the plan of now is another one, though nothing that was noted moved"}}
	}
	list[len(list)-1].Fix = "look at the difference, then save a new plan with `devpm plan -o " + h.file + "`"
	h.show(difference)
	return list.Err()
}

// boundary stops a run that would go on with steps that the saved plan does not
// carry out (design §7, Plan).
func (h *holder) boundary(plan *prepare.Plan) error {
	if h == nil {
		return nil
	}
	difference, err := h.plan.Compare(plan, h.key)
	if err != nil {
		return err
	}
	added := difference.Added()
	if len(added) == 0 {
		return nil
	}
	var ids []string
	for _, s := range added {
		ids = append(ids, s.ID)
	}
	difference.Steps = added
	h.show(difference)
	return diag.List{{
		Code: diag.SavedBoundary, Range: diag.Range{File: h.file},
		Message: "what was done so far brought up steps that the saved plan does not carry out: " + strings.Join(ids, ", "),
		Fix:     "look at the difference, then save a new plan with `devpm plan -o " + h.file + "`; what was done stays done",
	}}.Err()
}

func (h *holder) show(d saved.Difference) {
	if h.app.LogFormat != LogJSON {
		h.app.Err().Difference(d)
	}
}

// replan wraps planning at a boundary.
func (h *holder) replan(plan func(context.Context) (*prepare.Plan, error)) func(context.Context) (*prepare.Plan, error) {
	return func(ctx context.Context) (*prepare.Plan, error) {
		p, err := plan(ctx)
		if err != nil {
			return nil, err
		}
		return p, h.boundary(p)
	}
}
