package prepare

import (
	"fmt"
	"slices"

	"github.com/devpm/devpm/diag"
)

// Build decides what this run would do. The steps are odpm's 24 in their order
// (spec §10), with the plan-only steps and the runtime tail that belong to
// them; an outcome says whether this run would change something (design §4).
//
// It depends on its arguments alone and changes none of them. It panics when
// desired names a step that does not exist, which is a fault of the caller.
func Build(desired *Desired, observed *Observed, options Options) *Plan {
	b := &builder{
		want: desired, have: observed, opt: options,
		plan:   &Plan{Record: observed.Record, Applied: observed.Applied, Leases: desired.Leases},
		files:  map[string][]*File{},
		prunes: map[string][]Prune{},
		placed: map[string]Outcome{},
	}
	b.plan.Warnings = append(b.plan.Warnings, desired.Warnings...)
	b.plan.Warnings = append(b.plan.Warnings, observed.Warnings...)
	for i := range desired.Files {
		f := &desired.Files[i]
		b.files[f.Step] = append(b.files[f.Step], f)
	}
	for _, p := range desired.Prunes {
		b.prunes[p.Step] = append(b.prunes[p.Step], p)
	}
	b.inspectRepositories()
	b.inspectLock()
	b.inspectDocument()
	b.mounted = b.mountedFiles()
	b.starts = b.wanted()
	for _, step := range catalogue {
		step(b)
	}
	b.mustUseAllFiles()
	b.plan.Warnings = b.plan.Warnings.Sorted()
	return b.plan
}

// catalogue is the order of a plan.
var catalogue = []func(*builder){
	(*builder).extensionEach,
	(*builder).secretsFetchEarly, // only where nothing can be said without it

	(*builder).gitLockLoad,
	(*builder).gitEnsurePresent,
	(*builder).gitMaterialize,
	(*builder).sourcesMaterialize,
	(*builder).hooksPostClone,
	(*builder).projectMapFolders,
	(*builder).gitLockApply,
	(*builder).templateDockerfile,
	(*builder).templateDockerignore,
	(*builder).dockerEngineCheck,
	(*builder).dockerPortsRelease,
	(*builder).templateOdooConf,
	(*builder).databaseDrift,
	(*builder).composeTemplate,
	(*builder).composeFragmentEach,
	(*builder).composeFragments,
	(*builder).secretsFetch,
	(*builder).secretsMaterialize,
	(*builder).composePatchEach,
	(*builder).composeService,
	(*builder).composeGenerate,
	(*builder).composeValidate,
	(*builder).gitCheckout,
	(*builder).gitLockCollect,
	(*builder).gitLockVerify,
	(*builder).projectUpdateLinks,

	(*builder).extensionSteps,
	(*builder).hooksPostPrepare,
	(*builder).ciBuildImage,
	(*builder).ciPushImage,
	(*builder).ideSteps,
	(*builder).hooksPreUp,
	(*builder).imageLoad,
	(*builder).wheelsLoad,
	(*builder).imageBuildEach,
	(*builder).composeUp,
	(*builder).hooksPostUp,
}

// builder is one run of Build.
type builder struct {
	want *Desired
	have *Observed
	opt  Options
	plan *Plan

	files  map[string][]*File
	prunes map[string][]Prune
	placed map[string]Outcome // the steps in the plan so far

	docHash    string            // identity of the wanted document; "" without one
	docChanges bool              // this run would write it
	mounted    map[string]string // service → identity of the generated files that it mounts
	starts     []Service         // what this run should leave running
	repos      repositories      // all but the sources of services
	sources    repositories
	lock       locking
	afterClone bool // a repository is missing: what is read from repositories is not known yet
}

// UntrustedReason ends the reason of a step that waits for trust.
const UntrustedReason = "; not trusted yet: up asks first"

// add appends a step. Dependencies that the plan does not have are dropped, so
// that each step may name all that could stand before it.
func (b *builder) add(s Step) {
	if b.has(s.ID) {
		panic(fmt.Sprintf("prepare: step %s twice", s.ID))
	}
	s.DependsOn = slices.DeleteFunc(s.DependsOn, func(id string) bool { return !b.has(id) })
	if b.afterClone && readsRepositories[s.ID] {
		s.KnownAfter = "git.materialize"
	}
	if b.want.Untrusted[s.ID] && s.Outcome != Skip {
		s.Untrusted = true
		s.Reason += UntrustedReason
	}
	b.knownLater(&s)
	b.placed[s.ID] = s.Outcome
	b.plan.Steps = append(b.plan.Steps, s)
}

// skip appends a step that takes no part in this run.
func (b *builder) skip(id, description, reason string, dependsOn ...string) {
	b.add(Step{ID: id, Description: description, Outcome: Skip, Reason: reason, DependsOn: dependsOn})
}

func (b *builder) has(id string) bool {
	_, ok := b.placed[id]
	return ok
}

// warn records a finding of planning.
func (b *builder) warn(ds ...diag.Diagnostic) { b.plan.Warnings = append(b.plan.Warnings, ds...) }

// refuse makes a step one that stops the run. The plan shows the finding as a
// warning, because nothing has failed yet.
func (b *builder) refuse(s *Step, d diag.Diagnostic) {
	d.Severity = diag.Error
	s.Actions = append(s.Actions, Refuse{Diagnostics: diag.List{d}})
	d.Severity = diag.Warning
	b.warn(d)
}

// readsRepositories names the steps whose outcome is taken from what is inside
// a repository, directly or through the document.
var readsRepositories = map[string]bool{
	"project.map_folders":  true,
	"template.odoo_conf":   true,
	"compose.fragments":    true,
	"compose.service":      true,
	"compose.generate":     true,
	"compose.validate":     true,
	"git.checkout":         true,
	"git.lock_verify":      true,
	"project.update_links": true,
	"ide.debug_profile":    true,
	"vscode.settings":      true,
	"pycharm.settings":     true,
	"ci.build_image":       true,
	"wheels.load":          true,
	"compose.up":           true,
}

// mustUseAllFiles catches a file or prune that names no step of the plan.
func (b *builder) mustUseAllFiles() {
	for _, f := range b.want.Files {
		if !b.has(f.Step) {
			panic(fmt.Sprintf("prepare: file %s names the unknown step %q", f.Path, f.Step))
		}
	}
	for _, p := range b.want.Prunes {
		if !b.has(p.Step) {
			panic(fmt.Sprintf("prepare: prune of %s names the unknown step %q", p.Dir, p.Step))
		}
	}
}
