package prepare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// imageLoad brings vendored images that the engine does not have. The step
// exists with --offline only.
func (b *builder) imageLoad() {
	const id, description = "image.load", "Load vendored images"
	off := b.want.Offline
	if off == nil {
		return
	}
	depends := []string{"docker.engine.check", "compose.validate", "hooks.pre_up"}
	if flag := b.withoutStart(); flag != "" {
		b.skip(id, description, "not loaded with "+flag, depends...)
		return
	}
	s := Step{ID: id, Description: description, Required: true, Outcome: Noop, Reason: "the engine has every image", DependsOn: depends}
	var load LoadImages
	var loaded []string
	for _, service := range b.starts {
		image, vendored := off.Images[service.Image]
		if !vendored || slices.Contains(loaded, service.Image) || b.have.Engine.Reachable && !b.toLoad(service, image) {
			continue
		}
		load.Images = append(load.Images, ImageArchive{Name: service.Image, Archive: image.Archive})
		loaded = append(loaded, service.Image)
		s.Cause = append(s.Cause, Change{Key: "image " + service.Image, Old: short(digest(b.have.Engine.Images[service.Image])), New: short(digest(image.ID))})
	}
	if len(loaded) > 0 {
		s.Outcome, s.Reason, s.Actions = Run, "load "+listed(loaded), []Action{load}
	}
	b.add(s)
}

// wheelsLoad brings vendored Python packages to where the container's entrypoint
// looks for them. The step exists with --offline, and where some are vendored.
func (b *builder) wheelsLoad() {
	const id, description = "wheels.load", "Bring the vendored Python packages"
	if b.want.Offline == nil || b.want.Offline.Wheels == nil {
		return
	}
	wheels := *b.want.Offline.Wheels
	if flag := b.withoutStart(); flag != "" {
		b.skip(id, description, "not brought with "+flag, "project.map_folders")
		return
	}
	if !b.takesPart(wheels.Service) {
		b.skip(id, description, wheels.Service+" is not started", "project.map_folders")
		return
	}
	s := Step{ID: id, Description: description, Required: true, DependsOn: []string{"project.map_folders", "hooks.pre_up"}}
	switch {
	case wheels.There:
		s.Outcome, s.Reason = Noop, wheels.Into+" has them"
	case !wheels.Fit && !b.afterClone:
		s.Outcome, s.Required, s.Reason = Skip, false, "they are for other requirements than the project has now"
	default:
		s.Outcome, s.Reason, s.Actions = Run, count(wheels.Count, "package", "packages")+" for pip in the container", []Action{LoadWheels{wheels}}
	}
	b.add(s)
}

// toLoad reports whether an image is to be loaded: it is not on the engine, or
// it is built here, from what the vendored one was, and the engine's is not
// known to be.
func (b *builder) toLoad(service Service, image VendoredImage) bool {
	have := b.have.Engine.Images[service.Image]
	if have == "" {
		return true
	}
	built := b.built(service.Name)
	return built != nil && built.Identity != "" && have != image.ID && image.Identity == built.Identity && b.have.Engine.Identities[service.Image] != built.Identity && b.have.Record.Images[service.Name] != built.Identity
}

// built is the image of a service that is built here, or nil.
func (b *builder) built(service string) *Image {
	for i := range b.want.Images {
		if b.want.Images[i].Service == service {
			return &b.want.Images[i]
		}
	}
	return nil
}

// offlineBuild turns the build of an image into what is possible without a
// network: the vendored one where it was built from the same, else a refusal.
// It reports whether that settles the step.
func (b *builder) offlineBuild(s *Step, image Image) bool {
	off := b.want.Offline
	if off == nil || s.Outcome != Update || b.opt.Build {
		return false
	}
	vendored, ok := off.Images[image.Tag]
	if ok && image.Identity != "" && vendored.Identity == image.Identity {
		s.Outcome, s.Reason = Run, "take the vendored image, built from the same content"
		s.Actions = []Action{AdoptImages{Identities: map[string]string{image.Service: image.Identity}}}
		return true
	}
	if s.KnownAfter != "" {
		return false // the plan that is made then knows
	}
	why := "there is no vendored image"
	if ok {
		why = "the vendored image was built from other content"
	}
	b.refuse(s, diag.Diagnostic{
		Code: diag.OfflineBuild, Path: "services." + image.Service + ".build",
		Message: fmt.Sprintf("the image %s has to be built, which may need the network: %s; %s", image.Tag, s.Reason, why),
		Fix:     "run `devpm up` and `devpm vendor` while there is a network; if the build needs none, run `devpm up --offline --build`",
	})
	if b.hooksBeforeStart() { // what hooks make may be what the vendored image was built from
		s.Actions = []Action{Refuse{Diagnostics: s.Actions[0].(Refuse).Diagnostics, Late: true}}
	}
	return true
}

// hooksBeforeStart reports whether programs of the project run before the
// services are started.
func (b *builder) hooksBeforeStart() bool {
	return slices.ContainsFunc([]string{manifest.PostClone, manifest.PostPrepare, manifest.PreUp}, func(phase string) bool { return len(b.want.Hooks[phase]) > 0 })
}

// refuseAbsentImages names the images that can neither be loaded nor built.
func (b *builder) refuseAbsentImages(s *Step, wanted []Service) {
	off := b.want.Offline
	if off == nil || !b.have.Engine.Reachable {
		return
	}
	var said []string
	for _, service := range wanted {
		_, vendored := off.Images[service.Image]
		if service.Image == "" || vendored || b.have.Engine.Images[service.Image] != "" || b.built(service.Name) != nil || slices.Contains(said, service.Image) {
			continue
		}
		said = append(said, service.Image)
		b.refuse(s, diag.Diagnostic{
			Code: diag.OfflineImage, Path: "services." + service.Name + ".image",
			Message: fmt.Sprintf("the image %s is not on the engine and not in %s", service.Image, off.where()),
			Fix:     "run `devpm vendor` while there is a network, or `docker load` the image",
		})
	}
}

// refuseOffline names the repositories that are neither vendored nor in the
// store.
func (b *builder) refuseOffline(s *Step, r *repositories) {
	off := b.want.Offline
	if off == nil {
		return
	}
	for _, repo := range slices.Concat(r.missing, r.behind) {
		if repo.Local || off.Offered[repo.Dir] || b.have.Repositories[repo.Dir].Wanted != "" {
			continue
		}
		wanted := strings.TrimSpace(repo.Branch + " " + repo.Commit)
		if wanted == "" {
			wanted = "its default branch"
		}
		b.refuse(s, diag.Diagnostic{
			Code: diag.OfflineRepository, Range: repo.Range, Path: repo.Path,
			Message: fmt.Sprintf("%s at %s is not on this machine and not in %s", repo.Name, wanted, off.where()),
			Fix:     "run `devpm vendor` while there is a network, or run without --offline",
		})
	}
}

// where is the vendor directory in messages.
func (o *Offline) where() string {
	if o.Project == "" {
		return o.Dir + ", which does not exist"
	}
	return fmt.Sprintf("%s, made for the project %s", o.Dir, o.Project)
}
