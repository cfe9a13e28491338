package prepare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// hookStep appends a hook phase. Hooks run each time, so a configured phase is
// always `run`.
func (b *builder) hookStep(phase string, required, boundary bool, dependsOn ...string) {
	entries := b.want.Hooks[phase]
	b.add(Step{
		ID: "hooks." + phase, Description: "Run the " + phase + " hooks", Outcome: Run, Required: required, Boundary: boundary,
		Reason: count(len(entries), "hook", "hooks") + ", run each time", DependsOn: dependsOn,
		Actions: []Action{RunHooks{Phase: phase, Entries: entries}},
	})
}

func (b *builder) hooksPostClone() {
	depends := []string{"git.ensure_present", "git.materialize", "sources.materialize"}
	if len(b.want.Hooks[manifest.PostClone]) == 0 {
		b.add(Step{ID: "hooks.post_clone", Description: "Run the post_clone hooks", Outcome: Skip, Reason: "none configured", DependsOn: depends, Boundary: true})
		return
	}
	b.hookStep(manifest.PostClone, true, true, depends...)
}

func (b *builder) hooksPostPrepare() {
	if len(b.want.Hooks[manifest.PostPrepare]) > 0 {
		b.hookStep(manifest.PostPrepare, false, b.buildsImages(), "project.map_folders", "compose.validate", "project.update_links")
	}
}

// ideSteps are the editor steps of odpm's runtime tail (spec §10): developer and
// server have editor files, developer alone a debugger (spec §14).
func (b *builder) ideSteps() {
	if b.want.Scenario == "ci" {
		return
	}
	if b.want.Scenario == "developer" {
		b.editorStep("ide.debug_profile", "Write the debug profile", "debug profile", "compose.service")
	}
	b.editorStep("vscode.settings", "Write Visual Studio Code settings", "Python code for editors", "ide.debug_profile")
	b.editorStep("pycharm.settings", "Write PyCharm settings", "Python code for editors", "ide.debug_profile")
}

// editorStep keeps the files of one editor right. No start needs them, so the
// step is not required, and a file that cannot be written stops nothing.
func (b *builder) editorStep(id, description, what string, dependsOn ...string) {
	if reason := b.want.Without[id]; reason != "" || len(b.files[id]) == 0 {
		b.skip(id, description, cmp.Or(reason, b.lacks(what)), dependsOn...)
		return
	}
	s := Step{ID: id, Description: description, DependsOn: dependsOn}
	b.applyFiles(&s)
	b.add(s)
}

// hooksPreUp differs from odpm on purpose: with --skip-start the phase does
// not run, so the plan does not say that it would (PLAN-14).
func (b *builder) hooksPreUp() {
	depends := []string{"docker.engine.check", "compose.validate", "hooks.post_prepare"}
	switch {
	case len(b.want.Hooks[manifest.PreUp]) == 0:
	case b.withoutStart() != "":
		b.skip("hooks.pre_up", "Run the pre_up hooks", "not run with "+b.withoutStart(), depends...)
	default:
		b.hookStep(manifest.PreUp, true, b.buildsImages() || b.lacksCIImage(), depends...)
	}
}

// buildsImages reports whether images follow, which makes a boundary of the
// hooks before them: what hooks leave behind goes into the images, so their
// identity is only right once the hooks have run.
func (b *builder) buildsImages() bool {
	return b.opt.BuildImage || len(b.want.Images) > 0 && !b.opt.SkipStart
}

// withoutStart is the flag for which this run starts no services, or "".
func (b *builder) withoutStart() string {
	switch {
	case b.opt.BuildImage:
		return "--build-image"
	case b.opt.SkipStart:
		return "--skip-start"
	default:
		return ""
	}
}

func (b *builder) hooksPostUp() {
	switch {
	case len(b.want.Hooks[manifest.PostUp]) == 0:
	case b.withoutStart() != "":
		b.skip("hooks.post_up", "Run the post_up hooks", "not run with "+b.withoutStart(), "compose.up")
	default:
		b.hookStep(manifest.PostUp, true, false, "compose.up")
	}
}

// takesPart reports whether `up` with these options would start the service.
func (b *builder) takesPart(service string) bool {
	return slices.ContainsFunc(b.starts, func(s Service) bool { return s.Name == service })
}

// wanted lists the services that this run should leave running: those named,
// else all whose profile is on.
func (b *builder) wanted() []Service {
	var out []Service
	for _, s := range b.want.Services {
		if s.Replicas == 0 {
			continue
		}
		if len(b.opt.Services) > 0 {
			if slices.Contains(b.opt.Services, s.Name) {
				out = append(out, s)
			}
			continue
		}
		on := func(profile string) bool { return profile == "*" || slices.Contains(b.want.ProfilesOn, profile) }
		if len(s.Profiles) == 0 || slices.ContainsFunc(s.Profiles, on) || slices.Contains(b.want.ProfilesOn, "*") {
			out = append(out, s)
		}
	}
	return out
}

func (b *builder) composeUp() {
	if b.withoutStart() != "" {
		return
	}
	const id, description = "compose.up", "Start the services and wait until they are ready"
	if len(b.want.Services) == 0 {
		b.skip(id, description, "the project has no services", "compose.validate")
		return
	}
	wanted := b.starts
	s := Step{
		ID: id, Description: description, Required: true, Outcome: Noop,
		DependsOn: []string{"docker.engine.check", "project.map_folders", "compose.service", "compose.validate", "project.update_links", "hooks.pre_up"},
		Inputs:    []Input{{Name: b.documentPath(), Hash: b.docHash}},
	}
	for _, step := range b.plan.Steps {
		if strings.HasPrefix(step.ID, "image.") || step.ID == "wheels.load" {
			s.DependsOn = append(s.DependsOn, step.ID)
		}
	}
	up := &ComposeUp{}
	b.plan.ComposeUp = up
	b.refuseUnmet(&s)
	b.refuseAbsentImages(&s, wanted)
	b.refuseUnbuilt(&s)
	var reasons []string
	var recreate []string
	if b.have.Engine.Reachable {
		reasons, recreate = b.judgeServices(&s, wanted)
		force := b.opt.ForceRecreate || len(recreate) > 0
		up.ForceRecreate = &force
		b.orphans(&s)
	} else {
		reasons = b.unprobed()
	}
	if b.opt.ForceRecreate {
		reasons = append(reasons, "asked for with --force-recreate")
	}
	refusals := len(s.Actions)
	digests := b.lockedImages(&s, wanted)
	if len(s.Actions) > refusals {
		reasons = append(reasons, "images differ from the lock")
	}
	b.judgeNames(&s)
	note := b.adopt()
	if len(reasons) == 0 && note != nil {
		s.Outcome, s.Reason, s.Actions = Run, "the database is not noted as it is now", append(s.Actions, *note)
		b.add(s)
		return
	}
	if len(reasons) == 0 {
		s.Reason = count(len(wanted), "service is", "services are") + " up as wanted"
		b.add(s)
		return
	}
	s.Outcome, s.Reason = Run, listed(reasons)
	s.Actions = append(s.Actions, StartServices{
		Services: slices.Clone(b.opt.Services), Recreate: recreate, ForceRecreate: b.opt.ForceRecreate,
		DocumentHash: b.docHash, Wanted: wanted, Shared: b.want.Shared, Mounted: b.mounted, Digests: digests, HashKey: b.want.HashKey,
	})
	if note != nil {
		s.Actions = append(s.Actions, *note)
	}
	b.add(s)
}

func (b *builder) documentPath() string {
	if doc := b.document(); doc != nil {
		return doc.Path
	}
	return ""
}

// unprobed is the reason, and the warning, of a start whose services nobody
// has looked at (PLAN-10).
func (b *builder) unprobed() []string {
	engine := b.have.Engine
	why, fix := "the engine was not asked", "plan without --no-docker to compare with the running services"
	if engine.Problem != "" {
		why, fix = engine.Problem, cmp.Or(engine.Fix, "start the engine, then run again; `devpm doctor` looks closer")
	}
	b.warn(diag.Diagnostic{Code: diag.HealthNotProbed, Severity: diag.Warning, Message: "stack health was not probed: " + why, Fix: fix})
	return []string{"state of the services is unknown: " + why}
}

// judgeServices compares each wanted service with its containers and returns
// why there is something to do, and which services are to be replaced.
func (b *builder) judgeServices(s *Step, wanted []Service) (reasons, recreate []string) {
	if len(b.opt.Services) == 0 && b.have.Applied.Shared != nil {
		if changes := b.leafChanges(b.have.Applied.Shared, b.want.Shared, ""); len(changes) > 0 {
			reasons = append(reasons, keysOf("", changes)+" changes")
			s.Cause = append(s.Cause, changes...)
		}
	}
	containers := map[string][]Container{}
	for _, c := range b.have.Engine.Containers {
		if !c.OneOff {
			containers[c.Service] = append(containers[c.Service], c)
		}
	}
	for _, service := range wanted {
		v := b.judge(service, containers[service.Name])
		if v.why == "" {
			continue
		}
		reasons = append(reasons, service.Name+" "+v.why)
		s.Cause = append(s.Cause, v.causes(service.Name)...)
		if v.replace {
			recreate = append(recreate, service.Name)
		}
	}
	return reasons, recreate
}

// digest drops "sha256:" so that a shortened id tells something.
func digest(id string) string {
	_, hex, ok := strings.Cut(id, ":")
	if ok {
		return hex
	}
	return id
}

// orphans names containers whose service is no longer in the document: as a
// warning, and as causes of the step, of which they change nothing.
func (b *builder) orphans(s *Step) {
	known := map[string]bool{}
	for _, s := range b.want.Services {
		known[s.Name] = true
	}
	var names []string
	var causes []Change
	for _, c := range b.have.Engine.Containers {
		if !c.OneOff && !known[c.Service] {
			names = append(names, c.Name)
			causes = append(causes, Change{Key: "services." + c.Service, Old: "container " + c.Name + " is " + c.State, Effect: Orphan})
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	slices.SortFunc(causes, func(a, c Change) int { return cmp.Or(cmp.Compare(a.Key, c.Key), cmp.Compare(a.Old, c.Old)) })
	s.Cause = append(s.Cause, causes...)
	b.warn(diag.Diagnostic{
		Code: diag.OrphanContainers, Severity: diag.Warning,
		Message: "containers of services that are no longer in the document: " + listed(names),
		Fix:     "`devpm compose -- up -d --remove-orphans` or `devpm down` removes them",
	})
}
