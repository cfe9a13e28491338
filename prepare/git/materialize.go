package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

const parallel = 8 // repositories at once: servers throttle more

// Materialize brings every repository to where it is wanted, in parallel, and
// returns one result each, in the given order. It never fails as a whole: what
// went wrong is in the results' diagnostics. Calls of progress do not overlap;
// it may be nil.
//
// When a person is at the terminal, repositories whose server wanted a login
// are tried again one by one, with git and ssh allowed to ask.
func (c *Client) Materialize(ctx context.Context, repos []prepare.Repository, o Options, progress func(Event)) []Result {
	results := make([]Result, len(repos))
	var reporting sync.Mutex
	report := func(e Event) {
		if progress != nil {
			reporting.Lock()
			defer reporting.Unlock()
			progress(e)
		}
	}
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, repo := range repos {
		group.Go(func() error {
			results[i] = c.materialize(ctx, repo, o, report, false)
			return nil
		})
	}
	_ = group.Wait() // the functions return no errors
	for i, r := range results {
		if c.Terminal && ctx.Err() == nil && wantsLogin(r) {
			results[i] = c.materialize(ctx, r.Repository, o, report, true)
		}
	}
	return results
}

func wantsLogin(r Result) bool {
	for _, d := range r.Diagnostics {
		if d.Code == diag.GitLogin {
			return true
		}
	}
	return false
}

// work is one repository being brought where it is wanted.
type work struct {
	*Client
	repo       prepare.Repository
	update     bool
	foreground bool
	phase      string
	report     func(Event)
	notes      diag.List // what is odd about a success
}

func (w *work) say(phase string) {
	w.phase = phase
	w.report(Event{Repository: w.repo.Name, Phase: phase, Percent: -1})
}

func (c *Client) materialize(ctx context.Context, repo prepare.Repository, o Options, report func(Event), foreground bool) Result {
	w := &work{Client: c, repo: repo, update: o.Update, foreground: foreground, report: report}
	r := w.bring(ctx)
	w.say("done")
	return r
}

// bring decides what the repository needs. Without need no lock is taken and
// no process started.
func (w *work) bring(ctx context.Context) Result {
	if bad := w.check(); bad != nil {
		return w.result(Failed, "", "", bad.diagnostic)
	}
	s := w.State(ctx, w.repo)
	if w.repo.Local {
		return w.local(s)
	}
	if Right(w.repo, s) && !w.moving(s) {
		return w.result(Unchanged, s.Head, s.Head, w.originWarning(s)...)
	}
	if s.Foreign {
		return w.result(Failed, "", "", newFinding(w.repo, diag.GitForeign,
			w.repo.Dir+" exists and is not a git repository", "move it away, or name another directory in ODOO_PROJECTS_DIR").diagnostic)
	}
	parent := filepath.Dir(w.repo.Dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return w.result(Failed, "", "", diskFinding(w.repo, err).diagnostic)
	}
	release, err := w.lock(ctx)
	if err != nil {
		return w.result(Failed, s.Head, s.Head, diagnose(w.repo, err))
	}
	defer release()
	w.sweep()
	if s = w.State(ctx, w.repo); !s.Present { // somebody may have been faster
		after, err := w.clone(ctx)
		if err != nil {
			return w.result(Failed, "", "", diagnose(w.repo, err))
		}
		return w.result(Cloned, "", after, w.notes...)
	}
	return w.move(ctx, s)
}

// moving reports whether Update concerns the repository: it follows a branch,
// and no other branch of the developer's stands at the same commit.
func (w *work) moving(s prepare.RepositoryState) bool {
	if !w.update || w.repo.Keep || w.repo.Commit != "" {
		return false
	}
	if w.repo.Branch == "" {
		return s.Branch != ""
	}
	return s.Branch == "" || s.Branch == w.repo.Branch
}

func (w *work) result(o Outcome, before, after string, ds ...diag.Diagnostic) Result {
	return Result{Repository: w.repo, Outcome: o, Before: before, After: after, Diagnostics: ds}
}

func (w *work) check() *finding {
	if w.repo.Local {
		return nil
	}
	bad := func(what string, err error) *finding {
		return newFinding(w.repo, diag.GitLink, fmt.Sprintf("%s: %v", what, err), "write `URL [BRANCH [COMMIT]]`")
	}
	if err := checkURL(w.repo.URL); err != nil {
		return bad(Mask(w.repo.URL), err)
	}
	if w.repo.Branch != "" {
		if err := CheckRef(w.repo.Branch); err != nil {
			return bad(fmt.Sprintf("branch %q", w.repo.Branch), err)
		}
	}
	if w.repo.Commit != "" && (len(w.repo.Commit) < 7 || !isHex(w.repo.Commit)) {
		return bad(fmt.Sprintf("commit %q", w.repo.Commit), errors.New("a commit is written as 7 to 40 hex digits"))
	}
	if w.repo.Date != "" {
		if _, err := endOfDay(w.repo.Date); err != nil {
			return bad(fmt.Sprintf("build date %q", w.repo.Date), errors.New("a date is written as YYYYMMDD"))
		}
	}
	return nil
}

func (w *work) local(s prepare.RepositoryState) Result {
	switch {
	case s.Foreign:
		return w.result(Failed, "", "", newFinding(w.repo, diag.GitLocalMissing, w.repo.Dir+" is not a directory", "name the directory of the sources in the file:// link").diagnostic)
	case !s.Present:
		return w.result(Failed, "", "", newFinding(w.repo, diag.GitLocalMissing, w.repo.Dir+" does not exist", "make the directory, or correct the file:// link").diagnostic)
	}
	return w.result(Unchanged, s.Head, s.Head)
}

// originWarning is for a repository that is right although it came from
// somewhere else, say a fork.
func (w *work) originWarning(s prepare.RepositoryState) diag.List {
	if s.Origin == "" || sameRemote(s.Origin, w.repo.URL) {
		return nil
	}
	return diag.List{warning(w.repo, diag.GitOrigin,
		fmt.Sprintf("%s came from %s, the manifest names %s; it is used as it is", w.repo.Dir, Mask(s.Origin), Mask(w.repo.URL)),
		w.originFix())}
}

func (w *work) originFix() string {
	return fmt.Sprintf("git -C %s remote set-url origin %s, or move the directory away", w.repo.Dir, Mask(w.repo.URL))
}
