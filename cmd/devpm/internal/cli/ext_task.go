package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/settings"
	"github.com/devpm/devpm/manifest"
)

// task is one run of `devpm ext task launch`.
type task struct {
	app      *App
	options  extTaskLaunchOptions
	fields   taskFields
	settings *settings.Settings
	project  *project // that requires the package; nil for one that the user names by itself
	at       diag.Range
	scratch  string // of a package that is in no store; "" without
	*launched
}

func runExtTaskLaunch(ctx context.Context, app *App, o extTaskLaunchOptions) (err error) {
	if o.Timeout < 0 || o.CancelTimeout <= 0 {
		return usagef("--timeout and --cancel-timeout are durations such as 30s or 5m")
	}
	t := &task{app: app, options: o}
	if t.fields, err = readTaskFields(app, o); err != nil {
		return err
	}
	if t.settings, err = readExtensionSettings(app); err != nil {
		return err
	}
	defer func() {
		if t.scratch != "" {
			err = errors.Join(err, os.RemoveAll(t.scratch))
		}
	}()
	if err := t.find(ctx); err != nil {
		return err
	}
	if err := t.allowed(); err != nil {
		return err
	}
	return t.launch(ctx)
}

// find deploys the package that the argument means: a file, what the project
// requires, or what the store has.
func (t *task) find(ctx context.Context) error {
	deployed, err := t.deploy(ctx)
	if err != nil {
		return err
	}
	dir := t.app.Dir
	if t.project != nil {
		dir = t.project.dir
	}
	t.launched, err = t.app.launchable(ctx, deployed, dir, deployed.Metadata.Network || t.options.Network)
	return err
}

func (t *task) deploy(ctx context.Context) (*pack.Deployed, error) {
	what := t.options.What
	if isFileArgument(what) || what == "." || what == ".." {
		return t.unpack(ctx)
	}
	installed, err := t.installed(ctx, what)
	if err != nil {
		return nil, err
	}
	if err := t.accepted(installed.Name); err != nil {
		return nil, err
	}
	if _, bad := installed.Verify(t.settings.Keys); t.settings.RefusesSignature(bad) {
		return nil, diag.List{*bad}.Err()
	}
	store, err := extensionStore(t.app)
	if err != nil {
		return nil, err
	}
	d, err := store.Deploy(ctx, installed)
	if err == nil && d.Remade && t.app.Verbosity > 0 {
		t.app.say(fmt.Sprintf("the copy of %s was not as it was installed, and has been made anew", d.Name))
	}
	return d, packageFault(store.Dir, err)
}

// accepted is the error for an extension that the user does not accept.
func (t *task) accepted(name string) error {
	if d := t.settings.CheckAccepted(name, diag.Range{}); d != nil {
		return diag.List{*d}.Err()
	}
	return nil
}

// unpack makes a package ready that is a file, or a directory which becomes one.
func (t *task) unpack(ctx context.Context) (*pack.Deployed, error) {
	what := t.options.What
	if t.settings.SignaturesRequired {
		return nil, fault(diag.SignatureMissing, what, `"ext.signatures" of devpm's settings is "required", so only installed packages are launched`, "install it with its signature: devpm ext install "+what)
	}
	path := t.app.path(what)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if _, err := os.Stat(filepath.Join(path, pack.MetadataName)); err != nil {
			return nil, fault(diag.NoExtension, what, "the directory has no "+pack.MetadataName, "name a directory with "+pack.MetadataName+", a package (.zip) or an installed extension")
		}
	}
	archive, err := packageAt(t.app, what)
	if err != nil {
		return nil, err
	}
	if err := t.accepted(archive.Metadata.Name); err != nil {
		return nil, err
	}
	if t.scratch, err = os.MkdirTemp("", "devpm-task-"); err != nil {
		return nil, err
	}
	return t.app.unpacked(ctx, archive, t.scratch, what)
}

// installed is the package of the store. What a project requires is a part of
// the project, and needs its trust; what the user names beside it is the user's.
func (t *task) installed(ctx context.Context, what string) (*pack.Installed, error) {
	name, version := nameAndVersion(what)
	r, err := openRequiring(t.app, false)
	if err != nil {
		return nil, err
	}
	if r == nil || version != "" {
		return findInstalled(t.app, what)
	}
	q, required := r.requirement(name)
	if !required {
		return findInstalled(t.app, what)
	}
	t.at = q.node.Range
	if !q.enabled {
		return nil, diag.List{{Code: diag.TaskDisabled, Range: t.at, Path: "extensions.require." + name,
			Message: fmt.Sprintf("the extension %s is disabled in this project", name), Fix: "enable it with `devpm ext enable " + name + "`"}}.Err()
	}
	if t.project, err = t.app.open(ctx, nil, nil); err != nil {
		return nil, err
	}
	if err := t.project.settleTrust(ctx, t.app, nil, nil, t.options.Trust); err != nil {
		return nil, err
	}
	constraint, err := pack.ParseConstraint(q.version)
	if err != nil {
		return nil, diag.List{{Code: diag.RequireAbsent, Range: t.at, Path: "extensions.require." + name, Message: err.Error(), Fix: `write a version such as "^1.2"`}}.Err()
	}
	locked, err := r.readLock(t.app)
	if err != nil {
		return nil, err
	}
	store, err := extensionStore(t.app)
	if err != nil {
		return nil, err
	}
	i, err := store.Resolve(name, constraint, locked.Extensions[name].SHA256)
	return i, packageFault(store.Dir, err)
}

// allowed holds the package to the rules of this machine, and gives its program
// what it may do.
func (t *task) allowed() error {
	var c diag.Collector
	rules, err := readPolicy(t.app)
	if err != nil {
		return err
	}
	if rules != nil {
		rules.CheckExtension(t.deployed.Name, capabilityNames(t.deployed.Metadata, t.program.Profile.Network), t.at, &c)
	}
	var write []string
	if t.project != nil {
		write = append(write, t.project.dir)
	}
	if cache := t.cache(); cache != "" {
		if err := makeCache(cache); err != nil {
			return err
		}
		write = append(write, cache)
	}
	t.confine(write...)
	level := sandbox.Level{Missing: []string{"this devpm cannot start its helper"}}
	if t.app.Self != "" {
		level = sandbox.This().Level(t.program.Profile)
	}
	t.settings.CheckSandbox(t.deployed.Name, level, &c)
	if err := c.Err(); err != nil {
		return err
	}
	t.app.warn(c.List())
	return nil
}

// capabilityNames are what a policy judges of a package.
func capabilityNames(m *pack.Metadata, network bool) []string {
	var out []string
	for _, c := range m.Offers() {
		out = append(out, string(c))
	}
	if network {
		out = append(out, "network")
	}
	return out
}

// cache is where the package may write; "" when no home is known.
func (t *task) cache() string { return extensionCache(t.app, homeDir(t.app), t.deployed.Name) }

// initialize is what the program is told of the project, or that there is none.
func (t *task) initialize() protocol.Initialize {
	init := t.app.withoutProject(t.app.Dir, protocol.ModeExecute)
	if t.project != nil {
		init = t.project.extensionInput(t.app).Initialize
		init.Mode = protocol.ModeExecute
	}
	init.CacheDir = t.cache()
	return init
}

// withoutProject opens the conversation with a program that works for no project.
func (a *App) withoutProject(dir string, mode protocol.Mode) protocol.Initialize {
	none := json.RawMessage("{}")
	return protocol.Initialize{
		ProtocolVersion: protocol.Version, Mode: mode,
		Host: protocol.Party{Name: "devpm", Version: versionOf(a)}, Capabilities: protocol.Capabilities(),
		Context: protocol.Context{
			ProjectDir: dir, Scenario: "developer", Stack: manifest.StackNone,
			Manifest: none, Services: none, ServicePatches: none, Hooks: none, Locks: none,
		},
	}
}
