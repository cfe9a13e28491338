package undo

import (
	"context"
	"errors"
	"slices"
)

// errEngine says why a container of an unfinished run is still there.
var errEngine = errors.New("the container engine cannot be reached")

// engineTasks are containers, networks, volumes and images, in the order in
// which an engine lets go of them.
func (u *Undoer) engineTasks(ctx context.Context, notes []note) ([]task, error) {
	starts := firstStarts(notes)
	images := slices.ContainsFunc(notes, func(n note) bool { return n.Kind == KindImage })
	switch {
	case len(starts) == 0 && !images:
		return nil, nil
	case u.Engine == nil:
		return []task{{
			Item: Item{Kind: KindContainer, Name: "containers of the project", Action: Removed, Reason: "with networks, volumes and images, once the engine can be reached"},
			do:   func(context.Context, *Item) error { return errEngine },
		}}, nil
	}
	var out []task
	for _, start := range starts {
		if start.Unseen || start.Had == nil {
			out = append(out, task{Item: Item{Kind: KindContainer, Name: "containers of the project", Action: Left,
				Reason: "the engine could not be asked which were there before; `devpm down` removes them all"}})
			continue
		}
		tasks, err := u.startTasks(ctx, start)
		if err != nil {
			return nil, err
		}
		out = append(out, tasks...)
	}
	tasks, err := u.imageTasks(ctx, notes)
	return append(out, tasks...), err
}

// firstStarts are the notes of what the engine had before the first start, for
// each name that the project had.
func firstStarts(notes []note) []note {
	var out []note
	for _, n := range notes {
		if n.Kind == kindEngine && !slices.ContainsFunc(out, func(o note) bool { return o.Project == n.Project }) {
			out = append(out, n)
		}
	}
	return out
}

// startTasks remove what the engine has of a project and had not before.
func (u *Undoer) startTasks(ctx context.Context, start note) ([]task, error) {
	now, err := u.Engine.Resources(ctx, start.Project)
	if err != nil {
		return nil, err
	}
	var out []task
	for _, group := range []struct {
		kind      string
		had, have []Resource
		remove    func(context.Context, string) error
	}{
		{KindContainer, start.Had.Containers, now.Containers, u.Engine.RemoveContainer},
		{KindNetwork, start.Had.Networks, now.Networks, u.Engine.RemoveNetwork},
		{KindVolume, start.Had.Volumes, now.Volumes, u.Engine.RemoveVolume},
	} {
		for _, r := range group.have {
			if slices.ContainsFunc(group.had, func(h Resource) bool { return h.ID == r.ID }) {
				continue
			}
			out = append(out, task{
				Item: Item{Kind: group.kind, Name: r.Name, Action: Removed},
				do:   func(ctx context.Context, _ *Item) error { return group.remove(ctx, r.ID) },
			})
		}
	}
	return out, nil
}

// imageTasks give the names of images back to what had them before.
func (u *Undoer) imageTasks(ctx context.Context, notes []note) ([]task, error) {
	var out []task
	seen := map[string]bool{}
	for _, n := range notes {
		if n.Kind != KindImage || seen[n.Name] {
			continue
		}
		seen[n.Name] = true
		id, err := u.Engine.ImageID(ctx, n.Name)
		if err != nil {
			return nil, err
		}
		if id == n.ID {
			continue
		}
		item := Item{Kind: KindImage, Name: n.Name, Action: Removed}
		if n.ID != "" {
			item.Action, item.Reason = Restored, "the image that had the name before"
		}
		out = append(out, task{Item: item, do: func(ctx context.Context, _ *Item) error { return u.Engine.RestoreImage(ctx, n.Name, n.ID) }})
	}
	return out, nil
}
