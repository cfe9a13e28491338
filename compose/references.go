package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// references checks that what services name exists in the document: Compose
// refuses it otherwise, but without a place.
func (j *judge) references() {
	volumes, networks := j.m.root.get("volumes"), j.m.root.get("networks")
	configs := j.m.root.get("configs")
	for _, s := range j.m.services.members {
		path := joinKey("services", s.key)
		for _, r := range nameList(s.value.get("networks"), path+".networks") {
			if r.name != "default" && networks.get(r.name) == nil {
				j.undeclared(r, "network", "networks", networks, s)
			}
		}
		for _, r := range mountNames(s.value.get("volumes"), path+".volumes") {
			if volumes.get(r.name) == nil {
				j.undeclared(r, "volume", "volumes", volumes, s)
			}
		}
		for _, r := range sourceNames(s.value.get("configs"), path+".configs") {
			if configs.get(r.name) == nil {
				j.undeclared(r, "config", "configs", configs, s)
			}
		}
		for _, r := range sourceNames(s.value.get("secrets"), path+".secrets") {
			j.report(diag.DocumentUndeclared, r.value, place(r.at, s.keyRange), r.path,
				fmt.Sprintf("no secret %s is declared", quote(r.name)),
				"a manifest has no Compose secrets: use ${@secret:KEY} in environment, or a config")
		}
		for _, r := range dependencies(s.value, path) {
			if _, ok := j.index[r.name]; !ok {
				j.report(diag.DocumentUnknownService, r.value, place(r.at, s.keyRange), r.path,
					"there is no service "+quote(r.name), didYouMean(r.name, memberNames(j.m.services), "services"))
			}
		}
	}
}

// reference is a name that a service uses.
type reference struct {
	name  string
	path  string
	at    diag.Range
	value *value
}

func (j *judge) undeclared(r reference, what, section string, declared *value, s member) {
	fix := fmt.Sprintf("add %q: {%q: {}} beside \"services\"", section, r.name)
	if section == "configs" {
		fix = fmt.Sprintf("add \"configs\": {%q: {\"file\": \"…\"}} beside \"services\"", r.name)
	}
	if close := near(r.name, memberNames(declared), 1); len(close) > 0 {
		fix = "did you mean " + quote(close[0]) + "? otherwise " + fix
	}
	j.report(diag.DocumentUndeclared, r.value, place(r.at, s.keyRange), r.path,
		fmt.Sprintf("the %s %s is not declared", what, quote(r.name)), fix)
}

func memberNames(v *value) []string {
	if !v.is(manifest.Object) {
		return nil
	}
	out := make([]string, len(v.members))
	for i, m := range v.members {
		out[i] = m.key
	}
	return out
}

// nameList reads names from a list, or from the keys of a map.
func nameList(v *value, path string) []reference {
	var out []reference
	switch {
	case v.is(manifest.Array):
		for i, item := range v.items {
			if item.kind == manifest.String {
				out = append(out, reference{item.text, joinIndex(path, i), item.rng(), item})
			}
		}
	case v.is(manifest.Object):
		for _, m := range v.members {
			out = append(out, reference{m.key, joinKey(path, m.key), place(m.keyRange, m.value.rng()), m.value})
		}
	}
	return out
}

// sourceNames reads `configs` and `secrets` of a service: names, or maps with
// a source.
func sourceNames(v *value, path string) []reference {
	var out []reference
	if !v.is(manifest.Array) {
		return nil
	}
	for i, item := range v.items {
		name := item
		if item.kind == manifest.Object {
			name = item.get("source")
		}
		if name.is(manifest.String) {
			out = append(out, reference{name.text, joinIndex(path, i), name.rng(), name})
		}
	}
	return out
}

func mountNames(v *value, path string) []reference {
	var out []reference
	if !v.is(manifest.Array) {
		return nil
	}
	for i, item := range v.items {
		if m, ok := readMount(item); ok && m.kind == "volume" && m.source != "" {
			out = append(out, reference{m.source, joinIndex(path, i), item.rng(), item})
		}
	}
	return out
}

// dependencies are the services that a service needs to exist.
func dependencies(s *value, path string) []reference {
	out := nameList(s.get("depends_on"), path+".depends_on")
	for _, l := range nameList(s.get("links"), path+".links") {
		l.name, _, _ = strings.Cut(l.name, ":")
		out = append(out, l)
	}
	for _, key := range []string{"network_mode", "pid", "ipc"} {
		v := s.get(key)
		if name, ok := strings.CutPrefix(v.textOf(), "service:"); ok {
			out = append(out, reference{name, joinKey(path, key), v.rng(), v})
		}
	}
	return out
}

// cycles reports each ring of dependencies once.
func (j *judge) cycles() {
	const (
		unseen = iota
		open
		done
	)
	state := map[string]int{}
	var trail []string
	var visit func(s member)
	visit = func(s member) {
		state[s.key] = open
		trail = append(trail, s.key)
		for _, r := range dependencies(s.value, joinKey("services", s.key)) {
			i, ok := j.index[r.name]
			if !ok {
				continue
			}
			switch state[r.name] {
			case unseen:
				visit(j.m.services.members[i])
			case open:
				ring := append(slices.Clone(trail[slices.Index(trail, r.name):]), r.name)
				j.report(diag.DocumentCycle, r.value, place(r.at, s.keyRange), r.path,
					"the services wait for each other: "+strings.Join(ring, " → "), "remove one of these dependencies")
			}
		}
		trail = trail[:len(trail)-1]
		state[s.key] = done
	}
	for _, s := range j.m.services.members {
		if state[s.key] == unseen {
			visit(s)
		}
	}
}

// ports reports a host port that two entries publish. Services that never run
// together, because no profile is common to both, may share one.
func (j *judge) ports() {
	type holder struct {
		port    Port
		service Service
		value   *value
	}
	held := map[string][]holder{}
	for i, s := range j.m.Services() {
		said := map[string]bool{}
		for _, p := range s.Ports {
			if p.Published == 0 {
				continue
			}
			key := fmt.Sprintf("%d/%s", p.Published, p.Protocol)
			v := j.m.services.members[i].value
			for _, other := range held[key] {
				if !overlap(p.HostIP, other.port.HostIP) || disjoint(s.Profiles, other.service.Profiles) || said[p.Path+other.port.Path] {
					continue
				}
				said[p.Path+other.port.Path] = true // a range says it once
				places := related(place(other.port.Range, other.service.Range), "first published here: "+other.port.Path)
				fix := "publish another port of the host, or leave it out: \"" + fmt.Sprint(p.Container) + "\" takes any free one"
				if len(places) == 0 {
					fix = fmt.Sprintf("the stack publishes it at %s; choose another port of the host", other.port.Path)
				}
				j.report(diag.DocumentPortTwice, v, place(p.Range, s.Range), p.Path,
					fmt.Sprintf("the host port %s is published by %s already", key, quote(other.service.Name)), fix, places...)
			}
			held[key] = append(held[key], holder{p, s, v})
		}
	}
}

func disjoint(a, b []string) bool {
	return len(a) > 0 && len(b) > 0 && !slices.ContainsFunc(a, func(p string) bool { return slices.Contains(b, p) })
}

// overlap reports whether two host addresses can collide: no address means all.
func overlap(a, b string) bool {
	all := func(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" }
	return a == b || all(a) || all(b)
}
