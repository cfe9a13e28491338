package engine

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Named is a container, network or volume; a volume's ID is its name.
type Named struct{ ID, Name string }

// Belongings is everything that the engine has under a project's name.
type Belongings struct{ Containers, Networks, Volumes []Named }

// Belongings lists what carries a project's label, each kind by name.
func (e *Engine) Belongings(ctx context.Context, project string) (Belongings, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	own := client.Filters{}.Add("label", labelProject+"="+project)
	var b Belongings
	containers, err := e.list(ctx, own)
	if err != nil {
		return b, e.refused(ctx, "listing containers", err)
	}
	for _, c := range containers {
		b.Containers = append(b.Containers, Named{c.ID, c.Name})
	}
	networks, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: own})
	if err != nil {
		return b, e.refused(ctx, "listing networks", err)
	}
	for _, n := range networks.Items {
		b.Networks = append(b.Networks, Named{n.ID, n.Name})
	}
	volumes, err := e.api.VolumeList(ctx, client.VolumeListOptions{Filters: own})
	if err != nil {
		return b, e.refused(ctx, "listing volumes", err)
	}
	for _, v := range volumes.Items {
		b.Volumes = append(b.Volumes, Named{v.Name, v.Name})
	}
	for _, list := range [][]Named{b.Containers, b.Networks, b.Volumes} {
		slices.SortFunc(list, func(a, c Named) int { return strings.Compare(a.Name+a.ID, c.Name+c.ID) })
	}
	return b, nil
}

// removals are the requests of this file beside those that delete.
var removals = regexp.MustCompile(`/(containers/[^/]+/stop|images/.+/tag)$`)

// onlyRemovals lets through what looks and what takes away, never what makes or
// starts.
func onlyRemovals(r *http.Request) error {
	if r.Method == http.MethodDelete || r.Method == http.MethodPost && removals.MatchString(r.URL.Path) {
		return nil
	}
	return onlyGet(r)
}

// stopSeconds is what a container gets to end by itself before it is removed.
var stopSeconds = 10

// RemoveContainer stops a container and removes it with its anonymous volumes.
// What is gone, or going, already is no error; so with the other removals.
func (e *Engine) RemoveContainer(ctx context.Context, id string) error {
	_, err := e.api.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &stopSeconds})
	if err == nil || !errdefs.IsNotFound(err) {
		_, err = e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	}
	if errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress") {
		return nil
	}
	return e.removed(ctx, "container "+id, err)
}

// RemoveNetwork removes a network that no container uses.
func (e *Engine) RemoveNetwork(ctx context.Context, id string) error {
	_, err := e.api.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	return e.removed(ctx, "network "+id, err)
}

// RemoveVolume removes a volume with what is in it.
func (e *Engine) RemoveVolume(ctx context.Context, name string) error {
	_, err := e.api.VolumeRemove(ctx, name, client.VolumeRemoveOptions{})
	return e.removed(ctx, "volume "+name, err)
}

func (e *Engine) removed(ctx context.Context, what string, err error) error {
	if err == nil || errdefs.IsNotFound(err) {
		return nil
	}
	return e.refused(ctx, "removing "+what, err)
}

// ImageID is what an image's name means; "" when nothing.
func (e *Engine) ImageID(ctx context.Context, name string) (string, error) {
	found, err := e.api.ImageInspect(ctx, name)
	switch {
	case errdefs.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", e.refused(ctx, "looking for the image "+name, err)
	}
	return found.ID, nil
}

// RestoreImage gives a name back to the image that had it, or takes the name
// away when id is "". The image that had the name until now goes unless it has
// other names.
func (e *Engine) RestoreImage(ctx context.Context, name, id string) error {
	now, err := e.ImageID(ctx, name)
	if err != nil || now == id {
		return err
	}
	if id == "" {
		_, err := e.api.ImageRemove(ctx, name, client.ImageRemoveOptions{PruneChildren: true})
		return e.removed(ctx, "image "+name, err)
	}
	if _, err := e.api.ImageTag(ctx, client.ImageTagOptions{Source: id, Target: name}); err != nil {
		if errdefs.IsNotFound(err) {
			return errors.New("the image that had the name before is gone")
		}
		return e.refused(ctx, "naming the image "+name, err)
	}
	if now == "" {
		return nil
	}
	_, err = e.api.ImageRemove(ctx, now, client.ImageRemoveOptions{PruneChildren: true})
	if errdefs.IsConflict(err) { // it has another name, or a container
		return nil
	}
	return e.removed(ctx, "image "+now, err)
}
