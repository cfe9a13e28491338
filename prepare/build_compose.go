package prepare

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

func (b *builder) composeTemplate() {
	const id, description = "compose.template", "Keep the Compose template"
	if len(b.files[id]) > 0 {
		b.fileStep(id, description, "", "hooks.post_clone")
		return
	}
	b.add(Step{ID: id, Description: description, Required: true, Outcome: Noop, Reason: "the document is built without a template", DependsOn: []string{"hooks.post_clone"}})
}

// composeFragmentEach adds one plan-only step per manifest or extension
// service; its file is written by compose.fragments.
func (b *builder) composeFragmentEach() {
	files := map[string]*File{}
	for _, f := range b.files["compose.fragments"] {
		if f.Service != "" {
			files[f.Service] = f
		}
	}
	fragments := slices.SortedFunc(slices.Values(b.want.Fragments), func(a, c Fragment) int { return strings.Compare(a.Service, c.Service) })
	for _, fragment := range fragments {
		s := Step{
			ID: "compose.fragment." + fragment.Service, Description: "Service " + fragment.Service + " of the manifest or an extension",
			Required: true, Outcome: Noop, Reason: "up to date", DependsOn: []string{"hooks.post_clone"},
		}
		if fragment.Extension != "" {
			s.Description = "Service " + fragment.Service + " of the extension " + fragment.Extension
			s.DependsOn = append(s.DependsOn, "ext."+fragment.Extension)
		}
		if f := files[fragment.Service]; f != nil {
			have := b.have.Files[f.Path]
			why := b.whyWrite(f, have)
			if have.Problem != NoProblem {
				why = string(have.Problem)
			}
			if why != "" {
				c := b.fileChange(f, have)
				c.Range = fragment.Range
				s.Outcome, s.Reason, s.Cause, s.KnownAfter = Update, f.Path+": "+why, []Change{c}, f.Pending
			}
		}
		b.add(s)
	}
}

func (b *builder) composeFragments() {
	depends := []string{"hooks.post_clone"}
	for _, s := range b.plan.Steps {
		if strings.HasPrefix(s.ID, "compose.fragment.") {
			depends = append(depends, s.ID)
		}
	}
	s := Step{ID: "compose.fragments", Description: "Write service fragments", Required: true, DependsOn: depends}
	b.applyFiles(&s)
	if s.Outcome == Noop && len(b.want.Fragments) == 0 {
		s.Reason = "the project adds no services"
	}
	b.add(s)
}

// composePatchEach adds one plan-only step per patched service. It follows
// compose.generate, which applies all patches at once.
func (b *builder) composePatchEach() {
	patches := slices.SortedFunc(slices.Values(b.want.Patches), func(a, c Patch) int { return strings.Compare(a.Service, c.Service) })
	for _, patch := range patches {
		keys := slices.Sorted(slices.Values(patch.Keys))
		s := Step{
			ID: "compose.patch." + patch.Service, Description: "Patch service " + patch.Service, Required: true,
			Outcome: Noop, Reason: "applied: " + strings.Join(keys, ", "), DependsOn: []string{"compose.fragments"},
		}
		by := ""
		if len(patch.Extensions) > 0 {
			by = " (extension " + strings.Join(patch.Extensions, ", ") + ")"
		}
		s.Reason += by
		if b.docChanges {
			s.Outcome, s.Reason = Run, "patches "+strings.Join(keys, ", ")+by
			// What the patch was before is not known: what changes is the document.
			doc := b.document()
			c := b.fileChange(doc, b.have.Files[doc.Path])
			c.Range = patch.Range
			s.Cause = []Change{c}
		}
		b.add(s)
	}
}

func (b *builder) composeService() {
	b.fileStep("compose.service", "Write the runtime configuration", b.lacks("runtime configuration"),
		"project.map_folders", "template.odoo_conf", "secrets.materialize", "compose.fragments")
}

// document returns the generated document, or nil.
func (b *builder) document() *File {
	if files := b.files["compose.generate"]; len(files) > 0 {
		return files[0]
	}
	return nil
}

// inspectDocument notes the document's identity and whether it would change.
func (b *builder) inspectDocument() {
	doc := b.document()
	if doc == nil {
		return
	}
	have := b.have.Files[doc.Path]
	b.docHash = b.identity(doc, doc.Content)
	b.docChanges = have.Problem != NoProblem || !have.Exists || !bytes.Equal(have.Content, doc.Content)
}

func (b *builder) composeGenerate() {
	depends := []string{"compose.template", "compose.fragments", "compose.service"}
	for _, s := range b.plan.Steps {
		if strings.HasPrefix(s.ID, "compose.patch.") {
			depends = append(depends, s.ID)
		}
	}
	b.fileStep("compose.generate", "Write docker-compose.yml", "the project has no services", depends...)
}

func (b *builder) composeValidate() {
	const id, description = "compose.validate", "Load the document as Compose does"
	doc := b.document()
	if doc == nil {
		b.skip(id, description, "the project has no services", "compose.generate")
		return
	}
	hash := b.docHash
	s := Step{ID: id, Description: description, Required: true, DependsOn: []string{"compose.generate"}, Inputs: []Input{{Name: doc.Path, Hash: hash}}}
	if b.have.Verdict == hash {
		s.Outcome, s.Reason = Noop, "this content was accepted before"
	} else {
		s.Outcome, s.Reason = Run, "this content was not checked yet"
		s.Cause = []Change{{Key: doc.Path, Old: short(b.have.Verdict), New: short(hash)}}
		s.Actions = []Action{ValidateDocument{Path: doc.Path, Hash: hash}}
	}
	b.add(s)
}

func (b *builder) dockerEngineCheck() {
	const id, description = "docker.engine.check", "Check the container engine"
	if b.opt.SkipStart {
		b.skip(id, description, "no containers with --skip-start")
		return
	}
	if len(b.want.Services) == 0 {
		b.skip(id, description, "the project has no services")
		return
	}
	if b.opt.NoSystemCheck {
		b.skip(id, description, "switched off by check_system in user_settings.json")
		return
	}
	s := Step{ID: id, Description: description, Required: true, Outcome: Noop, Reason: "reachable"}
	engine := b.have.Engine
	switch {
	case !engine.Asked && b.opt.NoDocker:
		s.Outcome, s.Reason = Run, "not asked, with --no-docker"
	case !engine.Asked:
		s.Outcome, s.Reason = Run, "not asked"
		if engine.Problem != "" {
			s.Reason = "not asked: " + engine.Problem
		}
	case !engine.Reachable:
		s.Outcome, s.Reason = Run, "not reachable: "+engine.Problem
	case engine.Version != "":
		s.Reason = "reachable, version " + engine.Version
	}
	if s.Outcome == Run {
		s.Actions = []Action{CheckEngine{}}
	}
	b.add(s)
}

func (b *builder) dockerPortsRelease() {
	const id, description = "docker.ports.release", "Look whether host ports are free"
	switch {
	case b.opt.SkipStart:
		b.skip(id, description, "no containers with --skip-start")
		return
	case b.want.Scenario != "developer":
		b.skip(id, description, "only in scenario developer")
		return
	case !b.have.Engine.Asked:
		b.skip(id, description, "the container engine was not asked")
		return
	case !b.have.Engine.Reachable:
		b.skip(id, description, "the container engine cannot be reached")
		return
	}
	held := 0
	for _, service := range b.starts {
		for _, port := range service.Ports {
			holder := b.have.Engine.Holders[port.Key()]
			if holder == "" || port.Published == 0 {
				continue
			}
			held++
			b.warn(diag.Diagnostic{
				Code: diag.HostPortTaken, Severity: diag.Warning, Range: port.Range, Path: port.Path,
				Message: fmt.Sprintf("host port %d, which %s wants, is held by %s", port.Published, service.Name, holder),
				Fix:     "stop the holder, or publish another port",
			})
		}
	}
	s := Step{ID: id, Description: description, Outcome: Noop, Reason: "all host ports are free or ours", DependsOn: []string{"docker.engine.check"}}
	if held > 0 {
		s.Reason = count(held, "host port is", "host ports are") + " held by others; devpm stops nothing"
	}
	b.add(s)
}
