package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
)

// stocked is what a new clone takes from the store besides objects.
type stocked struct {
	refs   [][2]string // name in the clone, object
	branch string      // to stand on, "" with detach or when there is none
	ref    string      // of the branch or tag, in the clone
	detach string      // the commit to stand on
}

// takeFromStore brings what is wanted into the repository's entry and links the
// objects into a new clone's git directory.
func (w *work) takeFromStore(ctx context.Context, gitDir, branch string) (*stocked, error) {
	e, release, err := w.entry(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &errStore{err}
	}
	defer release()
	s, err := w.stock(ctx, e, branch)
	if err != nil {
		if ctx.Err() == nil && diagnose(w.repo, err).Code == diag.GitDisk {
			err = &errStore{err}
		}
		return nil, err
	}
	if err := e.linkInto(gitDir); err != nil {
		return nil, err
	}
	w.tidy(ctx, e)
	return s, nil
}

// stock makes sure that the entry has what the repository wants. The remote is
// asked for the newest commit of a branch; a commit that is here needs nobody.
func (w *work) stock(ctx context.Context, e *entry, branch string) (s *stocked, err error) {
	if w.repo.Commit != "" {
		commit, err := w.stockCommit(ctx, e)
		return &stocked{detach: commit, refs: [][2]string{{keptAs(commit), commit}}}, err
	}
	if branch == "" {
		if branch, err = w.stockDefault(ctx, e); err != nil {
			return nil, err
		}
		if branch == "" && !w.repo.Keep {
			return nil, w.noCommits()
		}
	}
	if w.repo.Keep {
		return w.stockAll(ctx, e, branch)
	}
	if w.repo.Date != "" {
		commit, err := w.stockDated(ctx, e, branch)
		return &stocked{detach: commit, refs: [][2]string{{datedAs(w.repo), commit}}}, err
	}
	ref, err := w.stockBranch(ctx, e, branch)
	if err != nil {
		return nil, err
	}
	s = &stocked{branch: branch, ref: e.inClone(ref)}
	if s.refs, err = w.refsOf(ctx, e, ref); err != nil {
		return nil, err
	}
	return s, nil
}

// inClone is what a ref of the entry is called in a clone.
func (e *entry) inClone(ref string) string {
	clone := cloneAt("")
	if name, ok := strings.CutPrefix(ref, e.heads); ok {
		return clone.heads + name
	}
	return clone.tags + strings.TrimPrefix(ref, e.tags)
}

// stockCommit brings one commit. What the entry has counts only when a ref holds
// it: a fetch that was killed leaves objects whose parts may be missing.
func (w *work) stockCommit(ctx context.Context, e *entry) (commit string, err error) {
	if commit = e.at.object(w.repo.Commit); commit != "" {
		if e.at.ref(keptAs(commit)) == commit {
			return commit, nil
		}
		holder, err := w.git(ctx, e.dir, "for-each-ref", "--count=1", "--format=%(refname)", "--contains="+commit)
		if err == nil && strings.TrimSpace(holder) != "" {
			return commit, w.setRefs(ctx, e.dir, [2]string{keptAs(commit), commit})
		}
	}
	if commit, err = w.fetchCommit(ctx, e.place, w.repo.Commit, e.history()); err != nil {
		return "", err
	}
	return commit, w.setRefs(ctx, e.dir, [2]string{keptAs(commit), commit})
}

// stockDefault is the name of the remote's default branch, noted for a time
// without network.
func (w *work) stockDefault(ctx context.Context, e *entry) (string, error) {
	note := filepath.Join(e.dir, "devpm-default-"+e.remote)
	branch, err := w.defaultBranch(ctx, e.place)
	if err == nil {
		return branch, os.WriteFile(note, []byte(branch), 0o644)
	}
	if data, noteErr := os.ReadFile(note); noteErr == nil && w.unreachable(err) {
		return string(data), nil // the fetch that follows says that the network is away
	}
	return "", err
}

// stockAll brings every branch and tag with its history.
func (w *work) stockAll(ctx context.Context, e *entry, branch string) (*stocked, error) {
	if err := w.fetchAll(ctx, e.place); err != nil {
		if !e.full() || !w.unreachable(err) {
			return nil, err
		}
		w.noteOffline()
	}
	refs, err := w.refsOf(ctx, e, strings.TrimSuffix(e.heads, "/"), strings.TrimSuffix(e.tags, "/"))
	if err != nil || branch == "" {
		return &stocked{refs: refs}, err
	}
	clone := cloneAt("")
	s, names := &stocked{refs: refs, branch: branch}, []string{}
	for _, r := range refs {
		if r[0] == clone.heads+branch || r[0] == clone.tags+branch && s.ref == "" {
			s.ref = r[0]
		}
		if name, ok := strings.CutPrefix(r[0], clone.heads); ok {
			names = append(names, name)
		}
	}
	if s.ref == "" {
		return nil, noBranch(w.repo, names)
	}
	return s, nil
}

// refsOf lists refs of the entry by the names that they have in a clone.
func (w *work) refsOf(ctx context.Context, e *entry, patterns ...string) ([][2]string, error) {
	if len(patterns) == 1 && strings.HasPrefix(patterns[0], e.heads) {
		if id := e.at.ref(patterns[0]); id != "" {
			return [][2]string{{e.inClone(patterns[0]), id}}, nil
		}
	}
	out, err := w.git(ctx, e.dir, append([]string{"for-each-ref", "--format=%(objectname) %(refname)", "--"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var refs [][2]string
	for line := range strings.Lines(out) {
		if id, ref, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			refs = append(refs, [2]string{e.inClone(ref), id})
		}
	}
	return refs, nil
}

// stockBranch brings the newest commit of a branch, or the tag of that name,
// and returns the entry's ref.
func (w *work) stockBranch(ctx context.Context, e *entry, branch string) (ref string, err error) {
	have := ""
	for _, prefix := range []string{e.heads, e.tags} {
		if id := e.at.ref(prefix + branch); id != "" && have == "" {
			ref, have = prefix+branch, id
		}
	}
	if have == "" {
		return w.fetchBranch(ctx, e.place, branch, e.history())
	}
	// Asking costs one exchange and no objects.
	now, err := w.network(ctx, e.place, "ls-remote", "--", e.remote, "refs/heads/"+branch, "refs/tags/"+branch, "refs/tags/"+branch+"^{}")
	switch {
	case err != nil && w.unreachable(err):
		w.noteOffline()
		return ref, nil
	case err != nil:
		return "", err
	case newest(now, branch) == have:
		return ref, nil
	}
	return w.fetchBranch(ctx, e.place, branch, e.history())
}

// newest is the commit of the branch in what ls-remote prints, or else that of
// the tag.
func newest(listed, branch string) string {
	ids := map[string]string{}
	for line := range strings.Lines(listed) {
		if id, ref, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			ids[ref] = id
		}
	}
	for _, ref := range []string{"refs/heads/" + branch, "refs/tags/" + branch + "^{}", "refs/tags/" + branch} {
		if ids[ref] != "" {
			return ids[ref]
		}
	}
	return ""
}

func (w *work) unreachable(err error) bool {
	_, failed := errors.AsType[*errFailed](err)
	code := diagnose(w.repo, err).Code
	return failed && (code == diag.GitUnreachable || code == diag.OfflineRepository)
}

// noteOffline says that the newest commit may not be the newest.
func (w *work) noteOffline() {
	if w.Offline {
		return // asked for
	}
	w.notes = append(w.notes, warning(w.repo, diag.GitOffline,
		"the server of "+Mask(w.repo.URL)+" cannot be reached; "+w.repo.Name+" is what was last fetched on this machine",
		"run `devpm up --update` when the server is back"))
}
