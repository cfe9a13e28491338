package compose

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Services tells planning what it needs of each service, in document order.
// Ports and mounts that cannot be read are left out; Check reports them.
func (m *Model) Services() []Service {
	out := make([]Service, 0, len(m.services.members))
	for _, s := range m.services.members {
		out = append(out, m.service(s))
	}
	return out
}

func (m *Model) service(s member) Service {
	v := s.value
	out := Service{
		Name:           s.key,
		Logical:        m.logical(s.key),
		Builtin:        m.builtin[s.key],
		Image:          v.get("image").textOf(),
		Build:          v.get("build") != nil && v.get("build").kind != manifest.Null,
		DependsOn:      names(v.get("depends_on")),
		HasHealthcheck: hasHealthcheck(v.get("healthcheck")),
		Privileged:     v.get("privileged").isTrue(),
		Profiles:       names(v.get("profiles")),
		Replicas:       replicas(v),
		Range:          s.keyRange,
	}
	if out.Range == (diag.Range{}) {
		out.Range = v.rng()
	}
	path := joinKey("services", s.key)
	out.MoreImages = moreImages(v, path)
	path = joinKey(path, "ports")
	if ports := v.get("ports"); ports.is(manifest.Array) {
		for i, p := range ports.items {
			mapping, _, ok := readPort(p)
			if !ok {
				continue
			}
			for _, one := range mapping.spread() {
				one.Range, one.Path = p.rng(), joinIndex(path, i)
				out.Ports = append(out.Ports, one)
			}
		}
	}
	if volumes := v.get("volumes"); volumes.is(manifest.Array) {
		for _, entry := range volumes.items {
			mount, ok := readMount(entry)
			switch {
			case !ok || mount.source == "":
			case mount.kind == "bind":
				out.BindSources = append(out.BindSources, m.absolute(mount.source))
			case mount.kind == "volume" && !slices.Contains(out.NamedVolumes, mount.source):
				out.NamedVolumes = append(out.NamedVolumes, mount.source)
			}
		}
	}
	return out
}

// moreImages are those that a container needs beside its own image.
func moreImages(v *value, path string) (out []ImageUse) {
	for i, entry := range itemsOf(v.get("volumes")) {
		if mount, ok := readMount(entry); ok && mount.kind == "image" && mount.source != "" {
			out = append(out, ImageUse{mount.source, joinKey(joinIndex(joinKey(path, "volumes"), i), "source")})
		}
	}
	for i, before := range itemsOf(v.get("pre_start")) {
		at := joinIndex(joinKey(path, "pre_start"), i)
		if image := before.get("image").textOf(); image != "" {
			out = append(out, ImageUse{image, joinKey(at, "image")})
		}
		out = append(out, moreImages(before, at)...)
	}
	return out
}

// names reads a list of names, or the keys of a map, in order.
func names(v *value) []string {
	var out []string
	switch {
	case v.is(manifest.Array):
		for _, item := range v.items {
			if item.kind == manifest.String {
				out = append(out, item.text)
			}
		}
	case v.is(manifest.Object):
		for _, m := range v.members {
			out = append(out, m.key)
		}
	}
	return out
}

// hasHealthcheck: `disable: true` and the test NONE switch one off, also the
// image's own. A health check without a test changes the image's one, which
// may not exist, so it does not count.
func hasHealthcheck(v *value) bool {
	if !v.is(manifest.Object) || v.get("disable").isTrue() {
		return false
	}
	test := v.get("test")
	switch {
	case test.is(manifest.String):
		return test.text != "" && !strings.EqualFold(test.text, "NONE")
	case test.is(manifest.Array):
		return len(test.items) > 0 && test.items[0].textOf() != "NONE"
	default:
		return false
	}
}

func replicas(v *value) int {
	if n, ok := v.get("deploy").get("replicas").integer(); ok {
		return n
	}
	if n, ok := v.get("scale").integer(); ok {
		return n
	}
	return 1
}
