package manifest

import (
	"slices"
	"strings"
)

// IdleSources are the entries of service_sources that nothing needs while the
// services in off are left out: each is named by one of them, as its `source` or
// by ${@source:NAME}, and by nothing else. The variable ODPM_SOURCE_<NAME> in a
// hook counts as well. An entry that nobody names is not idle.
func (m *Manifest) IdleSources(off map[string]bool) map[string]bool {
	idle, needed := map[string]bool{}, map[string]bool{}
	name := func(source, service string) {
		if off[service] {
			idle[source] = true
		} else {
			needed[source] = true
		}
	}
	for service, source := range m.sourceNotes {
		name(source, service)
	}
	m.tokenUses("@source:", func(source string, _ Text, service string) { name(source, service) })
	for _, nested := range m.Nested {
		for _, services := range []*Node{nested.Services, nested.ServicePatches} {
			for _, service := range members(services) {
				treeTokens(service.Value, "@source:", func(source string, _ Text) { name(source, service.Key) })
			}
		}
	}
	for source := range idle {
		if needed[source] || m.hooksSay(sourceVariable(source)) {
			delete(idle, source)
		}
	}
	return idle
}

// hooksSay reports whether a word of a hook contains the text.
func (m *Manifest) hooksSay(text string) bool {
	for _, entries := range m.Hooks {
		for _, entry := range entries {
			if slices.ContainsFunc(entry.Run, func(word Text) bool { return strings.Contains(word.Raw, text) }) {
				return true
			}
		}
	}
	return false
}

// sourceNotes are the sources that services name, by service.
func sourceNotes(services *Node) map[string]string {
	notes := map[string]string{}
	for _, service := range members(services) {
		if source := service.Value.Get("source"); source != nil && source.Kind == String {
			notes[service.Key] = source.Text
		}
	}
	return notes
}
