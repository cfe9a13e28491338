package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/lock"
)

// pullLocked pulls the images of a start with --locked that are not on the
// engine yet, and compares them with the lock before a container is made.
func (e *engineEffects) pullLocked(ctx context.Context, c *engine.Compose, start prepare.StartServices) error {
	if len(start.Digests) == 0 {
		return nil
	}
	eng, _ := e.link.get()
	if eng == nil {
		return fault(diag.LockUnknown, lock.Path, "the images cannot be compared with the lock: the engine cannot be observed",
			"use an engine that devpm can reach by its API, or run without --locked")
	}
	service := map[string]string{}
	for _, s := range start.Wanted {
		if _, ok := start.Digests[s.Image]; ok && service[s.Image] == "" {
			service[s.Image] = s.Name
		}
	}
	if !e.app.Offline {
		if err := c.Pull(ctx, slices.Sorted(maps.Values(service))); err != nil {
			return commandFailed(err)
		}
	}
	snapshot, err := eng.Observe(ctx, engine.ObserveOptions{Project: e.project.name, Images: slices.Sorted(maps.Keys(start.Digests))})
	if err != nil {
		return err
	}
	e.project.stock.addDigests(snapshot)
	var found diag.List
	for _, image := range slices.Sorted(maps.Keys(start.Digests)) {
		want, have := start.Digests[image], imageLock(snapshot, image)
		if have.Digest != want && snapshot.Images[image] != want && !slices.Contains(snapshot.Digests[image], want) {
			found = append(found, prepare.ImageDiffers(service[image], image, want, have.Digest))
		}
	}
	return found.Err()
}

// imageLock is an image of the engine as the lock has it; without a Digest it
// is not there.
func imageLock(s engine.Snapshot, name string) lock.Image {
	if digests := s.Digests[name]; len(digests) > 0 {
		return lock.Image{Digest: digests[0]}
	}
	if id := s.Images[name]; id != "" {
		return lock.Image{Digest: id, Local: true}
	}
	return lock.Image{}
}

// lockedImages are the images that a lock holds: of services that devpm and
// Compose do not build here, sorted.
func lockedImages(services []compose.Service) []string {
	var out []string
	for _, s := range services {
		if !s.Build && s.Image != "" {
			out = append(out, s.Image)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// lockImages takes the images of the engine into a lock. only limits what is
// taken anew. What is not on the engine keeps its entry; so does an image that
// only other users have a service for, and it is not missed here.
func (p *project) lockImages(ctx context.Context, eng *engine.Engine, before, after *lock.File, only func(name string) bool) (diag.List, error) {
	names := lockedImages(p.services())
	used := len(names)
	for _, name := range p.model.GatedImages() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var snapshot engine.Snapshot
	if eng != nil && len(names) > 0 {
		var err error
		if snapshot, err = eng.Observe(ctx, engine.ObserveOptions{Project: p.name, Images: names}); err != nil {
			return nil, err
		}
	}
	var found diag.List
	for i, name := range names {
		old, had := before.Images[name]
		if had {
			after.Images[name] = old
		}
		if !only(name) && had {
			continue
		}
		if image := imageLock(snapshot, name); image.Digest != "" {
			if !had || !slices.Contains(snapshot.Digests[name], old.Digest) { // several digests: the held one is as good
				after.Images[name] = image
			}
			continue
		}
		if i >= used {
			continue
		}
		found = append(found, diag.Diagnostic{
			Code: diag.LockUnknown, Severity: diag.Warning, Range: diag.Range{File: lock.Path}, Path: "images." + name,
			Message: fmt.Sprintf("the image %s is not on the engine, so its digest is not known", name),
			Fix:     "run `devpm up` or `devpm compose -- pull` first, then `devpm lock update` again",
		})
	}
	return found, nil
}
