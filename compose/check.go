package compose

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Check judges the finished document: the rules of spec §7.6, references
// between its parts, ports, and Compose's own schema. Each fault is placed
// where the value was written, whichever layer that was. It reads no file and
// does not run Compose's loader, so that planning may call it every time.
func (m *Model) Check(c *diag.Collector) {
	j := &judge{m: m, c: c, blamed: map[string]bool{}, index: make(map[string]int, len(m.services.members))}
	for i, s := range m.services.members {
		j.index[s.key] = i
	}
	if len(m.services.members) == 0 {
		j.empty()
	}
	for _, s := range m.services.members {
		j.service(s)
	}
	j.references()
	j.cycles()
	j.ports()
	j.schema()
}

// empty judges a document without services. A manifest that declares none and
// has hooks, plugins or patches is a project without containers, or a part for
// others: it loads (design §7), and nothing will be started.
func (j *judge) empty() {
	m := j.m
	j.blamed["services"] = true
	if m.input.Partial && m.input.Manifest.Extended {
		return // extensions that this run does not ask may well have some
	}
	d := diag.Diagnostic{
		Code: diag.DocumentEmpty, Range: place(m.services.rng(), diag.Range{File: m.file}), Path: "services", Message: "the document has no services",
		Fix: `declare one: "services": {"web": {"image": "…"}}`,
	}
	mf := m.input.Manifest
	if mf.Services == nil && (len(mf.Hooks) > 0 || mf.Extensions != nil || len(mf.Patches) > 0) {
		d.Severity, d.Message = diag.Warning, "the document has no services, so no container is started"
	}
	j.c.Add(d)
}

// judge collects the faults of one document.
type judge struct {
	m *Model
	c *diag.Collector
	// blamed are the paths that have a fault already: Compose's schema often
	// finds the same one and says it less well.
	blamed map[string]bool
	index  map[string]int // where each service stands
}

// report adds an error about v, which may be nil; at is where it is written.
func (j *judge) report(code diag.Code, v *value, at diag.Range, path, message, fix string, places ...diag.Related) {
	j.blamed[path] = true
	j.c.Add(diag.Diagnostic{Code: code, Range: at, Path: path, Message: message + setBy(v), Fix: fix, Related: places})
}

// setBy names the extension that a value comes from: the user cannot find it
// in the manifest.
func setBy(v *value) string {
	if v == nil || v.layer == nil {
		return ""
	}
	switch name, patched := strings.CutPrefix(v.layer.name, "extension "); {
	case v.layer.kind == LayerExtension:
		return " (from the extension " + quote(v.layer.name) + ")"
	case v.layer.kind == LayerPatch && patched:
		return " (from a patch of the extension " + quote(name) + ")"
	default:
		return ""
	}
}

// place is the first range that is known: of a value, of its key, of what it
// stands in.
func place(ranges ...diag.Range) diag.Range {
	for _, r := range ranges {
		if r != (diag.Range{}) {
			return r
		}
	}
	return diag.Range{}
}

func (j *judge) service(s member) {
	path := joinKey("services", s.key)
	if s.value.kind != manifest.Object {
		j.report(diag.DocumentWrongType, s.value, place(s.value.rng(), s.keyRange), path,
			"a service is a map, not "+kindName(s.value.kind), `write {"image": "…"}`)
		return
	}
	j.image(s, path)
	for _, m := range s.value.members {
		at := joinKey(path, m.key)
		where := place(m.value.rng(), m.keyRange, s.keyRange)
		switch m.key {
		case "command", "entrypoint":
			// One form only, so that nothing splits or expands it (the seed).
			if m.value.kind == manifest.String {
				j.report(diag.DocumentWrongType, m.value, where, at, "the "+m.key+" is a list of strings, not a string",
					"write "+splitCommand(m.value.text))
			}
		case "user", "hostname", "pid":
			if m.value.kind == manifest.String && strings.TrimSpace(m.value.text) == "" {
				j.report(diag.DocumentBlank, m.value, where, at, "the value is blank", "give a value or remove the key")
			}
		case "tty", "privileged":
			if m.value.kind == manifest.String {
				j.report(diag.DocumentWrongType, m.value, where, at, "the value is a string, not a boolean", "write true or false, without quotes")
			}
		case "ports":
			for i, p := range m.value.items {
				if _, fault, _ := readPort(p); fault != nil {
					j.report(diag.DocumentPort, p, place(p.rng(), where), joinIndex(at, i), fault.message, fault.fix)
				}
			}
		case "volumes":
			j.mounts(m.value, at, where)
		}
	}
}

func (j *judge) image(s member, path string) {
	image := s.value.get("image")
	if image == nil {
		for _, other := range []string{"build", "provider", "extends"} {
			if s.value.get(other) != nil {
				return
			}
		}
		for _, m := range s.value.members {
			if !strings.HasPrefix(m.key, "x-") && len(near(m.key, []string{"image", "build"}, 1)) > 0 {
				return // misspelled, which the schema says
			}
		}
		j.c.Add(diag.Diagnostic{ // not report: the service's other faults count too
			Code: diag.DocumentNoImage, Range: place(s.keyRange, s.value.rng()), Path: path,
			Message: "the service has neither an image nor a build" + setBy(s.value),
			Fix:     `add "image": "name:tag" or "build": "directory"`,
		})
		return
	}
	if image.kind == manifest.String && strings.TrimSpace(image.text) == "" {
		j.report(diag.DocumentBlank, image, place(image.rng(), s.keyRange), path+".image", "the image is blank", "name an image, for example postgres:16")
	}
}

// splitCommand shows a command as the list that it should be.
func splitCommand(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 || strings.ContainsAny(text, `'"\`) {
		return `["program", "argument"]`
	}
	list := &value{kind: manifest.Array}
	for _, w := range words {
		list.items = append(list.items, newText(w, nil))
	}
	return strings.ReplaceAll(list.json(), `","`, `", "`)
}

// mounts finds what is not mounted as it reads, and two mounts at one place of a
// container.
func (j *judge) mounts(volumes *value, path string, where diag.Range) {
	taken := map[string]*value{}
	for i, item := range volumes.items {
		m, ok := readMount(item)
		if !ok || m.target == "" {
			continue
		}
		if code, message, fix := j.m.misread(item, m); code != "" {
			j.report(code, item, place(item.rng(), where), joinIndex(path, i), message, fix)
			continue
		}
		target := strings.TrimSuffix(m.target, "/")
		if first := taken[target]; first != nil {
			j.report(diag.DocumentMountTwice, item, place(item.rng(), where), joinIndex(path, i),
				fmt.Sprintf("something else is mounted at %s already", m.target),
				"remove one of the two; a patch replaces the whole list, or removes an entry with $remove",
				related(first.rng(), "first mounted here")...)
			continue
		}
		taken[target] = item
	}
}
