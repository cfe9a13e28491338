package compose

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// rename is the physical name of something, and what chose it.
type rename struct {
	to string
	by manifest.Choice
}

// renames are the physical names of a section ("services", "volumes",
// "networks") by the names that the manifest uses.
type renames map[string]map[string]rename

func (r renames) add(section, name string, to rename) {
	if r[section] == nil {
		r[section] = map[string]rename{}
	}
	r[section][name] = to
}

// rename gives the stack's services and volumes and the project's network their
// physical names (spec §7.3, §7.4), wherever the document says them. Everything
// before it works with the manifest's names.
func (b *builder) rename() {
	names, r := b.in.Names, renames{}
	if b.in.Builtin != nil && b.in.Builtin.Name == manifest.StackOdoo {
		for name := range b.m.builtin {
			if to := names.Service(name); to != name {
				r.add("services", name, rename{to, names.By(name)})
			}
		}
		if names.Prefix.Value != "" && b.in.Builtin.Volumes != nil {
			for _, v := range b.in.Builtin.Volumes.Members {
				r.add("volumes", v.Key, rename{names.Prefix.Value + v.Key, names.Prefix})
			}
		}
	}
	if names.Prefix.Value != "" && names.Network.Value != "" && !names.External {
		r.add("networks", names.Network.Value, rename{names.Prefix.Value + names.Network.Value, names.Prefix})
	}
	for _, section := range sortedKeys(r) {
		b.renameKeys(section, r[section])
	}
	for _, s := range b.m.services.members {
		if s.value.kind == manifest.Object {
			r.references(s.value)
		}
	}
	b.m.renamed = r
	for name, to := range r["services"] {
		delete(b.m.builtin, name)
		b.m.builtin[to.to] = true
	}
}

// renameKeys renames the members of a section in their places. A name that is
// taken is a fault, and its rename does not happen.
func (b *builder) renameKeys(section string, names map[string]rename) {
	in := b.m.root.get(section)
	for _, name := range sortedKeys(names) {
		to := names[name]
		i := in.index(name)
		if i < 0 {
			delete(names, name)
			continue
		}
		if other := in.index(to.to); other >= 0 {
			taken := in.members[other]
			at := place(taken.keyRange, to.by.Range)
			b.c.Add(diag.Diagnostic{
				Code: diag.NameTaken, Range: at, Path: joinKey(section, to.to),
				Message: "this is the name that " + to.by.Use.Name + " gives to " + quote(name) + " of the stack",
				Fix:     "rename it, or change " + to.by.Use.Name,
				Related: related(to.by.Range, "set here"),
			})
			delete(names, name)
			continue
		}
		in.members[i].key = to.to
		if v := in.members[i].value; v.source != nil {
			// Only the name is another: the value keeps its layer and place.
			traced, source := *v, *v.source
			source.Raw, source.Uses = name, append(slices.Clone(source.Uses), to.by.Use)
			traced.source = &source
			in.members[i].value = &traced
		}
	}
}

// text is a value with another text, traced to what it was and to the choice.
func (to rename) text(old *value, text string) *value {
	n := &manifest.Node{Kind: manifest.String, Text: text, Raw: old.text, Range: old.rng(), Uses: []manifest.Use{to.by.Use}}
	if n.Range == (diag.Range{}) {
		n.Range = to.by.Range
	}
	return &value{kind: manifest.String, text: text, layer: &layer{LayerDevpm, "physical names"}, source: n, replaced: old, why: because(rulePhysical, to.by)}
}

// references rewrites what one service says of services, volumes and networks.
func (r renames) references(s *value) {
	services := r["services"]
	for _, key := range []string{"depends_on", "links", "volumes_from"} {
		renameNames(s.get(key), services)
	}
	renameNames(s.get("networks"), r["networks"])
	for _, key := range []string{"network_mode", "pid", "ipc"} {
		renameService(s, key, services)
	}
	renameMounts(s.get("volumes"), r["volumes"])
}

// renameNames renames the names of a list, as far as a colon goes, or the keys
// of a map. A name that is there twice then is one.
func renameNames(v *value, names map[string]rename) {
	switch {
	case len(names) == 0:
	case v.is(manifest.Array):
		for i, item := range v.items {
			name, rest, colon := strings.Cut(item.textOf(), ":")
			to, ok := names[name]
			if !ok {
				continue
			}
			text := to.to
			if colon {
				text += ":" + rest
			}
			v.items[i] = to.text(item, text)
		}
		for _, to := range names {
			said := false
			v.items = slices.DeleteFunc(v.items, func(item *value) bool {
				again := said && item.textOf() == to.to
				said = said || item.textOf() == to.to
				return again
			})
		}
	case v.is(manifest.Object):
		for i := 0; i < len(v.members); i++ {
			to, ok := names[v.members[i].key]
			switch {
			case ok && v.index(to.to) >= 0:
				v.members = slices.Delete(v.members, i, i+1)
				i--
			case ok:
				v.members[i].key = to.to
			}
		}
	}
}

// renameService renames the service in "service:NAME".
func renameService(s *value, key string, names map[string]rename) {
	v := s.get(key)
	name, ok := strings.CutPrefix(v.textOf(), "service:")
	if to, renamed := names[name]; ok && renamed {
		s.set(key, diag.Range{}, to.text(v, "service:"+to.to))
	}
}

// renameMounts renames the volumes of mounts in the short and the long form.
func renameMounts(v *value, names map[string]rename) {
	if !v.is(manifest.Array) {
		return
	}
	for i, item := range v.items {
		m, ok := readMount(item)
		to, renamed := names[m.source]
		switch {
		case !ok || m.kind != "volume" || !renamed:
		case item.kind == manifest.String:
			v.items[i] = to.text(item, to.to+strings.TrimPrefix(item.text, m.source))
		default:
			item.set("source", diag.Range{}, to.text(item.get("source"), to.to))
		}
	}
}

// Physical is the name that a service has in the document, from the manifest's
// name or the document's.
func (m *Model) Physical(service string) string {
	if to, ok := m.renamed["services"][service]; ok {
		return to.to
	}
	return service
}

// logical is the name that the manifest uses for a service of the document.
func (m *Model) logical(service string) string {
	for name, to := range m.renamed["services"] {
		if to.to == service {
			return name
		}
	}
	return service
}

// physicalPath puts physical names into a path that names a service, volume or
// network as the manifest does.
func (m *Model) physicalPath(steps []step) ([]step, bool) {
	if len(steps) < 2 {
		return nil, false
	}
	to, ok := m.renamed[steps[0].text][steps[1].text]
	if !ok {
		return nil, false
	}
	out := slices.Clone(steps)
	out[1] = step{text: to.to, kind: '"', cursor: steps[1].cursor}
	return out, true
}
