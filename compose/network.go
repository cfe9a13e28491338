package compose

import (
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// portableNetwork is the network that odpm's own examples name: manifests say
// it whether or not a project has a network.
const portableNetwork = "stack"

// network attaches every service to the network that ODPM_COMPOSE_NETWORK
// names, unless the service has networks, or a network mode, of its own
// (spec §7.4).
func (b *builder) network() {
	chosen := b.in.Names.Network
	if chosen.Value == "" {
		b.withoutNetwork()
		return
	}
	l := &layer{LayerDevpm, "network " + quote(chosen.Value)}
	source, why := chosenNode(chosen), because(ruleNetwork, chosen)
	for _, s := range b.m.services.members {
		if s.value.kind != manifest.Object || s.value.get("networks") != nil || s.value.get("network_mode") != nil {
			continue
		}
		name := &value{kind: manifest.String, text: chosen.Value, layer: l, source: source, why: why}
		s.value.set("networks", diag.Range{}, &value{kind: manifest.Array, items: []*value{name}, layer: l, source: source, why: why})
	}
}

// declareNetwork writes the network beside the services. A network of this name
// that the manifest declares itself stays as it is.
func (b *builder) declareNetwork() {
	chosen := b.in.Names.Network
	if chosen.Value == "" {
		return
	}
	networks := b.m.root.get("networks")
	if networks == nil {
		networks = newObject(b.devpm)
		b.m.root.set("networks", diag.Range{}, networks)
	}
	if !networks.is(manifest.Object) || networks.get(chosen.Value) != nil {
		return
	}
	l := &layer{LayerDevpm, "network " + quote(chosen.Value)}
	source, why := chosenNode(chosen), because(ruleDeclared, chosen)
	settings := &value{kind: manifest.Object, layer: l, source: source, why: why}
	if b.in.Names.External {
		settings.members = []member{{key: "external", value: &value{kind: manifest.Bool, text: "true", layer: l, source: source, why: because(ruleDeclared, b.in.Names.ExternalBy)}}}
	} else {
		settings.members = []member{{key: "driver", value: &value{kind: manifest.String, text: "bridge", layer: l, source: source, why: why}}}
	}
	networks.set(chosen.Value, diag.Range{}, settings)
}

// withoutNetwork takes services off the network `stack` where neither the
// environment nor the manifest has one: they stay on the project's own network,
// which all of them share (SCN-13). The manifest's reader has warned.
func (b *builder) withoutNetwork() {
	if b.in.Manifest.Networks.Get(portableNetwork) != nil {
		return
	}
	for _, s := range b.m.services.members {
		v := s.value.get("networks")
		switch {
		case v.is(manifest.Array):
			i := slices.IndexFunc(v.items, func(item *value) bool { return item.textOf() == portableNetwork })
			if i < 0 {
				continue
			}
			v.items = slices.Delete(v.items, i, i+1)
		case v.is(manifest.Object):
			i := v.index(portableNetwork)
			if i < 0 {
				continue
			}
			v.members = slices.Delete(v.members, i, i+1)
		default:
			continue
		}
		if len(v.items)+len(v.members) == 0 {
			s.value.members = slices.DeleteFunc(s.value.members, func(m member) bool { return m.key == "networks" })
		}
	}
}

// chosenNode is what a value that a variable settled is traced to.
func chosenNode(c manifest.Choice) *manifest.Node {
	n := &manifest.Node{Range: c.Range}
	if c.Use.Name != "" {
		n.Uses = []manifest.Use{c.Use}
	}
	return n
}
