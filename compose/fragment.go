package compose

import (
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Fragments are the services of the manifest and of extensions as they were
// before patches, one file each, sorted by name (spec §5).
func (m *Model) Fragments() []FragmentFile {
	m.encode()
	out := make([]FragmentFile, len(m.sidecars))
	for i, s := range m.sidecars {
		content := []byte(header)
		if block, ok := m.encoded.blocks[s.key]; ok && sameBytes(m.services.get(s.key), s.value) {
			content = append(append(content, servicesLine...), block...)
		} else {
			content = append(content, encodeYAML(member{key: "services", value: oneService(s)})...)
		}
		out[i] = FragmentFile{Service: s.key, Path: ".odpm/compose/fragments/" + s.key + ".yml", Content: content, Range: s.keyRange}
		if l := s.value.layer; l != nil && l.kind == LayerExtension {
			out[i].Extension = l.name
		}
	}
	return out
}

// sameBytes reports whether two values are written alike; unlike equal it
// minds the order of keys.
func sameBytes(a, b *value) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.kind != b.kind || a.text != b.text || len(a.members) != len(b.members) || len(a.items) != len(b.items) {
		return false
	}
	for i := range a.members {
		if a.members[i].key != b.members[i].key || !sameBytes(a.members[i].value, b.members[i].value) {
			return false
		}
	}
	for i := range a.items {
		if !sameBytes(a.items[i], b.items[i]) {
			return false
		}
	}
	return true
}

// Snapshot is `.odpm/compose/services.snapshot.json` (spec §5): the same
// services in one object, sorted, as the manifest means them ("$" not doubled).
func (m *Model) Snapshot(scenario string) []byte {
	root := newObject(nil)
	root.members = []member{
		{key: "odpm_scenario", value: newText(scenario, nil)},
		{key: "services", value: &value{kind: manifest.Object, members: m.sidecars}},
	}
	return append(appendJSON(nil, root, jsonStyle{indent: true, sorted: true}), '\n')
}

// Before is the part of the document that the fragment of a service has: the
// service alone, as it was before patches. With "" it is what the snapshot has:
// all of them, and the scenario. nil when there is no such service.
func (m *Model) Before(service string) *Model {
	services := newObject(nil)
	for _, s := range m.sidecars {
		if service == "" || s.key == service {
			services.members = append(services.members, s)
		}
	}
	if service != "" && len(services.members) == 0 {
		return nil
	}
	root := newObject(nil)
	if service == "" {
		scenario := newText(m.input.Manifest.Scenario, &layer{LayerDevpm, "devpm"})
		scenario.why = because("the scenario that the services are of", m.input.Manifest.ScenarioBy)
		root.set("odpm_scenario", diag.Range{}, scenario)
	}
	root.set("services", diag.Range{}, services)
	return &Model{root: root, services: services, input: m.input, file: m.file}
}

// Top explains the members of the document, one by one, and of its services.
func (m *Model) Top() []Explanation {
	var out []Explanation
	for _, c := range (located{value: m.root}).children() {
		if c.value != m.services {
			out = append(out, explain(c))
			continue
		}
		for _, s := range c.children() {
			out = append(out, explain(s))
		}
	}
	return out
}

// Patches are the patched services, sorted, with the keys that their patches
// name.
func (m *Model) Patches() []PatchSummary { return m.patches }
