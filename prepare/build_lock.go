package prepare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare/lock"
)

// locking is what Build found out about the locks, once.
type locking struct {
	pins     pins
	findings diag.List // about the choice of the lock
}

func (b *builder) inspectLock() {
	b.lock.pins, b.lock.findings = b.want.Lock.choose(b.want.Repositories, b.strict(), b.opt)
	for _, d := range b.lock.findings {
		if d.Severity != diag.Error {
			b.warn(d)
		}
	}
	if b.want.Lock != nil && !b.opt.NoGitUpdate {
		b.compareSources()
	}
}

func (b *builder) strict() bool { return b.want.Scenario == scenarioCI }

// held reports whether this run holds repositories to a lock.
func (b *builder) held() bool { return b.lock.pins.source != "" || b.opt.Locked }

func (b *builder) gitLockLoad() {
	const id, description = "git.lock_load", "Read the dependency lock"
	switch {
	case b.opt.NoGitUpdate && !b.opt.Locked:
		b.skip(id, description, noGitUpdate)
	case b.opt.UpdateLock:
		b.skip(id, description, "skipped with --update-lock")
	default:
		s := Step{ID: id, Description: description, Outcome: Noop, Required: true, Reason: b.noLock()}
		if b.lock.pins.source != "" {
			s.Reason = "repositories are held to " + b.lock.pins.source
		}
		for _, d := range b.lock.findings {
			if d.Severity == diag.Error {
				s.Outcome, s.Reason = Run, d.Message
				b.refuse(&s, d)
			}
		}
		b.add(s)
	}
}

func (b *builder) gitLockApply() {
	const id, description = "git.lock_apply", "Check that locked commits were applied"
	if !b.held() {
		b.skip(id, description, b.unheld(), "git.materialize")
		return
	}
	b.add(Step{
		ID: id, Description: description, Outcome: Noop, Required: true, DependsOn: []string{"git.lock_load", "git.materialize"},
		Reason: "git.materialize takes the commits of " + b.lock.pins.source,
	})
}

// unheld says why no lock counts.
func (b *builder) unheld() string {
	switch {
	case b.opt.NoGitUpdate:
		return noGitUpdate
	case b.opt.UpdateLock:
		return "skipped with --update-lock"
	default:
		return b.noLock()
	}
}

// noLock says what there is in place of locked repositories.
func (b *builder) noLock() string {
	if b.want.Lock != nil && b.want.Lock.One != nil {
		return lock.Path + " holds no repositories"
	}
	return "the project has no lock"
}

func (b *builder) gitLockCollect() {
	const id, description = "git.lock_collect", "Write the dependency lock"
	s := Step{ID: id, Description: description, Required: true, DependsOn: []string{"git.materialize", "git.checkout"}}
	if b.opt.SyncLocks {
		if d, bad := b.syncFault(); bad {
			s.Outcome, s.Reason = Run, d.Message
			b.refuse(&s, d)
			b.add(s)
			return
		}
	}
	switch {
	case !b.opt.UpdateLock:
		b.skip(id, description, "only with --update-lock", "git.checkout")
		return
	case b.role("platform") == nil:
		b.skip(id, description, "the project has no platform to lock", "git.checkout")
		return
	}
	s.Outcome, s.Reason = Update, "write "+lock.DependenciesPath+" from the resolved commits"
	if names := b.unresolved(); len(names) > 0 {
		s.KnownAfter = "git.materialize"
	} else {
		b.writeLocks(&s)
	}
	if b.want.Lock.Manifest != nil && !b.opt.SyncLocks {
		b.warn(diag.Diagnostic{
			Code: diag.LockSources, Severity: diag.Warning, Range: b.want.Lock.Manifest.Range, Path: "locks.git",
			Message: "--update-lock writes " + lock.DependenciesPath + "; locks.git in odpm.json stays as it is, and counts",
			Fix:     "add --sync-manifest-locks to bring locks.git up to date too",
		})
	}
	if s.Outcome == Update && b.opt.Diff {
		b.plan.Diffs = append(b.plan.Diffs, FileDiff{Path: lock.DependenciesPath, Summary: "will rewrite from resolved commits"})
	}
	b.add(s)
}

// syncFault says why --sync-manifest-locks cannot be done (PLAN-25).
func (b *builder) syncFault() (diag.Diagnostic, bool) {
	d := diag.Diagnostic{Code: diag.LockSync, Path: "--sync-manifest-locks"}
	switch {
	case !b.opt.UpdateLock:
		d.Message, d.Fix = "--sync-manifest-locks needs --update-lock: there are no new commits to write", "run `devpm up --update-lock --sync-manifest-locks`"
	case b.want.Scenario != "developer":
		d.Message, d.Fix = "--sync-manifest-locks edits odpm.json, which only the scenario developer does", "run it with --scenario developer"
	case b.want.Lock == nil || b.want.Lock.Synced == nil:
		d.Message, d.Fix = "a flat manifest has no locks.git", "convert the file with `devpm manifest migrate --write`"
	default:
		return d, false
	}
	return d, true
}

func (b *builder) role(role string) *Repository {
	for i := range b.want.Repositories {
		if b.want.Repositories[i].Role == role {
			return &b.want.Repositories[i]
		}
	}
	return nil
}

// unresolved names repositories whose commit this run still decides.
func (b *builder) unresolved() []string {
	var out []string
	for _, r := range []*repositories{&b.repos, &b.sources} {
		for _, repo := range slices.Concat(r.missing, r.foreign, r.behind, b.current(r)) {
			out = append(out, repo.Name)
		}
	}
	return out
}

// writeLocks adds what brings the lock files to the commits that are checked
// out. A file that holds the same already is left alone, its time too.
func (b *builder) writeLocks(s *Step) {
	l := b.want.Lock
	now := CollectDependencies(b.want, b.have)
	var written []string
	if !now.Same(l.Dependencies) {
		written = append(written, lock.DependenciesPath)
		s.Actions = append(s.Actions, WriteFile{Path: lock.DependenciesPath, Content: now.Encode(), Mode: 0o644})
		s.Cause = append(s.Cause, b.lockCauses(now)...)
	}
	if l.One != nil {
		next := *l.One
		next.Repositories = CollectRepositories(b.want, b.have)
		if len(lock.Diff(l.One, &next)) > 0 {
			written = append(written, lock.Path)
			s.Actions = append(s.Actions, WriteFile{Path: lock.Path, Content: next.Encode(), Mode: 0o644})
		}
	}
	if b.opt.SyncLocks && b.syncManifest(s) {
		written = append(written, "locks.git in odpm.json")
	}
	if len(s.Actions) == 0 {
		s.Outcome, s.Reason = Noop, "holds the commits that are checked out"
		return
	}
	s.Reason = "write " + strings.Join(written, " and ")
}

func (b *builder) syncManifest(s *Step) bool {
	commits := map[string]string{}
	for _, repo := range b.want.Repositories {
		if commit := b.checkedOut(repo); commit != "" && repo.Link != "" && !repo.Found {
			commits[repo.Link] = commit
		}
	}
	if m := b.want.Lock.Manifest; m != nil && maps.Equal(m.Commits, commits) {
		return false
	}
	content, err := b.want.Lock.Synced(commits)
	if err != nil {
		b.refuse(s, diag.Diagnostic{
			Code: diag.LockSync, Path: "locks.git", Message: "locks.git cannot be written: " + err.Error(),
			Fix: "edit locks.git by hand, or take it out and run again",
		})
		return false
	}
	s.Actions = append(s.Actions, WriteManifest{Content: content})
	return true
}

// lockCauses are the entries of deps.lock.json that change.
func (b *builder) lockCauses(now *lock.Dependencies) []Change {
	before := map[string]string{}
	if old := b.want.Lock.Dependencies; old != nil {
		for _, e := range old.Entries() {
			before[lock.Canonical(e.URL)] = e.Commit
		}
	}
	var out []Change
	for _, e := range now.Entries() {
		if old := before[lock.Canonical(e.URL)]; old != e.Commit {
			out = append(out, Change{Key: "lock " + e.URL, Old: short(old), New: short(e.Commit)})
		}
	}
	return out
}

// checkedOut is the commit that a repository stands on, a snapshot where it has
// no git; "" while that is not known.
func (b *builder) checkedOut(repo Repository) string { return commitOf(b.want, b.have, repo) }

func commitOf(want *Desired, have *Observed, repo Repository) string {
	if head := have.Repositories[repo.Dir].Head; head != "" {
		return head
	}
	if want.Lock != nil && repo.Local {
		return want.Lock.Snapshots[repo.Dir]
	}
	return ""
}

// entryOf is a repository as deps.lock.json has it.
func entryOf(repo Repository, commit string) lock.Entry {
	e := lock.Entry{URL: lock.Canonical(repo.URL), Commit: commit, Branch: repo.Branch}
	if strings.HasPrefix(e.URL, "file://") {
		e.Kind = lock.KindFile
	}
	return e
}

// CollectDependencies is deps.lock.json for the commits that are checked out.
func CollectDependencies(want *Desired, have *Observed) *lock.Dependencies {
	d := &lock.Dependencies{GeneratedAt: lock.Stamp(want.Lock.Now)}
	for _, repo := range want.Repositories {
		commit := commitOf(want, have, repo)
		if commit == "" {
			continue
		}
		e := entryOf(repo, commit)
		switch repo.Role {
		case "platform":
			d.Platform = e
		case "developing":
			d.Developing = &e
		case RoleSource:
			if d.ServiceSources == nil {
				d.ServiceSources = map[string]lock.Entry{}
			}
			d.ServiceSources[repo.Name] = e
		default:
			d.Dependencies = append(d.Dependencies, e)
		}
	}
	return d
}

// CollectRepositories is the section of lock.json for the commits that are
// checked out.
func CollectRepositories(want *Desired, have *Observed) map[string]lock.Repo {
	out := map[string]lock.Repo{}
	for _, repo := range want.Repositories {
		if commit := commitOf(want, have, repo); commit != "" {
			e := entryOf(repo, commit)
			out[e.URL] = lock.Repo{Commit: e.Commit, Branch: e.Branch, Kind: e.Kind}
		}
	}
	return out
}

// compareSources warns when two locks of the project name other commits for the
// same repository (PLAN-26).
func (b *builder) compareSources() {
	l := b.want.Lock
	var all []pins
	if l.Manifest != nil {
		all = append(all, l.manifestPins())
	}
	if l.One != nil {
		all = append(all, onePins(l.One))
	}
	if l.Dependencies != nil {
		all = append(all, dependencyPins(l.Dependencies))
	}
	for i, p := range all {
		for _, q := range all[i+1:] {
			var differ []string
			for _, url := range slices.Sorted(maps.Keys(p.byURL)) {
				if other := q.byURL[url]; other != "" && !sameCommit(p.byURL[url], other) {
					differ = append(differ, url)
				}
			}
			if len(differ) == 0 {
				continue
			}
			b.warn(diag.Diagnostic{
				Code: diag.LockSources, Severity: diag.Warning, Range: p.at,
				Message: fmt.Sprintf("%s and %s hold %s to different commits; %s counts", p.source, q.source, listed(differ), p.source),
				Fix:     "run `devpm lock update`; with locks.git in the manifest, `devpm up --update-lock --sync-manifest-locks`",
			})
		}
	}
}
