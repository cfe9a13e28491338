package engine

import (
	"fmt"
	"slices"
	"strings"
)

// NameWish is a fixed name that a document gives to a container, a volume or a
// network (Kind).
type NameWish struct{ Kind, Name string }

// nameHolders says which containers that are not the project's have a wished
// name, or use the volume or network of that name. A container that is not
// Compose's may use a volume without being asked about.
func nameHolders(all []Container, project string, wishes []NameWish) map[NameWish][]Holder {
	found := map[NameWish][]Holder{}
	for _, c := range all {
		if c.Project == project {
			continue
		}
		h := Holder{Container: c.Name, Project: c.Project, Service: c.Service, Dir: c.WorkingDir}
		for _, w := range wishes {
			switch {
			case w.Kind == "container" && c.Name == w.Name,
				w.Kind == "volume" && c.Project != "" && slices.Contains(c.Volumes, w.Name),
				w.Kind == "network" && c.Project != "" && slices.Contains(c.Networks, w.Name):
				found[w] = append(found[w], h)
			}
		}
	}
	return found
}

// Removal is how a container's name can be had.
func (h Holder) Removal() string {
	switch {
	case h.isDevpm():
		return "take the other one down with `devpm -C " + h.Dir + " down`"
	case h.Project != "":
		return fmt.Sprintf("take the other one down with `docker compose -p %s down`", h.Project)
	}
	return "remove the other one with `docker rm -f " + h.Container + "`"
}

// Projects names the projects of holders once each: "project shop in /srv/shop".
func Projects(holders []Holder) string {
	var out []string
	for _, h := range holders {
		text := "project " + h.Project
		if h.Dir != "" {
			text += " in " + h.Dir
		}
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " and ")
}
