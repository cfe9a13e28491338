package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// DateLayout is how a build date is written: YYYYMMDD.
const DateLayout = "20060102"

// endOfDay is the last second of a build date, UTC.
func endOfDay(date string) (time.Time, error) {
	day, err := time.Parse(DateLayout, date)
	return day.AddDate(0, 0, 1).Add(-time.Second), err
}

// datedCommit is the last commit that a branch had at the end of the day, ""
// when the history that is here does not tell. Merged branches do not count:
// their commits were not on the branch on the day that they were made.
func (w *work) datedCommit(ctx context.Context, dir, ref string) (string, error) {
	end, err := endOfDay(w.repo.Date)
	if err != nil {
		return "", err
	}
	out, err := w.git(ctx, dir, "rev-list", "-1", "--first-parent", fmt.Sprintf("--before=%d", end.Unix()), ref, "--")
	return strings.TrimSpace(out), err
}

// fetchDated brings a branch deep enough to find that commit: first a few days
// before it, then two months, then everything.
func (w *work) fetchDated(ctx context.Context, at place, branch string) (commit string, err error) {
	end, err := endOfDay(w.repo.Date)
	if err != nil {
		return "", err
	}
	histories := []string{whole}
	if !w.repo.Keep && (cutOff(at.dir) || at.isEmpty()) {
		since := func(days int) string {
			return "--shallow-since=" + end.AddDate(0, 0, -days).Format(time.RFC3339)
		}
		histories = []string{since(4), since(60), "--unshallow"}
	}
	for _, history := range histories {
		if err := dropMissingCuts(at.dir); err != nil {
			return "", err
		}
		if history == "--unshallow" && !cutOff(at.dir) {
			history = whole
		}
		ref, err := w.fetchBranch(ctx, at, branch, history)
		if has(err, "no commits selected for shallow", "error processing shallow info") {
			continue // nothing that young: the branch ended before
		}
		if err != nil {
			return "", err
		}
		if commit, err = w.datedCommit(ctx, at.dir, ref); err != nil || commit != "" {
			return commit, err
		}
	}
	return "", newFinding(w.repo, diag.GitBuildDate,
		fmt.Sprintf("%s of %s has no commit on or before %s", branch, Mask(w.repo.URL), w.repo.Date),
		"write a later build date, or `latest`")
}

// dropMissingCuts takes commits that are not here out of the list of those whose
// history is cut off. A server that cuts by date beside a merge names such
// commits, and git then refuses to deepen ("error in object: unshallow").
func dropMissingCuts(dir string) error {
	at, err := open(dir)
	if err != nil {
		if at, err = openBare(dir); err != nil {
			return err
		}
	}
	file := filepath.Join(at.commonDir, "shallow")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var kept strings.Builder
	for line := range strings.Lines(string(data)) {
		if at.object(strings.TrimSpace(line)) != "" {
			kept.WriteString(line)
		}
	}
	switch kept.Len() {
	case len(data):
		return nil
	case 0:
		return os.Remove(file)
	default:
		return fsx.WriteFileAtomic(file, []byte(kept.String()), 0o644)
	}
}

// stockDated brings the commit of the build date into the entry and keeps it.
// A day with later commits on the branch is over and needs nobody again.
func (w *work) stockDated(ctx context.Context, e *entry, branch string) (string, error) {
	noted := "refs/devpm/" + e.remote + "/dated/" + w.repo.Date + "/" + branch
	if known := e.at.ref(noted); known != "" {
		return known, nil
	}
	commit, err := w.fetchDated(ctx, e.place, branch)
	if err != nil {
		return "", err
	}
	keep := [][2]string{{keptAs(commit), commit}}
	if e.at.ref(e.heads+branch) != commit {
		keep = append(keep, [2]string{noted, commit})
	}
	return commit, w.setRefs(ctx, e.dir, keep...)
}

// obtainDated finds the commit of the build date in a clone that is there. What
// it has is enough when the branch has later commits.
func (w *work) obtainDated(ctx context.Context, at *checkout, branch string) (string, error) {
	dir := w.repo.Dir
	if branch == "" { // detached, and no branch is named: the remote's default is meant
		var err error
		if branch, err = w.defaultBranch(ctx, cloneAt(dir)); err != nil {
			return "", err
		}
		if branch == "" {
			return "", w.noCommits()
		}
	}
	ref, err := w.holder(ctx, branch)
	if err != nil {
		return "", err
	}
	commit := ""
	if ref != "" && !w.update {
		tip, err := w.revision(ctx, dir, ref)
		if err != nil {
			return "", err
		}
		if commit, err = w.datedCommit(ctx, dir, ref); err != nil {
			return "", err
		}
		if commit == tip {
			commit = ""
		}
	}
	if commit == "" {
		w.say("fetching")
		if commit, err = w.obtain(ctx, at, branch); err != nil {
			return "", err
		}
	}
	return commit, w.setRefs(ctx, dir, [2]string{datedAs(w.repo), commit})
}
