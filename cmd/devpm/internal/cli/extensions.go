package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

// extended is what the extensions of a project are in one run. The zero value
// is a project without any.
type extended struct {
	found     foundExtensions
	collected *extensions.Collected // nil while nobody was asked
	asked     []byte                // what they were asked with
	said      diag.List             // what was wrong with the answers
	execution *extensions.Execution // of a run; nil before
}

// known reports whether all that extensions add is known.
func (e *extended) known() bool {
	return e.collected != nil && e.collected.Loaded() && !e.said.HasErrors() && !e.found.faults.HasErrors()
}

// waits reports whether extensions are left out because nobody has trusted them
// yet.
func (e *extended) waits() bool {
	return slices.ContainsFunc(e.found.left, func(i *extensions.Info) bool { return i.Untrusted })
}

// end ends the programs that were asked about another project than it is now, so
// that no extension runs more than once for each of planning and executing.
func (e *extended) end() {
	e.execution.Close()
	e.collected.Close()
	e.execution, e.collected = nil, nil
}

// faults are those of extensions themselves.
func (e *extended) faults() diag.List { return slices.Concat(e.found.faults, e.said) }

// extend asks the project's extensions what they add, as far as the user has
// trusted them. Where there are none it does nothing at all. Faults go to
// findings. Asked a second time with the same manifest, it keeps what it knows.
func (p *project) extend(ctx context.Context, app *App) error {
	found, err := p.findExtensions(ctx, app)
	if err != nil {
		return err
	}
	p.ext.found = found
	if len(found.programs)+len(found.left) == 0 && !p.wantsStack() {
		p.ext.end()
		p.findings.Add(found.faults...)
		return nil
	}
	in := p.extensionInput(app)
	asked, err := json.Marshal(in.Initialize)
	if err != nil {
		return fmt.Errorf("telling extensions about the project: %w", err)
	}
	asked = append(asked, found.identity()...)
	if p.ext.collected == nil || !bytes.Equal(asked, p.ext.asked) {
		p.ext.end()
		var c diag.Collector
		p.ext.collected, p.ext.asked = extensions.Collect(ctx, in, &c), asked
		p.judgeExtensions(p.ext.collected.Extensions, &c)
		p.ext.said = c.List()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p.findings.Add(p.ext.faults()...)
	// What the manifest refers to and nobody adds does not exist, once all have
	// answered.
	provided := &manifest.Provided{Services: p.ext.collected.Services(), Open: !p.ext.known()}
	if provided.Open && len(provided.Services) == 0 {
		return nil
	}
	before := p.options
	p.options.Provided = provided
	p.again()
	p.options = before
	return nil
}

// again reads the manifest once more, with the options of now.
func (p *project) again() {
	p.findings.Replace(append(slices.Clip(p.first.findings), p.ext.faults()...))
	p.inputs = slices.Clip(p.first.inputs)
	p.loadManifest(p.first.name, p.first.src)
}

// extensionInput is what extensions are told of the project: data that cannot
// change while they live, without secrets.
func (p *project) extensionInput(app *App) extensions.Input {
	view := p.manifest.View(p.env, p.tokens)
	in := extensions.Input{
		Programs: p.ext.found.programs, Left: p.ext.found.left, ReservedStep: prepare.BuiltinStep, Saw: app.Sources.Add,
		Initialize: protocol.Initialize{
			ProtocolVersion: protocol.Version, Host: protocol.Party{Name: "devpm", Version: versionOf(app)}, Capabilities: protocol.Capabilities(),
			Context: protocol.Context{
				ProjectDir: p.dir, Scenario: p.manifest.Scenario, Stack: p.manifest.Stack,
				ManifestSchema: p.manifest.Schema, RequiresOdpm: p.manifest.RequiresODPM,
				Manifest: view.Manifest, Services: view.Services, ServicePatches: view.Patches, Hooks: view.Hooks, Locks: view.Locks,
				Environment: p.extensionEnvironment(),
			},
		},
	}
	if p.wantsStack() {
		in.Stack = p.manifest.Stack
	}
	return in
}

// extensionEnvironment is the project's `.env`, and what of the user's own
// environment the manifest names.
func (p *project) extensionEnvironment() map[string]string {
	out := map[string]string{}
	for _, name := range p.env.FileNames(dotenvName) {
		if value, _, ok := p.env.Lookup(name); ok {
			out[name] = p.secrets.redactor.Text(value)
		}
	}
	for _, pair := range p.env.Asked() {
		name, value, _ := strings.Cut(pair, "=")
		out[name] = p.secrets.redactor.Text(value)
	}
	return out
}

// wantsStack reports whether the manifest names a stack that devpm has not.
func (p *project) wantsStack() bool {
	return p.manifest.Stack != manifest.StackNone && p.manifest.Stack != manifest.StackOdoo
}

// extensionParts adds what extensions bring to what a document is made from.
func (p *project) extensionParts(in *compose.Input) {
	c := p.ext.collected
	if c == nil {
		return
	}
	switch {
	case p.ext.faults().HasErrors():
		in.Lacking = compose.LackingFailed
	case !c.Loaded():
		in.Lacking = compose.LackingLeft
	}
	for _, f := range c.Fragments {
		in.Fragments = append(in.Fragments, compose.Fragment{Extension: f.Extension, Services: f.Services, Patches: f.Patches})
	}
	switch {
	case c.Stack != nil:
		in.Builtin = &compose.Builtin{
			Name: c.Stack.Name, Extension: c.Stack.Extension,
			Services: c.Stack.Services, Volumes: c.Stack.Volumes, Networks: c.Stack.Networks, Configs: c.Stack.Configs,
		}
	case p.wantsStack() && p.ext.known():
		p.findings.Add(diag.Diagnostic{
			Code: diag.StackUnknown, Range: p.manifest.Document.Range("/stack"), Path: "stack",
			Message: fmt.Sprintf("no extension of this project has the stack %q", p.manifest.Stack),
			Fix:     `require the extension that has it in extensions.require, or write "stack": "none" or "stack": "odoo"`,
		})
	}
}

// judgeByExtensions shows the document to the policies that extensions have.
func (p *project) judgeByExtensions(ctx context.Context, found *diag.Collector) {
	if !p.ext.collected.HasPolicies() || p.model == nil || found.HasErrors() {
		return
	}
	document := []byte(p.secrets.redactor.Text(string(p.model.JSON())))
	p.ext.collected.Judge(ctx, document, func(path string) diag.Range {
		origin, ok := p.model.Origin(path)
		if !ok || origin.Range.File == "" {
			return diag.Range{File: documentName}
		}
		return origin.Range
	}, found)
}

// addExtensions shows extensions in the plan and evaluates their steps.
func (p *project) addExtensions(ctx context.Context, d *prepare.Desired) error {
	c := p.ext.collected
	if c == nil {
		return nil
	}
	for _, i := range c.Extensions {
		e := prepare.Extension{
			Name: i.Name, Version: i.Version, Source: i.Source, Runtime: i.Runtime, Sandbox: i.Sandbox, Signature: i.Signature,
			Left: i.Left, Untrusted: i.Untrusted,
		}
		for _, capability := range i.Capabilities {
			e.Capabilities = append(e.Capabilities, string(capability))
		}
		d.Extensions = append(d.Extensions, e)
	}
	if !c.HasSteps() {
		return nil
	}
	var found diag.Collector
	for _, s := range c.Evaluate(ctx, &found) {
		step := prepare.ExtensionStep{
			Extension: s.Extension, ID: s.ID, Description: s.Description, Order: s.Order,
			Outcome: prepare.Outcome(s.Evaluation.Outcome), Required: s.Evaluation.Required, Reason: s.Evaluation.Reason,
		}
		if step.Reason == "" {
			step.Reason = "the extension gives no reason"
		}
		for _, change := range s.Evaluation.Cause {
			step.Cause = append(step.Cause, prepare.Change{Key: change.Key, Old: change.Old, New: change.New})
		}
		d.ExtensionSteps = append(d.ExtensionSteps, step)
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	return found.Err()
}
