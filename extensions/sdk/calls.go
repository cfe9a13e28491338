package sdk

import (
	"context"
	"encoding/json"
)

// handler answers one method.
type handler func(ctx context.Context, p Project, params json.RawMessage) (any, error)

// capabilities follow from what the extension has.
func (e Extension) capabilities() []string {
	out := []string{}
	for _, c := range []struct {
		name string
		has  int
	}{
		{"prepare.steps/1", len(e.Steps)},
		{"compose.fragment/1", len(e.Services)},
		{"compose.patch/1", len(e.Patches)},
		{"hooks/1", len(e.Hooks)},
		{"secrets/1", len(e.Secrets)},
		{"stack/1", len(e.Stacks)},
		{"policy/1", len(e.Policies)},
		{"command/1", len(e.Commands)},
	} {
		if c.has > 0 {
			out = append(out, c.name)
		}
	}
	return out
}

// describe lists what the extension has, in the order in which it has it.
func (e Extension) describe() description {
	d := description{Registrations: []registration{}}
	add := func(r registration) { d.Registrations = append(d.Registrations, r) }
	for _, s := range e.Steps {
		add(registration{Kind: "prepare_step", Name: s.ID, Description: s.Description, Order: s.Order})
	}
	for _, f := range e.Services {
		add(registration{Kind: "compose_fragment", Name: f.Name, Description: f.Description})
	}
	for _, p := range e.Patches {
		add(registration{Kind: "compose_patch", Name: p.Name, Description: p.Description})
	}
	for _, h := range e.Hooks {
		add(registration{Kind: "hook", Name: h.ID, Description: h.Description, Phases: h.Phases})
	}
	for _, p := range e.Secrets {
		add(registration{Kind: "secrets_provider", Name: p.Name, Description: p.Description})
	}
	for _, s := range e.Stacks {
		add(registration{Kind: "stack", Name: s.Name, Description: s.Description})
	}
	for _, p := range e.Policies {
		add(registration{Kind: "policy", Name: p.Name, Description: p.Description})
	}
	for _, c := range e.Commands {
		add(registration{Kind: "command", Name: c.Name, Description: c.Description})
	}
	return d
}

// handler finds the function for a method; methods of capabilities that the
// extension does not have are unknown to it.
func (e Extension) handler(method string) (handler, bool) {
	switch {
	case method == "describe":
		return func(context.Context, Project, json.RawMessage) (any, error) { return e.describe(), nil }, true
	case method == "prepare.evaluate" && len(e.Steps) > 0:
		return e.evaluate, true
	case method == "prepare.execute" && len(e.Steps) > 0:
		return e.execute, true
	case method == "compose.services" && len(e.Services) > 0:
		return e.services, true
	case method == "compose.patches" && len(e.Patches) > 0:
		return e.patches, true
	case method == "hooks.run" && len(e.Hooks) > 0:
		return e.runHook, true
	case method == "secrets.fetch" && len(e.Secrets) > 0:
		return e.fetch, true
	case method == "stack.get" && len(e.Stacks) > 0:
		return e.stack, true
	case method == "policy.check" && len(e.Policies) > 0:
		return e.check, true
	case method == "command.run" && len(e.Commands) > 0:
		return e.command, true
	}
	return nil, false
}

func (e Extension) evaluate(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in stepParams
	step, err := find(params, &in, e.Steps, "prepare step", func(s Step) (string, string) { return s.ID, in.ID })
	if err != nil {
		return nil, err
	}
	if step.Evaluate == nil {
		return Run("always run"), nil
	}
	return step.Evaluate(ctx, p)
}

func (e Extension) execute(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in stepParams
	step, err := find(params, &in, e.Steps, "prepare step", func(s Step) (string, string) { return s.ID, in.ID })
	if err != nil {
		return nil, err
	}
	if step.Execute == nil {
		return nothing{}, nil
	}
	return nothing{}, step.Execute(ctx, p)
}

func (e Extension) services(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in nameParams
	f, err := find(params, &in, e.Services, "fragment", func(f Fragment) (string, string) { return f.Name, in.Name })
	if err != nil {
		return nil, err
	}
	services, err := f.Services(ctx, p)
	return servicesResult{notNil(services)}, err
}

func (e Extension) patches(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in nameParams
	f, err := find(params, &in, e.Patches, "patch", func(f Patch) (string, string) { return f.Name, in.Name })
	if err != nil {
		return nil, err
	}
	patches, err := f.Patches(ctx, p)
	return patchesResult{notNil(patches)}, err
}

func (e Extension) runHook(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in hookParams
	h, err := find(params, &in, e.Hooks, "hook", func(h Hook) (string, string) { return h.ID, in.ID })
	if err != nil {
		return nil, err
	}
	return nothing{}, h.Run(ctx, p, in.Phase)
}

func (e Extension) fetch(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in secretsParams
	s, err := find(params, &in, e.Secrets, "secrets provider", func(s Provider) (string, string) { return s.Name, in.Name })
	if err != nil {
		return nil, err
	}
	values, err := s.Fetch(ctx, p, in.Keys)
	return secretsResult{notNil(values)}, err
}

func (e Extension) stack(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in nameParams
	s, err := find(params, &in, e.Stacks, "stack", func(s Stack) (string, string) { return s.Name, in.Name })
	if err != nil {
		return nil, err
	}
	d, err := s.Get(ctx, p)
	d.Services = notNil(d.Services)
	return d, err
}

func (e Extension) check(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in policyParams
	policy, err := find(params, &in, e.Policies, "policy", func(p Policy) (string, string) { return p.Name, in.Name })
	if err != nil {
		return nil, err
	}
	findings, err := policy.Check(ctx, p, notNil(in.Document))
	if findings == nil {
		findings = []Finding{}
	}
	return policyResult{findings}, err
}

func (e Extension) command(ctx context.Context, p Project, params json.RawMessage) (any, error) {
	var in commandParams
	c, err := find(params, &in, e.Commands, "command", func(c Command) (string, string) { return c.Name, in.Name })
	if err != nil {
		return nil, err
	}
	return c.Run(ctx, p, Input{Args: in.Args, Fields: notNil(in.Fields)})
}

// find reads params and returns the entry whose name they hold; names returns
// an entry's name and the wanted one.
func find[T any](params json.RawMessage, in any, all []T, what string, names func(T) (string, string)) (T, error) {
	var none T
	if err := json.Unmarshal(params, in); err != nil {
		return none, failure(codeInvalidParams, "parameters: %v", err)
	}
	for _, x := range all {
		if name, wanted := names(x); name == wanted {
			return x, nil
		}
	}
	_, wanted := names(none)
	return none, failure(codeInvalidParams, "no %s %q", what, wanted)
}

// notNil makes an empty map of none, which JSON would write as null.
func notNil[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}
