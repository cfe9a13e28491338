package prepare

import "github.com/devpm/devpm/diag"

// Secrets is what a run has to do with secrets before they can be used.
type Secrets struct {
	Provider string // where they come from, as the plan says it: "file", "exec"
	// Fetch says why this run asks the provider; "" when it does not. What the
	// provider will say is not known before: files that depend on it are Pending.
	Fetch string
	// Early asks the provider before everything else, because the manifest
	// itself uses secrets that are not there yet (spec §4.4). It stays set in the
	// plan that is made after that, so that the step keeps its place.
	Early bool
	// Imported is the file that takes the place of the secrets file in this run
	// (--secrets-file); "" without one. Its content is among Desired.Files.
	Imported string
	// Unmounted says why no container gets a copy; "" when the odoo service does.
	Unmounted string
	// Unmet stops a start: required secrets are missing (spec §4.3).
	Unmet diag.List
}

// secretsFetchStep is the id of the step after which fetched secrets are known.
const secretsFetchStep = "secrets.fetch"

// secretsFetchEarly puts the step first when nothing can be said without the
// values: not even links to repositories.
func (b *builder) secretsFetchEarly() {
	if b.want.Secrets.Early {
		b.secretsFetch()
	}
}

func (b *builder) secretsFetch() {
	const id, description = secretsFetchStep, "Ask the secrets provider"
	s := b.want.Secrets
	switch {
	case b.has(id):
	case s.Imported != "":
		step := Step{ID: id, Description: "Import secrets", Required: true}
		b.applyFiles(&step)
		if step.Outcome == Update {
			step.Reason = "from " + s.Imported + "; " + step.Reason
		}
		b.add(step)
	case s.Fetch != "":
		b.add(Step{
			ID: id, Description: description, Outcome: Update, Required: true, Reason: s.Fetch, Boundary: true,
			Cause: []Change{{Key: "secrets", New: "provider " + s.Provider}}, Actions: []Action{FetchSecrets{}},
		})
	case s.Provider == "" || s.Provider == "file":
		b.skip(id, description, "no provider is asked: .odpm/secrets.json is kept by hand")
	default:
		b.add(Step{ID: id, Description: description, Required: true, Outcome: Noop,
			Reason: "fetched before; `devpm up --refresh-secrets` asks again"})
	}
}

func (b *builder) secretsMaterialize() {
	const id, description = "secrets.materialize", "Copy the secrets for the containers"
	if why := b.want.Secrets.Unmounted; why != "" && len(b.prunes[id]) == 0 {
		b.add(Step{ID: id, Description: description, Outcome: Skip, Required: true, Reason: why, DependsOn: []string{secretsFetchStep}})
		return
	}
	s := Step{ID: id, Description: description, Required: true, DependsOn: []string{"project.map_folders", secretsFetchStep}}
	b.applyFiles(&s)
	if why := b.want.Secrets.Unmounted; s.Outcome == Noop && why != "" {
		s.Outcome, s.Reason = Skip, why
	} else if s.Outcome == Noop && len(b.files[id]) == 0 {
		s.Reason = "the project has no secrets file"
	}
	b.add(s)
}

// refuseUnmet keeps a start from beginning while required secrets are missing.
// Nothing has happened then: a plan's refusals are looked at before its first
// step.
func (b *builder) refuseUnmet(s *Step) {
	for _, d := range b.want.Secrets.Unmet {
		b.refuse(s, d)
	}
}

// knownLater marks the steps that follow from a document whose content is not
// known yet.
func (b *builder) knownLater(s *Step) {
	if doc := b.document(); doc == nil || doc.Pending == "" || s.KnownAfter != "" {
		return
	}
	if s.ID == "compose.validate" || s.ID == "compose.up" {
		s.KnownAfter = b.document().Pending
	}
}

// pendingReason is what the line of a file says that cannot be compared yet.
func pendingReason(f *File) string { return "known after " + f.Pending }
