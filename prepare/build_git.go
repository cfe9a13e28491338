package prepare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// repositories is what Build found out about the repositories, once, for the
// steps that ask.
type repositories struct {
	all     []Repository
	missing []Repository // not there, to be cloned
	foreign []Repository // something else is in the place
	behind  []Repository // there, on another commit than the wanted one
	dirty   []Repository // would have to move, but hold local changes
}

func (b *builder) inspectRepositories() {
	for _, repo := range b.want.Repositories {
		r := &b.repos
		if repo.Role == RoleSource {
			r = &b.sources
		}
		r.all = append(r.all, repo)
		state := b.have.Repositories[repo.Dir]
		switch {
		case state.Foreign:
			r.foreign = append(r.foreign, repo)
		case !state.Present:
			r.missing = append(r.missing, repo)
		case onWanted(repo, state):
		case state.Dirty:
			r.dirty = append(r.dirty, repo)
		default:
			r.behind = append(r.behind, repo)
		}
	}
	b.afterClone = !b.opt.NoGitUpdate && (len(b.repos.missing) > 0 || b.want.Discovers && len(b.repos.behind) > 0)
}

// onWanted reports whether a repository that is there is where the manifest
// wants it. The observer resolves what is wanted to a commit.
func onWanted(repo Repository, state RepositoryState) bool {
	return repo.Local || repo.Keep || state.Head != "" && state.Head == state.Wanted
}

const noGitUpdate = "skipped with --no-git-update"

func (b *builder) gitEnsurePresent() {
	const id, description = "git.ensure_present", "Check that every repository is there"
	if !b.opt.NoGitUpdate {
		b.skip(id, description, "git.materialize does this; only with --no-git-update")
		return
	}
	s := Step{ID: id, Description: description, Required: true, Outcome: Noop, Reason: "every repository is there", DependsOn: []string{"git.lock_load"}}
	if len(b.want.Repositories) == 0 {
		s.Reason = "the project has no repositories"
	}
	if absent := slices.Concat(b.repos.missing, b.repos.foreign, b.sources.missing, b.sources.foreign); len(absent) > 0 {
		s.Outcome, s.Reason = Run, "missing: "+names(absent)
		for _, repo := range absent {
			fix := "run without --no-git-update, so that it is cloned"
			if repo.Local {
				fix = "make the directory, or correct the file:// link"
			}
			b.refuse(&s, diag.Diagnostic{
				Code: diag.RepositoryAbsent, Range: repo.Range, Path: repo.Path,
				Message: fmt.Sprintf("repository %s is not in %s", repo.Name, repo.Dir), Fix: fix,
			})
		}
	}
	b.add(s)
}

func (b *builder) gitMaterialize() {
	const id, description = "git.materialize", "Clone repositories and put each on its commit"
	if b.opt.NoGitUpdate {
		b.skip(id, description, noGitUpdate)
		return
	}
	s := Step{
		ID: id, Description: description, Required: true, Outcome: Noop, DependsOn: []string{"git.lock_load"}, Inputs: b.want.Inputs,
		Boundary: b.want.Discovers, Repeat: b.want.Discovers,
	}
	b.bring(&s, &b.repos)
	if s.Reason == "" {
		s.Reason = "the project has no repositories"
	}
	b.add(s)
}

// bring fills in a step that clones and moves repositories; without any its
// reason stays empty.
func (b *builder) bring(s *Step, r *repositories) {
	b.refuseForeign(s, r.foreign)
	b.refuseOffline(s, r)
	b.warnDirty(r.dirty)
	var parts []string
	work := func(verb string, repos []Repository) {
		if len(repos) == 0 {
			return
		}
		parts = append(parts, verb+" "+names(repos))
		for _, repo := range repos {
			s.Actions = append(s.Actions, Materialize{Repository: repo})
			s.Cause = append(s.Cause, b.repositoryCause(repo))
		}
	}
	work("clone", r.missing)
	work("move", r.behind)
	work("fetch", b.current(r))
	if len(r.foreign) > 0 {
		parts = append(parts, "in the way: "+names(r.foreign))
	}
	switch {
	case len(parts) > 0:
		s.Outcome, s.Reason = Run, strings.Join(parts, "; ")
	case len(r.all) == 0:
	case len(r.dirty) > 0:
		s.Reason = "left alone, with local changes: " + names(r.dirty)
	default:
		s.Reason = count(len(r.all), "repository is", "repositories are") + " on the wanted commit"
	}
}

// current lists the repositories that only --update would touch and that this
// run has not fetched yet.
func (b *builder) current(r *repositories) []Repository {
	var out []Repository
	for _, repo := range r.all {
		state := b.have.Repositories[repo.Dir]
		if b.opt.UpdateGit && !b.opt.Fetched[repo.Dir] && state.Present && !repo.Local && !repo.Keep && repo.Commit == "" && onWanted(repo, state) {
			out = append(out, repo)
		}
	}
	return out
}

func (b *builder) repositoryCause(repo Repository) Change {
	state := b.have.Repositories[repo.Dir]
	wanted := state.Wanted
	for _, name := range []string{repo.Commit, strings.TrimSpace(repo.Branch + " " + repo.Date), "default branch"} {
		if wanted == "" {
			wanted = name
		}
	}
	return Change{Key: "repository " + repo.Name, Old: short(state.Head), New: short40(wanted), Range: repo.Range}
}

// short40 shortens commits and leaves branch names whole.
func short40(ref string) string {
	if len(ref) == 40 {
		return short(ref)
	}
	return ref
}

func (b *builder) refuseForeign(s *Step, foreign []Repository) {
	for _, repo := range foreign {
		b.refuse(s, diag.Diagnostic{
			Code: diag.GitForeign, Range: repo.Range, Path: repo.Path,
			Message: fmt.Sprintf("%s should hold repository %s, but something else is there", repo.Dir, repo.Name),
			Fix:     "move it away; devpm never deletes what it did not make",
		})
	}
}

func (b *builder) warnDirty(dirty []Repository) {
	for _, repo := range dirty {
		changed := b.have.Repositories[repo.Dir].Changes
		what := ""
		if len(changed) > 0 {
			what = " (" + strings.Join(changed, ", ") + ")"
		}
		b.warn(diag.Diagnostic{
			Code: diag.GitLocalWork, Severity: diag.Warning, Range: repo.Range, Path: repo.Path,
			Message: fmt.Sprintf("repository %s has local changes%s and stays where it is", repo.Name, what),
			Fix:     "commit, stash or discard the changes in " + repo.Dir + ", then run again",
		})
	}
}

// sourcesMaterialize is odpm's step (spec §6.5), but for what is in its way:
// that is refused, not deleted.
func (b *builder) sourcesMaterialize() {
	const id, description = "sources.materialize", "Clone the sources of services and put each on its commit"
	switch {
	case len(b.sources.all) == 0 && len(b.want.Idle) > 0:
		b.skip(id, description, "only services that are switched off need one", "git.lock_load")
		return
	case len(b.sources.all) == 0:
		b.skip(id, description, "the project has no service_sources", "git.lock_load")
		return
	case b.opt.NoGitUpdate:
		b.skip(id, description, noGitUpdate, "git.lock_load")
		return
	}
	s := Step{ID: id, Description: description, Required: true, Outcome: Noop, DependsOn: []string{"git.lock_load"}}
	b.bring(&s, &b.sources)
	b.add(s)
}

func (b *builder) gitCheckout() {
	const id, description = "git.checkout", "Check that each repository is on its commit"
	if b.opt.NoGitUpdate {
		b.skip(id, description, noGitUpdate)
		return
	}
	s := Step{ID: id, Description: description, Outcome: Noop, Required: true, Reason: "git.materialize leaves each repository on its commit", DependsOn: []string{"git.materialize", "git.lock_apply"}}
	if len(b.repos.dirty) > 0 {
		s.Reason = "not on the wanted commit, with local changes: " + names(b.repos.dirty)
	}
	b.add(s)
}

// names lists repositories by name in their order.
func names(repos []Repository) string {
	out := make([]string, len(repos))
	for i, r := range repos {
		out[i] = r.Name
	}
	return listed(out)
}

// listed joins names and shortens a long list to its first five.
func listed(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// count is "1 file" or "3 files".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
