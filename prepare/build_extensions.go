package prepare

import (
	"cmp"
	"slices"
	"strings"
)

// extensionEach adds one plan-only step per extension. They come first, since
// what follows was decided with their help.
func (b *builder) extensionEach() {
	extensions := slices.SortedFunc(slices.Values(b.want.Extensions), func(a, c Extension) int { return strings.Compare(a.Name, c.Name) })
	for _, e := range extensions {
		s := Step{ID: "ext." + e.Name, Description: "Extension " + e.Name + ", from " + e.Source, Outcome: Noop, Reason: e.reason(), Extension: &e}
		if e.Left != "" {
			s.Outcome, s.Reason, s.Untrusted = Skip, e.Left, e.Untrusted
		}
		b.add(s)
	}
}

// reason is what there is to know about an extension that takes part.
func (e Extension) reason() string {
	var parts []string
	if e.Version != "" {
		parts = append(parts, e.Version)
	}
	if len(e.Capabilities) > 0 {
		parts = append(parts, strings.Join(e.Capabilities, " "))
	}
	if e.Sandbox != "" {
		parts = append(parts, "sandbox "+e.Sandbox)
	}
	if e.Signature != "" {
		parts = append(parts, e.Signature)
	}
	return cmp.Or(strings.Join(parts, ", "), "it adds nothing")
}

// extensionSteps stand behind every built-in prepare step, by order, extension
// and id (spec §10). What a step would do was said by its extension.
func (b *builder) extensionSteps() {
	steps := slices.Clone(b.want.ExtensionSteps)
	slices.SortFunc(steps, func(a, c ExtensionStep) int {
		return cmp.Or(cmp.Compare(a.Order, c.Order), strings.Compare(a.Extension, c.Extension), strings.Compare(a.ID, c.ID))
	})
	for i, e := range steps {
		s := Step{
			ID: e.ID, Description: e.Description, Outcome: e.Outcome, Required: e.Required, Reason: e.Reason,
			DependsOn:   []string{"ext." + e.Extension, "project.map_folders", "compose.validate", "project.update_links"},
			OfExtension: true,
			// Images are made from what is there once the last step has run.
			Boundary: i == len(steps)-1 && b.buildsImages(),
		}
		if s.Works() {
			s.Cause = e.Cause
			s.Actions = []Action{ExecuteStep{Extension: e.Extension, ID: e.ID}}
		}
		if b.afterClone {
			s.KnownAfter = "git.materialize"
		}
		b.add(s)
	}
}

// asksExtensions reports whether extension steps follow, which makes a boundary
// of the last built-in step before them: they look at what the steps before
// have made.
func (b *builder) asksExtensions() bool { return len(b.want.ExtensionSteps) > 0 }
