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
				switch {
				case entry.ContinueOnError:
				case entry.Plugin != "":
					list = append(list, hooks.Unloaded(entry))
				default:
					list = append(list, p.hookFaults(entry)...)
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
			p.findings.Add(p.manifest.Located(p.hookFaults(entry))...)
		}
	}
}

// hookFaults are the expressions of a hook that have no value. Secrets are left
// out: the gate judges those, and a provider may not have been asked yet.
func (p *project) hookFaults(entry manifest.HookEntry) diag.List {
	tokens := p.runTokens()
	tokens.Secret = func(string) (string, string, *manifest.TokenFault) { return "", "", nil }
	r := hooks.Runner{Environment: p.env, Tokens: tokens}
	return r.Faults(entry)
}
