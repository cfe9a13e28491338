// Package prepare decides what `devpm up` would do. Build compares what the
// manifest asks for (Desired) with what there is (Observed) and returns a Plan:
// ordered steps, each with its reason.
//
// It is pure: it opens no file, starts no process and asks no engine. Looking
// is prepare/observe's work, doing is prepare/apply's, and neither decides.
package prepare

import "github.com/devpm/devpm/diag"

// Outcome says what a step would do in this run (spec §10, design §4).
type Outcome string

// The outcomes.
const (
	Run    Outcome = "run"    // something happens that is not a change of a file
	Update Outcome = "update" // something that exists or is missing would be brought up to date
	Noop   Outcome = "noop"   // nothing to do
	Skip   Outcome = "skip"   // does not take part in this run; Reason says why
)

// PlanVersion is the `plan_version` of the JSON form (schema/plan.v1.json).
const PlanVersion = 1

// Step is one line of a plan. Ids and order of the built-in steps are odpm's
// (spec §10).
type Step struct {
	ID          string
	Description string
	Outcome     Outcome
	Required    bool
	Reason      string
	DependsOn   []string
	Cause       []Change // what made the outcome run or update, when values are known
	Inputs      []Input  // what the decision was taken from
	KnownAfter  string   // id of the step after which the outcome is really known; "" when it is known now
	Actions     []Action // what apply does, in order; empty for plan-only steps
	// Boundary asks apply to plan again after this step, if anything has run
	// since the plan was made: what follows depends on it.
	Boundary bool
	// Repeat has apply carry the step out again, at its own boundary, as long as
	// the new plan has work for it: what it brings may ask for more of the same.
	Repeat bool
	// Untrusted marks a step that would run or expose what nobody has trusted
	// yet; Reason says so too.
	Untrusted bool
	// Extension is set on the step `ext.<name>`, OfExtension on a prepare step
	// that an extension carries out.
	Extension   *Extension
	OfExtension bool
}

// Change is one cause: a value that differs.
type Change struct {
	Key   string // "services.web.image", "Dockerfile", "repository odoo/odoo"
	Old   string // "" when there was nothing
	New   string
	Range diag.Range // where the new value is written
	// Effect says what the change does to containers: one of the effects, or ""
	// when it concerns none.
	Effect Effect
}

// Effect is what happens to the containers of a service.
type Effect string

// The effects.
const (
	Create   Effect = "create"   // there is none yet
	Start    Effect = "start"    // it is there and does not run
	Recreate Effect = "recreate" // it is replaced
	NewImage Effect = "image"    // it is replaced, because its image is another one
	Wait     Effect = "wait"     // it runs and is not ready yet
	Orphan   Effect = "orphan"   // its service is no longer in the document; it stays
)

// Input is something that a decision was taken from, by content.
type Input struct {
	Name string // "odpm.json", ".env", "docker-compose.yml"
	Hash string // sha256, hex
}

// FileDiff is the change of one file that `plan --show-diff` prints.
type FileDiff struct {
	Path    string // relative to the project
	Summary string // "+1 -1 lines"
	Unified string
}

// ComposeUp is the plan's `compose_up` object; ForceRecreate is nil when the
// engine was not asked.
type ComposeUp struct{ ForceRecreate *bool }

// Plan is what one run would do, in order.
type Plan struct {
	Steps     []Step
	Warnings  diag.List
	ComposeUp *ComposeUp // nil without a compose.up step
	Diffs     []FileDiff
	Leases    []PortLease
	Record    Record // what the plan was compared with; apply carries it on
	Applied   Applied
}

// Step returns the step with the id, or nil.
func (p *Plan) Step(id string) *Step {
	for i := range p.Steps {
		if p.Steps[i].ID == id {
			return &p.Steps[i]
		}
	}
	return nil
}
