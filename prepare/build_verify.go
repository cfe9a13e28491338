package prepare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare/lock"
)

func (b *builder) gitLockVerify() {
	const id, description = "git.lock_verify", "Compare repositories with the lock"
	if !b.held() {
		b.skip(id, description, b.unheld(), "git.checkout")
		return
	}
	s := Step{
		ID: id, Description: description, Outcome: Noop, Required: b.strict() || b.opt.Locked, DependsOn: []string{"git.materialize", "git.checkout"},
		Reason: fmt.Sprintf("%s on what %s holds", count(len(b.want.Repositories), "repository is", "repositories are"), b.lock.pins.source),
	}
	found := b.verify()
	if len(found) > 0 {
		s.Reason = count(len(found), "difference", "differences") + " from the lock"
	}
	for _, d := range found {
		if d.Severity != diag.Error {
			b.warn(d)
			continue
		}
		s.Outcome = Run
		b.refuse(&s, d)
	}
	b.add(s)
}

// verify compares every repository with the lock: in ci and with --locked a
// difference is an error, else a warning (LCK-13).
func (b *builder) verify() diag.List {
	if b.opt.Locked && b.want.Lock.One == nil {
		return diag.List{{
			Code: diag.LockedAbsent, Range: diag.Range{File: lock.Path},
			Message: "--locked needs " + lock.Path + ", and the project has none",
			Fix:     "run `devpm lock update` and commit the file",
		}}
	}
	var out diag.List
	wanted := map[string]bool{}
	for _, url := range b.want.Idle {
		wanted[lock.Canonical(url)] = true
	}
	for _, repo := range b.want.Repositories {
		wanted[lock.Canonical(repo.URL)] = true
		if d, ok := b.verifyOne(repo); !ok {
			out = append(out, b.locked(d))
		}
	}
	if b.afterClone || b.want.Pending {
		return out // what is not wanted may still be
	}
	for _, url := range slices.Sorted(maps.Keys(b.lock.pins.byURL)) {
		if wanted[url] {
			continue
		}
		out = append(out, b.locked(diag.Diagnostic{
			Code: diag.LockStale, Range: b.lock.pins.at, Path: url,
			Message: fmt.Sprintf("%s holds %s, and the project does not have that repository", b.lock.pins.source, url),
			Fix:     "run `devpm lock update`",
		}))
	}
	return out
}

// locked gives a finding about the lock its severity.
func (b *builder) locked(d diag.Diagnostic) diag.Diagnostic {
	d.Severity = diag.Warning
	if b.strict() || b.opt.Locked {
		d.Severity = diag.Error
	}
	if b.opt.Locked {
		switch d.Code {
		case diag.LockMissing:
			d.Code = diag.LockedAbsent
		case diag.LockDrift, diag.LockStale:
			d.Code = diag.LockedDiffers
		}
	}
	return d
}

// verifyOne compares one repository with its entry. One that this run moves to
// the locked commit is right already.
func (b *builder) verifyOne(repo Repository) (diag.Diagnostic, bool) {
	commit := b.lock.pins.commit(repo)
	if commit == "" {
		if repo.Role == "developing" && !b.opt.Locked {
			return diag.Diagnostic{}, true // optional in the lock
		}
		return diag.Diagnostic{
			Code: diag.LockMissing, Range: repo.Range, Path: repo.Path,
			Message: fmt.Sprintf("%s has no entry for the repository %s", b.lock.pins.source, repo.Name),
			Fix:     "run `devpm lock update`",
		}, false
	}
	drift := func(stands string) (diag.Diagnostic, bool) {
		return diag.Diagnostic{
			Code: diag.LockDrift, Range: repo.Range, Path: repo.Path,
			Message: fmt.Sprintf("repository %s %s, and %s holds it to %s", repo.Name, stands, b.lock.pins.source, short40(commit)),
			Fix:     "run `devpm lock update " + repo.Name + "` to lock what is there, or put the repository on the locked commit",
		}, false
	}
	if repo.Commit != "" && !sameCommit(repo.Commit, commit) {
		return drift("is wanted at " + short40(repo.Commit))
	}
	if repo.Keep && !b.opt.Locked {
		return diag.Diagnostic{}, true // the developer's own, never forced
	}
	have := b.checkedOut(repo)
	if have == "" || sameCommit(have, commit) || slices.ContainsFunc(slices.Concat(b.repos.behind, b.sources.behind), func(r Repository) bool { return r.Dir == repo.Dir }) && !b.opt.NoGitUpdate {
		return diag.Diagnostic{}, true
	}
	return drift("stands on " + short40(have))
}

// lockedImages checks the images of a start with --locked. The digests that are
// left to compare after a pull come back.
func (b *builder) lockedImages(s *Step, wanted []Service) map[string]string {
	if !b.opt.Locked || b.want.Lock == nil || b.want.Lock.One == nil {
		return nil
	}
	built := map[string]bool{}
	for _, image := range b.want.Images {
		built[image.Service] = true
	}
	later := map[string]string{}
	judged := map[string]bool{}
	for _, service := range wanted {
		if built[service.Name] || service.Image == "" || judged[service.Image] {
			continue
		}
		judged[service.Image] = true
		held, ok := b.want.Lock.One.Images[service.Image]
		have, here := b.have.Engine.Images[service.Image]
		switch {
		case !ok:
			b.refuse(s, diag.Diagnostic{
				Code: diag.LockedAbsent, Range: diag.Range{File: lock.Path}, Path: "services." + service.Name + ".image",
				Message: fmt.Sprintf("%s has no entry for the image %s", lock.Path, service.Image), Fix: "run `devpm lock update " + service.Image + "`",
			})
		case !here:
			later[service.Image] = held.Digest
		case have != held.Digest && !slices.Contains(b.have.Engine.Digests[service.Image], held.Digest):
			b.refuse(s, ImageDiffers(service.Name, service.Image, held.Digest, slices.Concat(b.have.Engine.Digests[service.Image], []string{have})[0]))
		}
	}
	return later
}

// ImageDiffers says that an image is not the locked one.
func ImageDiffers(service, image, want, have string) diag.Diagnostic {
	return diag.Diagnostic{
		Code: diag.LockedDiffers, Range: diag.Range{File: lock.Path}, Path: "services." + service + ".image",
		Message: fmt.Sprintf("the image %s is %s here, and the lock holds %s", image, short(digest(have)), short(digest(want))),
		Fix:     "pull or build the locked image, or run `devpm lock update " + image + "` to lock this one",
	}
}
