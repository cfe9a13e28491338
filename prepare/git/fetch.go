package git

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// network runs a git that talks to the remote, with progress.
func (w *work) network(ctx context.Context, at place, args ...string) (string, error) {
	k := call{args: args, config: slices.Concat(at.settings(), w.substitute(w.repo.URL)), foreground: w.foreground, report: func(detail string, percent int) {
		w.report(Event{Repository: w.repo.Name, Phase: w.phase, Detail: detail, Percent: percent})
	}}
	if !w.foreground {
		k.ssh = w.batchSSH(ctx, at.dir, w.repo.URL)
	}
	return w.run(ctx, at.dir, k)
}

// How much history a fetch brings; any other text is an option of git's.
const (
	whole   = ""
	tipOnly = "--depth=1"
)

func (w *work) fetchRefs(ctx context.Context, at place, history string, refspecs ...string) error {
	args := []string{"fetch", "--progress", "--no-tags"}
	switch {
	case history != whole:
		args = append(args, history)
	case w.Offline:
		args = append(args, "--update-shallow") // a mirror may have no more
	}
	_, err := w.network(ctx, at, append(append(args, "--", at.remote), refspecs...)...)
	if history != whole && err != nil && has(err, "does not support shallow", "does not support --shallow-since") { // a plain file server
		return w.fetchRefs(ctx, at, whole, refspecs...)
	}
	return err
}

// fetchBranch brings one branch, or else the tag of that name, and returns the
// full ref that now holds it.
func (w *work) fetchBranch(ctx context.Context, at place, branch, history string) (string, error) {
	remote := at.heads + branch
	err := w.fetchRefs(ctx, at, history, "+refs/heads/"+branch+":"+remote)
	if err == nil || !has(err, "couldn't find remote ref") {
		return remote, err
	}
	heads, tags, err := w.remoteRefs(ctx, at)
	if err != nil {
		return "", err
	}
	if slices.Contains(tags, branch) {
		tag := at.tags + branch
		if err := w.fetchRefs(ctx, at, history, "+refs/tags/"+branch+":"+tag); err != nil {
			return "", err
		}
		return tag, w.packTags(ctx, at)
	}
	return "", noBranch(w.repo, heads)
}

// fetchCommit brings one commit and keeps it under refs/devpm, so that git does
// not collect it and nobody takes it for unsaved work. Servers that do not give
// out single commits, and short ids, need every branch.
func (w *work) fetchCommit(ctx context.Context, at place, commit, history string) (string, error) {
	commit = strings.ToLower(commit)
	if objectID(commit) != "" {
		err := w.fetchRefs(ctx, at, history, "+"+commit+":"+keptAs(commit))
		switch {
		case err == nil:
			return commit, nil
		case has(err, "not our ref"):
			return "", w.noCommit()
		case !has(err, "unadvertised object", "couldn't find remote ref", "no such remote ref"):
			return "", err
		}
	}
	if err := w.fetchAll(ctx, at); err != nil {
		return "", err
	}
	id, err := w.revision(ctx, at.dir, commit)
	if err == nil && id == "" {
		return "", w.noCommit()
	}
	return id, err
}

// fetchAll brings every branch and tag with its history. Tags of a working
// clone may be the developer's own: they stay.
func (w *work) fetchAll(ctx context.Context, at place) error {
	args, tags := []string{"fetch", "--progress", "--no-tags"}, "refs/tags/*:"+at.tags+"*"
	if at.shared {
		args, tags = append(args, "--prune"), "+"+tags
	}
	if cutOff(at.dir) {
		args = append(args, "--unshallow")
	} else if w.Offline {
		args = append(args, "--update-shallow")
	}
	_, err := w.network(ctx, at, append(args, "--", at.remote, "+refs/heads/*:"+at.heads+"*", tags)...)
	if err == nil && at.shared {
		return markFull(at.dir)
	}
	return err
}

// packTags makes packed-refs say which commit an annotated tag stands for;
// without it State would have to ask git each time.
func (w *work) packTags(ctx context.Context, at place) error {
	args := []string{"pack-refs"}
	if at.shared {
		args = append(args, "--all") // its tags are not below refs/tags
	}
	_, err := w.git(ctx, at.dir, args...)
	return err
}

func (w *work) noCommit() *finding {
	return newFinding(w.repo, diag.GitCommit, Mask(w.repo.URL)+" has no commit "+w.repo.Commit,
		"push the commit, or write one that is on the server")
}

// remoteRefs lists the branches and tags of the remote, sorted.
func (w *work) remoteRefs(ctx context.Context, at place) (heads, tags []string, err error) {
	out, err := w.network(ctx, at, "ls-remote", "--heads", "--tags", "--refs", "--", at.remote)
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.Lines(out) {
		_, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok {
			heads = append(heads, name)
		} else if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			tags = append(tags, name)
		}
	}
	slices.Sort(heads)
	slices.Sort(tags)
	return heads, tags, nil
}

// defaultBranch asks the remote; "" when it has no commits yet.
func (w *work) defaultBranch(ctx context.Context, at place) (string, error) {
	out, err := w.network(ctx, at, "ls-remote", "--symref", "--", at.remote, "HEAD")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if ref, ok := strings.CutPrefix(line, "ref: refs/heads/"); ok {
			name, _, _ := strings.Cut(ref, "\t")
			return name, CheckRef(name)
		}
	}
	return "", nil
}

// has reports whether git failed with one of the words.
func has(err error, words ...string) bool {
	var failed *errFailed
	return errors.As(err, &failed) && slices.ContainsFunc(words, func(word string) bool {
		return strings.Contains(failed.stderr, word)
	})
}
