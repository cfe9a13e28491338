package compose

import (
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

const loopback = "127.0.0.1"

// bindLoopback keeps every published port on this host under the profile
// `hardened` (spec §7.2): a reverse proxy is what faces the network. A port that
// names an address stays as it is. In the scenario ci binds are fixed: that of
// the database alone.
func (b *builder) bindLoopback() {
	scenario, chosen := b.in.Manifest.Scenario, b.in.Security
	hardened := chosen.Value == manifest.Hardened || chosen.Value == "" && scenario == scenarioServer
	if !hardened || scenario == scenarioCI {
		return
	}
	l, why := &layer{LayerDevpm, "scenario " + scenarioServer}, because(ruleLoopback, b.in.Manifest.ScenarioBy)
	if chosen.Value != "" {
		why = because(ruleLoopback, chosen)
		l.name = "security profile " + chosen.Value + " of " + chosen.Use.Name
	}
	for _, s := range b.m.services.members {
		ports := s.value.get("ports")
		if !ports.is(manifest.Array) {
			continue
		}
		for i, p := range ports.items {
			if bound := bindPort(p, l, why); bound != nil {
				ports.items[i] = bound
			}
		}
	}
}

// bindPort is nil when the port keeps its address. A port without a host part
// gets a free port on loopback; odpm made it an invalid entry (NET-20).
func bindPort(p *value, l *layer, why *Reason) *value {
	switch p.kind {
	case manifest.Object:
		if p.get("host_ip") != nil {
			return nil
		}
		p.set("host_ip", diag.Range{}, &value{kind: manifest.String, text: loopback, layer: l, why: why})
		return p
	case manifest.Number:
		return &value{kind: manifest.String, text: loopback + "::" + p.text, layer: l, source: p.source, replaced: p, why: why}
	case manifest.String:
		first, _, mapped := strings.Cut(p.text, ":")
		switch {
		case strings.HasPrefix(p.text, "["),
			strings.Count(p.text, ":") >= 2 && (strings.Contains(first, ".") || first == "localhost"):
			return nil
		case !mapped:
			return &value{kind: manifest.String, text: loopback + "::" + p.text, layer: l, source: p.source, replaced: p, why: why}
		default:
			return &value{kind: manifest.String, text: loopback + ":" + p.text, layer: l, source: p.source, replaced: p, why: why}
		}
	default:
		return nil
	}
}
