package git

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// network runs a git that talks to the remote, with progress.
func (w *work) network(ctx context.Context, dir string, args ...string) (string, error) {
	k := call{args: args, foreground: w.foreground, report: func(detail string, percent int) {
		w.report(Event{Repository: w.repo.Name, Phase: w.phase, Detail: detail, Percent: percent})
	}}
	if !w.foreground {
		k.ssh = w.batchSSH(ctx, dir, w.repo.URL)
	}
	return w.run(ctx, dir, k)
}

func (w *work) fetchRefs(ctx context.Context, dir string, shallow bool, refspecs ...string) error {
	args := []string{"fetch", "--progress", "--no-tags"}
	if shallow {
		args = append(args, "--depth=1")
	}
	_, err := w.network(ctx, dir, append(append(args, "--", "origin"), refspecs...)...)
	if shallow && err != nil && has(err, "does not support shallow") { // a plain file server
		return w.fetchRefs(ctx, dir, false, refspecs...)
	}
	return err
}

// fetchBranch brings one branch, or else the tag of that name, and returns the
// full ref that now holds it.
func (w *work) fetchBranch(ctx context.Context, dir, branch string, shallow bool) (string, error) {
	remote := "refs/remotes/origin/" + branch
	err := w.fetchRefs(ctx, dir, shallow, "+refs/heads/"+branch+":"+remote)
	if err == nil || !has(err, "couldn't find remote ref") {
		return remote, err
	}
	heads, tags, err := w.remoteRefs(ctx, dir)
	if err != nil {
		return "", err
	}
	if slices.Contains(tags, branch) {
		tag := "refs/tags/" + branch
		if err := w.fetchRefs(ctx, dir, shallow, "+"+tag+":"+tag); err != nil {
			return "", err
		}
		// packed-refs says which commit an annotated tag stands for; without it
		// State would have to ask git each time.
		_, err := w.git(ctx, dir, "pack-refs")
		return tag, err
	}
	return "", noBranch(w.repo, heads)
}

// fetchCommit brings one commit and keeps it under refs/devpm, so that git does
// not collect it and nobody takes it for unsaved work. Servers that do not give
// out single commits, and short ids, need every branch.
func (w *work) fetchCommit(ctx context.Context, dir, commit string, shallow bool) (string, error) {
	commit = strings.ToLower(commit)
	if objectID(commit) != "" {
		err := w.fetchRefs(ctx, dir, shallow, "+"+commit+":refs/devpm/"+commit)
		switch {
		case err == nil:
			return commit, nil
		case has(err, "not our ref"):
			return "", w.noCommit()
		case !has(err, "unadvertised object", "couldn't find remote ref", "no such remote ref"):
			return "", err
		}
	}
	args := []string{"fetch", "--progress", "--tags"}
	if at, err := open(dir); err == nil && at.shallow() {
		args = append(args, "--unshallow")
	}
	if _, err := w.network(ctx, dir, append(args, "--", "origin", "+refs/heads/*:refs/remotes/origin/*")...); err != nil {
		return "", err
	}
	id, err := w.revision(ctx, dir, commit)
	if err == nil && id == "" {
		return "", w.noCommit()
	}
	return id, err
}

func (w *work) noCommit() *finding {
	return newFinding(w.repo, diag.GitCommit, Mask(w.repo.URL)+" has no commit "+w.repo.Commit,
		"push the commit, or write one that is on the server")
}

// remoteRefs lists the branches and tags of the remote, sorted.
func (w *work) remoteRefs(ctx context.Context, dir string) (heads, tags []string, err error) {
	out, err := w.network(ctx, dir, "ls-remote", "--heads", "--tags", "--refs", "--", "origin")
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
func (w *work) defaultBranch(ctx context.Context, dir string) (string, error) {
	out, err := w.network(ctx, dir, "ls-remote", "--symref", "--", "origin", "HEAD")
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
