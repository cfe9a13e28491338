package cli

import (
	"maps"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/hooks"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

// refuseHooks stops a run that would reach a hook it cannot run, before it
// has changed anything.
func (p *project) refuseHooks(plan *prepare.Plan) (list diag.List) {
	for _, s := range plan.Steps {
		for _, a := range s.Actions {
			run, ok := a.(prepare.RunHooks)
			if !ok {
				continue
			}
			for _, entry := range run.Entries {
				if !entry.ContinueOnError {
					list = append(list, p.hookFaults(run.Phase, entry)...)
				}
			}
		}
	}
	return p.manifest.Located(list)
}

// checkHooks finds the hooks that no run could start.
func (p *project) checkHooks() {
	for _, phase := range slices.Sorted(maps.Keys(p.manifest.Hooks)) {
		for _, entry := range p.manifest.Hooks[phase] {
			if entry.Plugin != "" && p.ext.collected == nil {
				continue // manifest has warned: there is no extension at all
			}
			p.findings.Add(p.manifest.Located(p.hookFaults(phase, entry))...)
		}
	}
}

// hookFaults says why a hook cannot run: an expression without a value, or a
// runner that nobody has. Secrets are left out: the gate judges those, and a
// provider may not have been asked yet.
func (p *project) hookFaults(phase string, entry manifest.HookEntry) diag.List {
	if entry.Plugin != "" {
		return p.runnerFaults(phase, entry)
	}
	tokens := p.runTokens()
	tokens.Secret = func(string) (string, string, *manifest.TokenFault) { return "", "", nil }
	r := hooks.Runner{Environment: p.env, Tokens: tokens}
	return r.Faults(entry)
}

// runnerFaults judges an entry that names a hook runner. While extensions are
// left out, nobody knows what they would have.
func (p *project) runnerFaults(phase string, entry manifest.HookEntry) diag.List {
	c := p.ext.collected
	if owner, ok := c.RunsPhase(entry.Plugin, phase); owner != "" {
		if !ok {
			return diag.List{hooks.Lacks(entry, owner, phase, c.PhasesOf(entry.Plugin))}
		}
		return nil
	}
	if c != nil && !p.ext.known() {
		return nil
	}
	return diag.List{hooks.Unknown(entry, c.HookRunners())}
}
