package compose

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// gate drops the services that user_settings.json switches off, and what
// refers to them (spec §8.6). It comes after patches, so that a patch of a
// dropped service is no fault.
func (b *builder) gate() {
	dropped := map[string]bool{}
	for _, g := range b.in.Sidecars {
		_, known := b.targets[g.Service]
		switch {
		case b.reserved(g.Service):
			b.c.Add(diag.Diagnostic{
				Code: diag.GateOfStack, Range: g.Range, Path: g.Path,
				Message: "the service " + quote(g.Service) + " belongs to the stack " + quote(b.in.Builtin.Name) + " and cannot be left out",
				Fix:     "remove the entry",
			})
		case !known:
			b.c.Add(diag.Diagnostic{
				Code: diag.GateUnknown, Severity: diag.Warning, Range: g.Range, Path: g.Path,
				Message: "there is no service " + quote(g.Service) + " to switch", Fix: didYouMean(g.Service, sidecarNames(b.m.sidecars), "services of the manifest"),
			})
		case !g.On:
			dropped[g.Service] = true
		}
	}
	if len(dropped) == 0 {
		return
	}
	gone := func(m member) bool { return dropped[m.key] }
	for _, s := range b.m.services.members {
		if image := s.value.get("image").textOf(); gone(s) && image != "" && s.value.get("build") == nil {
			b.m.gatedImages = append(b.m.gatedImages, image)
		}
	}
	b.m.services.members = slices.DeleteFunc(b.m.services.members, gone)
	b.m.sidecars = slices.DeleteFunc(b.m.sidecars, gone)
	b.m.patches = slices.DeleteFunc(b.m.patches, func(p PatchSummary) bool { return dropped[p.Service] })
	for name := range dropped {
		delete(b.targets, name)
	}
	b.scrub(func(name string) bool { return dropped[name] })
}

// GatedImages are the images of services that this user's settings switch off,
// as far as they are not built: others who share the project's lock use them.
func (m *Model) GatedImages() []string { return m.gatedImages }

func sidecarNames(sidecars []member) []string {
	names := make([]string, len(sidecars))
	for i, s := range sidecars {
		names[i] = s.key
	}
	return names
}

// scrub removes the services that are absent from depends_on and links, in
// both of their forms; Compose refuses a reference without its target.
func (b *builder) scrub(absent func(name string) bool) {
	for _, s := range b.m.services.members {
		for _, key := range []string{"depends_on", "links"} {
			v := s.value.get(key)
			before := 0
			switch {
			case v.is(manifest.Array):
				before = len(v.items)
				v.items = slices.DeleteFunc(v.items, func(item *value) bool {
					name, _, _ := strings.Cut(item.text, ":")
					return item.kind == manifest.String && absent(name)
				})
			case v.is(manifest.Object):
				before = len(v.members)
				v.members = slices.DeleteFunc(v.members, func(m member) bool { return absent(m.key) })
			}
			if before > 0 && len(v.items)+len(v.members) == 0 {
				s.value.members = slices.DeleteFunc(s.value.members, func(m member) bool { return m.key == key })
			}
		}
	}
}
