package prepare

import (
	"slices"
	"strings"
)

// imageBuildEach adds one step per image that is built here.
func (b *builder) imageBuildEach() {
	images := slices.SortedFunc(slices.Values(b.want.Images), func(a, c Image) int { return strings.Compare(a.Service, c.Service) })
	for _, image := range images {
		b.imageBuild(image)
	}
}

// imageBuild has nothing to do where an image of the name is marked with the
// identity: who built it does not matter, as names of images are the same for
// all work trees and projects of a machine.
func (b *builder) imageBuild(image Image) {
	id, description := "image.build."+image.Service, "Build the image of service "+image.Service
	depends := []string{"template.dockerfile", "template.dockerignore", "docker.engine.check", "compose.validate", "hooks.post_prepare", "hooks.pre_up", "image.load"}
	if flag := b.withoutStart(); flag != "" {
		b.skip(id, description, "not built with "+flag, depends...)
		return
	}
	if !b.takesPart(image.Service) {
		b.skip(id, description, "service "+image.Service+" takes no part in this run", depends...)
		return
	}
	recorded := b.have.Record.Images[image.Service]
	engine := b.have.Engine
	absent := engine.Reachable && image.Tag != "" && engine.Images[image.Tag] == ""
	marked := engine.Identities[image.Tag]
	s := Step{ID: id, Description: description, Required: true, Outcome: Update, DependsOn: depends}
	s.Cause = []Change{{Key: "image of " + image.Service, Old: short(recorded), New: short(image.Identity)}}
	switch {
	case b.opt.Build:
		s.Reason = "asked for with --build"
	case image.Identity == "" && b.afterClone:
		s.Reason, s.KnownAfter = "what goes into it is known after git.materialize", "git.materialize"
	case image.Identity == "":
		s.Reason = "what goes into it could not be read"
	case marked == image.Identity:
		s.Outcome, s.Reason, s.Cause = Noop, "built from the same content before", nil
		if recorded != image.Identity {
			s.Reason = "image " + image.Tag + " is on the engine, built from the same content"
		}
	case recorded == "":
		s.Reason = "not built by devpm yet"
	case recorded != image.Identity:
		s.Reason = "Dockerfile, context or arguments changed since the last build"
	case absent:
		s.Reason = "image " + image.Tag + " is not on the engine"
		s.Cause = []Change{{Key: "image " + image.Tag, New: short(image.Identity)}}
	case marked != "":
		s.Reason = "image " + image.Tag + " was built from other content since"
		s.Cause = []Change{{Key: "image of " + image.Service, Old: short(marked), New: short(image.Identity)}}
	default: // not marked: built by hand, or by a devpm before there were marks
		s.Outcome, s.Reason, s.Cause = Noop, "built from the same content before", nil
	}
	switch {
	case b.offlineBuild(&s, image):
	case s.Outcome == Update:
		s.Actions = []Action{BuildImages{Services: []string{image.Service}, Identities: map[string]string{image.Service: image.Identity}}}
	}
	b.add(s)
}

// sameImage reports whether a container's image is what a new build would be:
// another id alone, as two builds of one content have, is no other image.
func (b *builder) sameImage(service string, c Container) bool {
	i := slices.IndexFunc(b.want.Images, func(i Image) bool { return i.Service == service })
	if i < 0 || c.ImageIdentity == "" {
		return false
	}
	image := b.want.Images[i]
	return c.ImageIdentity == image.Identity && b.have.Engine.Identities[image.Tag] == image.Identity
}
