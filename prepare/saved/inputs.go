package saved

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/devpm/devpm/prepare"
)

// Kind says what an input is.
type Kind string

// The kinds, in the order in which they are told.
const (
	Program    Kind = "devpm"
	File       Kind = "file"      // a file that the user wrote
	Variable   Kind = "variable"  // of the process environment
	Plugin     Kind = "plugin"    // .odpm/plugins/*.py
	Extension  Kind = "extension" // a package, by its sha256
	Repository Kind = "repository"
	Generated  Kind = "generated" // a file of devpm, as it is on disk
	Build      Kind = "build"     // what an image is built from
	Image      Kind = "image"
	Container  Kind = "container"
)

var kinds = []Kind{Program, File, Variable, Plugin, Extension, Repository, Generated, Build, Image, Container}

// Input is one thing that the plan was made from. Facts are its state: plain
// where it may be read by anybody, a keyed hash where it may be secret.
type Input struct {
	Kind  Kind              `json:"kind"`
	Name  string            `json:"name"`
	Facts map[string]string `json:"facts"`
}

// content is an input that is known by its content alone.
func content(kind Kind, name string, hash string) Input {
	return Input{kind, name, map[string]string{"content": hash}}
}

// Source is a content that was read while planning.
type Source struct {
	Kind Kind // File, Variable, Plugin or Extension
	Name string
	Hash []byte // of the content, or the content itself
}

// Inputs lists what a plan was made from: what was read, and the world as it
// was observed. What was not there is not listed.
func Inputs(devpm string, read []Source, d *prepare.Desired, o *prepare.Observed, k Key) []Input {
	out := []Input{{Program, "devpm", map[string]string{"version": devpm}}}
	seen := map[string]bool{}
	for _, s := range read {
		if !seen[string(s.Kind)+s.Name] {
			seen[string(s.Kind)+s.Name] = true
			out = append(out, content(s.Kind, s.Name, k.Hash(s.Hash)))
		}
	}
	for _, f := range d.Files {
		if have := o.Files[f.Path]; have.Exists && !seen[string(File)+f.Path] {
			out = append(out, content(Generated, f.Path, k.Hash(append([]byte(have.Mode.String()+string(have.Problem)), have.Content...))))
		}
	}
	for _, r := range d.Repositories {
		out = append(out, repository(r, o.Repositories[r.Dir], k))
	}
	for _, i := range d.Images {
		out = append(out, Input{Build, i.Service, map[string]string{"identity": i.Identity}})
	}
	if i := d.CIImage; i != nil && i.Identity != "" {
		out = append(out, Input{Build, ciImage, map[string]string{"identity": i.Identity}})
	}
	for _, name := range slices.Sorted(maps.Keys(o.Engine.Images)) {
		out = append(out, Input{Image, name, map[string]string{"id": o.Engine.Images[name]}})
	}
	for _, c := range o.Engine.Containers {
		facts := map[string]string{"id": c.ID, "config": c.ConfigHash, "state": c.State, "health": c.Health, "image": c.ImageID}
		if c.Settings != nil {
			facts["settings"] = prepare.SettingsIdentity(k, c.Settings)
		}
		out = append(out, Input{Container, c.Name, facts})
	}
	sortInputs(out)
	return out
}

func repository(r prepare.Repository, s prepare.RepositoryState, k Key) Input {
	facts := map[string]string{"head": s.Head, "branch": s.Branch, "wanted": s.Wanted, "ref": cmp.Or(r.Commit, r.Branch)}
	if s.Origin != "" {
		facts["origin"] = k.Hash([]byte(s.Origin)) // may hold a password
	}
	if !s.Present {
		facts["head"] = ""
	}
	if s.Dirty {
		facts["dirty"] = "yes"
	}
	return Input{Repository, r.Name, facts}
}

func sortInputs(list []Input) {
	slices.SortStableFunc(list, func(a, b Input) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), strings.Compare(a.Name, b.Name))
	})
}

// Moved is one input that is not what it was.
type Moved struct {
	Kind Kind
	Name string
	Text string // a sentence without a full stop: "branch 17.0 of odoo/odoo moved from 1a2b to 3c4d"
}

// Compare lists the inputs that moved, in the order of their kinds.
func Compare(was, is []Input) []Moved {
	type key struct {
		kind Kind
		name string
	}
	now := map[key]Input{}
	for _, i := range is {
		now[key{i.Kind, i.Name}] = i
	}
	then := map[key]bool{}
	var out []Moved
	tell := func(i Input, format string, args ...any) {
		out = append(out, Moved{i.Kind, i.Name, fmt.Sprintf(format, args...)})
	}
	for _, old := range was {
		then[key{old.Kind, old.Name}] = true
		cur, there := now[key{old.Kind, old.Name}]
		switch {
		case !there:
			tell(old, "%s is gone", name(old))
		case !maps.Equal(old.Facts, cur.Facts):
			tell(old, "%s", moved(old, cur))
		}
	}
	for _, cur := range is {
		if !then[key{cur.Kind, cur.Name}] {
			tell(cur, "%s is new", name(cur))
		}
	}
	slices.SortStableFunc(out, func(a, b Moved) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), strings.Compare(a.Name, b.Name))
	})
	return out
}

// ciImage is the name of the ci image among inputs; no service has spaces.
const ciImage = "the ci image"

// name is an input as a sentence calls it.
func name(i Input) string {
	switch i.Kind {
	case File, Generated, Program:
		return i.Name
	case Variable:
		return "the variable " + i.Name + " of the process environment"
	case Build:
		if i.Name == ciImage {
			return "what the ci image is built from"
		}
		return "what the image of " + i.Name + " is built from"
	}
	return string(i.Kind) + " " + i.Name
}

// moved says how an input changed. Hashes are never part of it.
func moved(old, cur Input) string {
	from := func(fact string) string { return short(old.Facts[fact]) }
	to := func(fact string) string { return short(cur.Facts[fact]) }
	differs := func(fact string) bool { return old.Facts[fact] != cur.Facts[fact] }
	who := name(old)
	switch old.Kind {
	case Program:
		return fmt.Sprintf("the plan was saved by devpm %s, and this is %s", old.Facts["version"], cur.Facts["version"])
	case Generated:
		return who + " was changed on the disk"
	case Image:
		return fmt.Sprintf("%s is another one: %s was %s", who, to("id"), from("id"))
	case Repository:
		switch {
		case differs("ref"):
			return fmt.Sprintf("%s is wanted at %s, and was at %s", who, to("ref"), from("ref"))
		case differs("head") && cur.Facts["branch"] != "":
			return fmt.Sprintf("branch %s of %s moved from %s to %s", cur.Facts["branch"], old.Name, from("head"), to("head"))
		case differs("head"):
			return fmt.Sprintf("%s moved from %s to %s", who, from("head"), to("head"))
		case differs("wanted") && cur.Facts["ref"] != "":
			return fmt.Sprintf("branch %s of %s moved from %s to %s", cur.Facts["ref"], old.Name, from("wanted"), to("wanted"))
		case differs("branch"):
			return fmt.Sprintf("%s is on branch %s, and was on %s", who, to("branch"), from("branch"))
		case differs("dirty"):
			return who + " has other local changes"
		case differs("origin"):
			return who + " has another origin"
		}
	case Container:
		switch {
		case differs("id"):
			return who + " was recreated"
		case differs("state"):
			return fmt.Sprintf("%s is %s, and was %s", who, cur.Facts["state"], old.Facts["state"])
		case differs("health"):
			return fmt.Sprintf("%s is %s, and was %s", who, cmp.Or(cur.Facts["health"], "without a health check"), cmp.Or(old.Facts["health"], "without a health check"))
		case differs("image"):
			return who + " has another image"
		}
		return who + " was changed while it runs"
	}
	return who + " changed"
}

// short is a commit or id as people say it.
func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	switch {
	case id == "":
		return "nothing"
	case len(id) >= 40:
		return id[:12]
	}
	return id
}
