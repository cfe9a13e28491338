package prepare

import "github.com/devpm/devpm/diag"

// CIContext is where the build context of the ci image is, below the project.
const CIContext = ".odpm/ci-build-context"

// CIImage is the image that the scenario ci runs: sources and virtual
// environment are in it, so that its container mounts nothing of the host.
type CIImage struct {
	Service  string
	Tag      string
	Files    []File         // that devpm generates; paths are relative to the context
	Sources  []SourceFolder // in the order of the manifest
	Identity string         // hash over all of them; "" while unknown, or not asked for
	Problem  diag.List      // why the identity cannot be told
	// Elsewhere: a registry may have it too, so that its absence is no fault.
	Elsewhere bool
}

// SourceFolder is a directory whose files go into the build context.
type SourceFolder struct {
	Name string // as people call it
	Dir  string // absolute
	To   string // in the context
}

// BakeImage writes the build context of the ci image, builds it and marks it
// with its identity.
type BakeImage struct{ Image CIImage }

func (BakeImage) action() {}

// ciBuildImage is the step of `--build-image` (spec §10, §13). Who built the
// image does not matter: an image of the name with this identity is as wanted.
func (b *builder) ciBuildImage() {
	image := b.want.CIImage
	if !b.opt.BuildImage || image == nil {
		return
	}
	engine := b.have.Engine
	marked := engine.Identities[image.Tag]
	s := Step{
		ID: "ci.build_image", Description: "Build the ci image", Required: true, Outcome: Update,
		DependsOn: []string{"docker.engine.check", "compose.generate", "compose.validate", "git.materialize", "git.checkout", "git.lock_verify", "hooks.post_prepare"},
		Cause:     []Change{{Key: "image " + image.Tag, Old: short(marked), New: short(image.Identity)}},
	}
	if image.Identity != "" {
		s.Inputs = []Input{{Name: "ci image", Hash: image.Identity}}
	}
	switch {
	case b.afterClone:
		s.Reason = "what goes into it is known after git.materialize"
	case len(image.Problem) > 0:
		s.Reason = "what goes into it could not be read"
		for _, d := range image.Problem {
			b.refuse(&s, d)
		}
	case b.opt.Build:
		s.Reason = "asked for with --build"
	case !engine.Reachable:
		s.Reason = "nobody looked whether the engine has it"
	case engine.Images[image.Tag] == "":
		s.Reason = "image " + image.Tag + " is not on the engine"
	case marked == image.Identity:
		s.Outcome, s.Reason, s.Cause = Noop, "image "+image.Tag+" was built from the same content", nil
	case marked == "":
		s.Reason = "image " + image.Tag + " was not built by devpm"
	default:
		s.Reason = "sources, requirements or settings changed since it was built"
	}
	if s.Outcome == Update && b.want.Offline != nil && !b.opt.Build {
		b.refuse(&s, diag.Diagnostic{
			Code: diag.OfflineBuild, Message: "the image " + image.Tag + " has to be built, which may need the network: " + s.Reason,
			Fix: "if the build needs none, run `devpm up --offline --build-image --build`; a vendored image is loaded by `devpm up --offline`",
		})
	}
	if s.Outcome == Update && len(s.Actions) == 0 {
		s.Actions = []Action{BakeImage{Image: *image}}
	}
	b.add(s)
}

// PushImage pushes an image to the registry that its name begins with.
type PushImage struct{ Tag string }

func (PushImage) action() {}

// ciPushImage is the step of `--image-push` (spec §13). What the registry has is
// not asked while planning, so the image is pushed each time; layers that are
// there are not sent again.
func (b *builder) ciPushImage() {
	image := b.want.CIImage
	if !b.opt.PushImage || image == nil {
		return
	}
	b.add(Step{
		ID: "ci.push_image", Description: "Push the ci image", Required: true, Outcome: Run,
		Reason: "asked for with --image-push: " + image.Tag, DependsOn: []string{"ci.build_image"},
		Actions: []Action{PushImage{Tag: image.Tag}},
	})
}

// lacksCIImage reports whether a start in ci has no image to start from.
func (b *builder) lacksCIImage() bool {
	image, engine := b.want.CIImage, b.have.Engine
	return image != nil && !image.Elsewhere && engine.Reachable && engine.Images[image.Tag] == "" && b.takesPart(image.Service)
}

// refuseUnbuilt stops a start in ci that has no image, before anything is done.
// Hooks may bring the image: then it is looked for again after them.
func (b *builder) refuseUnbuilt(s *Step) {
	if !b.lacksCIImage() || b.want.Offline != nil { // refuseAbsentImages knows what is vendored
		return
	}
	image := b.want.CIImage
	b.refuse(s, diag.Diagnostic{
		Code: diag.CIImageAbsent, Path: "services." + image.Service + ".image",
		Message: "the image " + image.Tag + " is not on the engine, and in ci `devpm up` does not build it",
		Fix:     "run `devpm up --build-image`, or `docker pull` or `docker load` the image",
	})
	if b.hooksBeforeStart() {
		last := &s.Actions[len(s.Actions)-1]
		*last = Refuse{Diagnostics: (*last).(Refuse).Diagnostics, Late: true}
	}
}
