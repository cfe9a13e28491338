package compose

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/manifest"
)

// leaveOut drops what refers to services that this run does not have (Input.Partial):
// their patches never applied, and Compose refuses a depends_on without its target.
func (b *builder) leaveOut() {
	if !b.in.Partial {
		return
	}
	absent := func(name string) bool {
		_, ok := b.targets[name]
		return !ok
	}
	for _, s := range b.m.services.members {
		for _, key := range []string{"depends_on", "links"} {
			v := s.value.get(key)
			switch {
			case v.is(manifest.Array):
				v.items = slices.DeleteFunc(v.items, func(item *value) bool {
					name, _, _ := strings.Cut(item.text, ":")
					return item.kind == manifest.String && absent(name)
				})
			case v.is(manifest.Object):
				v.members = slices.DeleteFunc(v.members, func(m member) bool { return absent(m.key) })
			default:
				continue
			}
			if len(v.items)+len(v.members) == 0 {
				s.value.members = slices.DeleteFunc(s.value.members, func(m member) bool { return m.key == key })
			}
		}
	}
}
