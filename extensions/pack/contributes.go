package pack

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

var serviceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// contributes reads what the package adds as data. Services and patches stay
// trees: compose judges them as it judges those of a manifest.
func (r *metadataReader) contributes(n *manifest.Node) {
	const at = "devpm.contributes"
	r.known(n, at, contributeKeys)
	out := &r.m.Contributes
	out.Services = r.services(n, "services", at)
	out.Patches = r.services(n, "service_patches", at)
	out.Hooks = r.hooks(n, at)
	r.steps(n, at)
}

// services is an object of objects, by service.
func (r *metadataReader) services(n *manifest.Node, key, path string) *manifest.Node {
	v := r.object(n, key, path)
	if v == nil || len(v.Members) == 0 {
		return nil
	}
	path = join(path, key)
	for _, m := range v.Members {
		if !serviceForm.MatchString(m.Key) {
			r.fault(diag.PackageContributes, m.KeyRange, join(path, m.Key), fmt.Sprintf("%q is not the name of a service", m.Key),
				"a name starts with a letter or digit and has letters, digits, dots, underscores and hyphens")
		}
		if m.Value.Kind != manifest.Object {
			r.fault(diag.PackageType, m.Value.Range, join(path, m.Key), "an object is expected, not "+m.Value.Describe(), "write the service's keys below it, such as image")
		}
	}
	return v
}

// hooks is an object of lists of commands, by phase.
func (r *metadataReader) hooks(n *manifest.Node, path string) *manifest.Node {
	v := r.object(n, "hooks", path)
	if v == nil || len(v.Members) == 0 {
		return nil
	}
	path = join(path, "hooks")
	r.known(v, path, manifest.Phases())
	for _, phase := range v.Members {
		at := join(path, phase.Key)
		if phase.Value.Kind != manifest.Array {
			r.fault(diag.PackageType, phase.Value.Range, at, "a list of commands is expected, not "+phase.Value.Describe(), `write a list of lists: [["make", "assets"]]`)
			continue
		}
		for i, entry := range phase.Value.Items {
			r.argv(entry, at+"["+strconv.Itoa(i)+"]")
		}
	}
	return v
}

func (r *metadataReader) argv(entry *manifest.Node, path string) {
	if entry.Kind != manifest.Array || len(entry.Items) == 0 {
		r.fault(diag.PackageContributes, entry.Range, path, "a command with its arguments is expected, as a list, not "+entry.Describe(), `write ["make", "assets"]; `+PathToken+` stands for the package's directory`)
		return
	}
	for i, word := range entry.Items {
		at := path + "[" + strconv.Itoa(i) + "]"
		switch {
		case word.Kind != manifest.String:
			r.fault(diag.PackageType, word.Range, at, "a string is expected, not "+word.Describe(), "put it in double quotes")
		case strings.ContainsRune(word.Text, 0), i == 0 && strings.TrimSpace(word.Text) == "":
			r.fault(diag.PackageContributes, word.Range, at, "this is no program or argument", "write text without NUL; the first is the program")
		}
	}
}

var stepForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// steps names steps that the program will register. Data cannot carry out a
// step, so a declarative package has none: its hooks run commands.
func (r *metadataReader) steps(n *manifest.Node, path string) {
	v := n.Get("prepare_steps")
	if v == nil || v.Kind == manifest.Null {
		return
	}
	path = join(path, "prepare_steps")
	if v.Kind != manifest.Array {
		r.fault(diag.PackageType, v.Range, path, "a list is expected, not "+v.Describe(), "write [{id: example.seed, order: 500}]")
		return
	}
	if r.m.Runtime == Declarative {
		r.fault(diag.PackageContributes, v.Range, path, "a declarative package has no program that could carry out a step", "write a command under hooks.post_prepare, or use runtime: python or exec")
		return
	}
	seen := map[string]bool{}
	for i, item := range v.Items {
		at := path + "[" + strconv.Itoa(i) + "]"
		if item.Kind != manifest.Object {
			r.fault(diag.PackageType, item.Range, at, "an object is expected, not "+item.Describe(), "write {id: example.seed, order: 500}")
			continue
		}
		r.known(item, at, stepKeys)
		step := DeclaredStep{ID: r.required(item, at, "id", "example.seed"), Range: item.Range}
		step.Description, _ = r.text(item, at, "description")
		if order := item.Get("order"); order != nil {
			value, err := strconv.Atoi(order.Text)
			if order.Kind != manifest.Number || err != nil {
				r.fault(diag.PackageType, order.Range, join(at, "order"), "a whole number is expected, not "+order.Describe(), "write a number such as 500")
			}
			step.Order = value
		}
		switch {
		case step.ID == "":
			continue
		case !stepForm.MatchString(step.ID):
			r.fault(diag.PackageContributes, item.Get("id").Range, join(at, "id"), fmt.Sprintf("%q is not the id of a step", step.ID), "an id has letters, digits, dots, underscores and hyphens")
		case seen[step.ID]:
			r.fault(diag.PackageContributes, item.Get("id").Range, join(at, "id"), fmt.Sprintf("the step %q is there twice", step.ID), "remove one")
		}
		seen[step.ID] = true
		r.m.Contributes.Steps = append(r.m.Contributes.Steps, step)
	}
}
