package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
)

// errStore is a failure of the store that is no failure of the repository: the
// clone can still be made straight from the remote.
type errStore struct{ err error }

func (e *errStore) Error() string { return e.err.Error() }
func (e *errStore) Unwrap() error { return e.err }

// clone makes the repository from the store, or straight from its remote where
// the store cannot be used. Repositories that the project only uses come
// without history; the developer's own with all of it.
func (w *work) clone(ctx context.Context) (head string, err error) {
	w.say("cloning")
	if w.Store == "" {
		return w.grow(ctx, w.fromRemote)
	}
	head, err = w.grow(ctx, w.fromStore)
	if damaged(err) && ctx.Err() == nil && w.discardEntry(ctx) == nil {
		w.notes = append(w.notes, warning(w.repo, diag.GitStoreDamaged,
			"what the shared store had of "+Mask(w.repo.URL)+" was damaged and has been fetched anew",
			"nothing needs to be done; if it comes back, check the disk that holds "+w.Store))
		head, err = w.grow(ctx, w.fromStore)
	}
	_, unusable := errors.AsType[*errStore](err)
	switch {
	case err == nil, ctx.Err() != nil:
		return head, err
	case unusable, damaged(err):
		w.notes = diag.List{warning(w.repo, diag.GitStoreUnused,
			fmt.Sprintf("the shared store %s cannot be used, so %s is fetched by itself: %s", w.Store, w.repo.Name, reason(err)),
			"make the directory writable or free some space; XDG_CACHE_HOME chooses where it is")}
	case !w.foreground && diagnose(w.repo, err).Code == diag.GitLogin:
		// The user's configuration may give a login to directories of its own
		// (includeIf "gitdir:…"), which the store is not in.
	default:
		return "", err
	}
	return w.grow(ctx, w.fromRemote)
}

// reason says in a few words why the store cannot be used.
func reason(err error) string {
	if failed, ok := errors.AsType[*errFailed](err); ok {
		return lastLines(Mask(failed.stderr), 1)
	}
	return plain(err)
}

func (w *work) discardEntry(ctx context.Context) error {
	e, release, err := w.entry(ctx)
	if err != nil {
		return err
	}
	defer release()
	return e.discard()
}

// grow makes the repository in a temporary directory beside its place and
// renames it there when it is complete.
func (w *work) grow(ctx context.Context, fill func(ctx context.Context, dir, branch string) error) (head string, err error) {
	tmp, err := w.temporary()
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // gone already when all went well
	if _, err := w.git(ctx, tmp, "init", "--quiet"); err != nil {
		return "", err
	}
	branch := w.repo.Branch
	if w.repo.Keep {
		branch = ""
	}
	if err := addOrigin(tmp, w.repo.URL, branch); err != nil {
		return "", err
	}
	if err := fill(ctx, tmp, w.repo.Branch); err != nil {
		return "", err
	}
	_ = os.Remove(w.repo.Dir) // an empty directory in the way; anything else is not removed
	if err := os.Rename(tmp, w.repo.Dir); err != nil {
		return "", err
	}
	at, err := open(w.repo.Dir)
	if err != nil {
		return "", err
	}
	head, _ = at.head()
	return head, nil
}

// fromRemote fetches straight into the new clone.
func (w *work) fromRemote(ctx context.Context, dir, branch string) (err error) {
	at, history := cloneAt(dir), tipOnly
	if w.repo.Keep {
		history = whole
	}
	if branch == "" && w.repo.Commit == "" {
		if branch, err = w.defaultBranch(ctx, at); err != nil {
			return err
		}
		if branch == "" && !w.repo.Keep {
			return w.noCommits()
		}
	}
	if w.repo.Keep && w.repo.Commit == "" {
		if err := w.fetchAll(ctx, at); err != nil {
			return err
		}
	}
	switch {
	case w.repo.Commit != "":
		commit, err := w.fetchCommit(ctx, at, w.repo.Commit, history)
		if err != nil {
			return err
		}
		return w.checkOut(ctx, dir, "--detach", commit)
	case branch == "":
		return nil // the developer's own, still empty
	case w.repo.Date != "":
		commit, err := w.fetchDated(ctx, at, branch)
		if err != nil {
			return err
		}
		if err := w.setRefs(ctx, dir, [2]string{datedAs(w.repo), commit}); err != nil {
			return err
		}
		return w.checkOut(ctx, dir, "--detach", commit)
	}
	ref, err := w.fetchBranch(ctx, at, branch, history)
	if err != nil {
		return err
	}
	return w.standOn(ctx, dir, branch, ref)
}

// fromStore brings what is wanted into the store, unless it is there, and links
// it into the new clone.
func (w *work) fromStore(ctx context.Context, dir, branch string) error {
	s, err := w.takeFromStore(ctx, filepath.Join(dir, ".git"), branch)
	if err != nil {
		return err
	}
	if err := w.firstRefs(ctx, dir, s.refs); err != nil {
		return err
	}
	switch {
	case s.detach != "":
		return w.checkOut(ctx, dir, "--detach", s.detach)
	case s.branch == "":
		return nil
	}
	return w.standOn(ctx, dir, s.branch, s.ref)
}

// standOn checks a branch or tag out in a clone that has no branches yet.
func (w *work) standOn(ctx context.Context, dir, branch, ref string) error {
	if strings.HasPrefix(ref, "refs/tags/") {
		if err := w.packTags(ctx, cloneAt(dir)); err != nil {
			return err
		}
		return w.checkOut(ctx, dir, "--detach", ref)
	}
	return w.track(ctx, dir, branch, ref)
}

// firstRefs are the refs of a new clone that nobody knows yet. One needs no
// process.
func (w *work) firstRefs(ctx context.Context, dir string, refs [][2]string) error {
	at, err := open(dir)
	if err != nil || len(refs) != 1 || !at.readable() {
		return errors.Join(err, w.setRefs(ctx, dir, refs...))
	}
	file := filepath.Join(at.gitDir, filepath.FromSlash(refs[0][0]))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(refs[0][1]+"\n"), 0o666)
}

// setRefs makes refs in one go.
func (w *work) setRefs(ctx context.Context, dir string, refs ...[2]string) error {
	if len(refs) == 0 {
		return nil
	}
	var in strings.Builder
	for _, r := range refs {
		in.WriteString("update " + r[0] + " " + r[1] + "\n")
	}
	_, err := w.run(ctx, dir, call{args: []string{"update-ref", "--stdin"}, stdin: strings.NewReader(in.String())})
	return err
}

func (w *work) noCommits() *finding {
	return newFinding(w.repo, diag.GitBranch, Mask(w.repo.URL)+" has no commits", "push a first commit, or name another repository")
}

// obtain brings what is missing into a working clone and returns its ref, or
// its commit where a commit or a date is wanted. A clone without history takes
// it from the store; one with its history asks the remote to continue it.
func (w *work) obtain(ctx context.Context, at *checkout, branch string) (string, error) {
	if w.Store != "" && at.shallow() && !w.update {
		if ref, err := w.obtainFromStore(ctx, branch); err == nil || ctx.Err() != nil {
			return ref, err
		}
		// Whatever the store lacks, the remote says best what is wrong.
		w.notes = nil
	}
	place, history := cloneAt(w.repo.Dir), whole
	if at.shallow() && !w.update {
		history = tipOnly
	}
	switch {
	case w.repo.Commit != "":
		return w.fetchCommit(ctx, place, w.repo.Commit, history)
	case w.repo.Date != "":
		return w.fetchDated(ctx, place, branch)
	default:
		return w.fetchBranch(ctx, place, branch, history)
	}
}

func (w *work) obtainFromStore(ctx context.Context, branch string) (string, error) {
	e, release, err := w.entry(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	s, err := w.stock(ctx, e, branch)
	if err != nil {
		return "", err
	}
	from := cloneAt(w.repo.Dir)
	from.remote, from.url = "devpm-store", e.dir
	if s.detach != "" {
		kept := keptAs(s.detach)
		return s.detach, w.fetchRefs(ctx, from, tipOnly, "+"+kept+":"+kept)
	}
	source := e.heads + branch
	if name, ok := strings.CutPrefix(s.ref, from.tags); ok {
		source = e.tags + name
	}
	if err := w.fetchRefs(ctx, from, tipOnly, "+"+source+":"+s.ref); err != nil || !strings.HasPrefix(s.ref, from.tags) {
		return s.ref, err
	}
	return s.ref, w.packTags(ctx, from)
}
