package git

import (
	"context"
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

// checkOutRef stands on the local branch for a remote one, made when it is not
// there, or on a tag.
func (w *work) checkOutRef(ctx context.Context, dir, branch, ref string) error {
	if strings.HasPrefix(ref, "refs/tags/") {
		return w.checkOut(ctx, dir, "--detach", ref)
	}
	if local, err := w.revision(ctx, dir, "refs/heads/"+branch); err != nil {
		return err
	} else if local != "" {
		return w.checkOut(ctx, dir, branch)
	}
	return w.track(ctx, dir, branch, ref)
}

// track makes a local branch for a remote one and stands on it.
func (w *work) track(ctx context.Context, dir, branch, ref string) error {
	at, err := open(dir)
	if err != nil {
		return err
	}
	if !at.tracks(branch) {
		if _, err := w.git(ctx, dir, "remote", "set-branches", "--add", "origin", branch); err != nil {
			return err
		}
	}
	return w.checkOut(ctx, dir, "--track", "-b", branch, ref)
}

func (w *work) checkOut(ctx context.Context, dir string, args ...string) error {
	w.say("checking out")
	k := call{
		args: append(append([]string{"checkout", "--progress", "--no-overwrite-ignore"}, args...), "--"),
		report: func(detail string, percent int) {
			w.report(Event{Repository: w.repo.Name, Phase: w.phase, Detail: detail, Percent: percent})
		},
	}
	_, err := w.run(ctx, dir, k)
	return err
}

// move brings a repository that is there to the wanted commit, or forward.
func (w *work) move(ctx context.Context, s prepare.RepositoryState) Result {
	fail := func(err error) Result {
		if refused(err) {
			return w.leave(s, "files that git does not track are in the way: "+inTheWay(err))
		}
		return w.result(Failed, s.Head, s.Head, diagnose(w.repo, err))
	}
	at, err := open(w.repo.Dir)
	if err != nil {
		return fail(err)
	}
	if at.interrupted() {
		theirs, err := w.recover(ctx, w.repo.Dir, at)
		if err != nil {
			return fail(err)
		}
		if theirs != "" {
			return w.leave(s, "a run of devpm was cut off there, and "+theirs+" has been changed since")
		}
		s = w.State(ctx, w.repo)
	}
	if Right(w.repo, s) && !w.moving(s) {
		return w.result(Unchanged, s.Head, s.Head, w.originWarning(s)...)
	}
	if s.Head == "" && s.Branch == "" && s.Unknown != "" {
		return w.result(Failed, "", "", newFinding(w.repo, diag.GitFailed, w.repo.Dir+": "+s.Unknown, "run `git status` there to see more").diagnostic)
	}
	work, err := w.localWork(ctx, w.repo.Dir, at, s.Head, s.Branch)
	switch {
	case err != nil:
		return fail(err)
	case len(work) > 0:
		return w.leave(s, strings.Join(work, ", "))
	}
	if s.Wanted == "" || w.moving(s) {
		if s.Origin != "" && !sameRemote(s.Origin, w.repo.URL) {
			d := w.originWarning(s)[0]
			d.Severity = diag.Error
			d.Message = fmt.Sprintf("%s came from %s, so nothing is fetched into it from %s", w.repo.Dir, Mask(s.Origin), Mask(w.repo.URL))
			return w.result(Failed, s.Head, s.Head, d)
		}
	}
	if err := w.advance(ctx, at, s); err != nil {
		if d := diverged(w.repo, err); d != nil {
			return w.result(LeftAlone, s.Head, s.Head, *d)
		}
		return fail(err)
	}
	after := w.State(ctx, w.repo).Head
	if after == s.Head {
		return w.result(Unchanged, s.Head, after)
	}
	return w.result(Moved, s.Head, after)
}

// advance fetches what is missing and moves the clean working tree.
func (w *work) advance(ctx context.Context, at *checkout, s prepare.RepositoryState) error {
	dir := w.repo.Dir
	if w.repo.Commit != "" {
		commit := s.Wanted
		if commit == "" {
			w.say("fetching")
			var err error
			if commit, err = w.obtain(ctx, at, ""); err != nil {
				return err
			}
		}
		return at.guarded(commit, func() error { return w.checkOut(ctx, dir, "--detach", commit) })
	}
	branch := w.repo.Branch
	if branch == "" {
		branch = s.Branch
	}
	if w.repo.Date != "" {
		commit := s.Wanted
		if commit == "" || w.update {
			var err error
			if commit, err = w.obtainDated(ctx, at, branch); err != nil || commit == s.Head {
				return err
			}
		}
		return at.guarded(commit, func() error { return w.checkOut(ctx, dir, "--detach", commit) })
	}
	ref, err := w.holder(ctx, branch)
	if err != nil {
		return err
	}
	if ref == "" || w.update {
		w.say("fetching")
		// What is here already gets its history continued, not cut anew.
		if ref == "" {
			ref, err = w.obtain(ctx, at, branch)
		} else {
			ref, err = w.fetchBranch(ctx, cloneAt(dir), branch, whole)
		}
		if err != nil {
			return err
		}
	}
	target, err := w.revision(ctx, dir, ref)
	if err != nil {
		return err
	}
	standing := s.Branch == branch
	if !standing {
		want := target
		if local, err := w.revision(ctx, dir, "refs/heads/"+branch); err != nil {
			return err
		} else if local != "" {
			want = local
		}
		if s.Head != want {
			if err := at.guarded(want, func() error { return w.checkOutRef(ctx, dir, branch, ref) }); err != nil {
				return err
			}
			standing = true
		}
	}
	if !w.update || !standing || !strings.HasPrefix(ref, "refs/remotes/") {
		return nil
	}
	return at.guarded(target, func() error {
		_, err := w.git(ctx, dir, "merge", "--ff-only", "--quiet", "--no-overwrite-ignore", "--", ref)
		return err
	})
}

// holder is the full ref that has the branch here, the remote one before the
// local one, "" when none has.
func (w *work) holder(ctx context.Context, branch string) (string, error) {
	for _, prefix := range []string{"refs/remotes/origin/", "refs/tags/", "refs/heads/"} {
		if id, err := w.revision(ctx, w.repo.Dir, prefix+branch); err != nil || id != "" {
			return prefix + branch, err
		}
	}
	return "", nil
}

// leave reports a repository that is not touched because of local work.
func (w *work) leave(s prepare.RepositoryState, why string) Result {
	want := w.repo.Branch
	if w.repo.Commit != "" {
		want = w.repo.Commit
	}
	if want == "" {
		want = "the newest commit"
	}
	return w.result(LeftAlone, s.Head, s.Head, warning(w.repo, diag.GitLocalWork,
		fmt.Sprintf("%s has local work (%s) and stays where it is instead of moving to %s", w.repo.Dir, why, want),
		"commit, stash or remove the changes there, then run devpm again"))
}

// inTheWay lists the files that git named, at most three.
func inTheWay(err error) string {
	var files []string
	for line := range strings.Lines(err.Error()) {
		if name, ok := strings.CutPrefix(line, "\t"); ok && len(files) < 3 {
			files = append(files, strings.TrimSpace(name))
		}
	}
	return strings.Join(files, ", ")
}

func diverged(repo prepare.Repository, err error) *diag.Diagnostic {
	if !has(err, "Not possible to fast-forward", "unrelated histories", "Diverging branches") {
		return nil
	}
	d := warning(repo, diag.GitDiverged, fmt.Sprintf("%s has commits of its own, so it is not moved to what %s has now", repo.Dir, Mask(repo.URL)),
		"rebase or merge by hand, or set the branch back: git reset --hard @{upstream}")
	return &d
}
