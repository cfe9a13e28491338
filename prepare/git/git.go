// Package git brings the repositories of a project to where its manifest wants
// them, with the user's own git program, and reads what there is without
// starting it.
//
// # When a repository is right
//
// State resolves what is wanted to a commit, from what is on the disk alone:
//
//   - a commit is wanted (spec §6.1, LCK-14): that commit, if its object is here;
//   - a branch is wanted: the local branch of that name, else
//     refs/remotes/origin/<branch>, else the tag of that name;
//   - neither, Local or Keep: whatever is checked out.
//
// A repository is right when HEAD is the wanted commit. A developer who stands
// on the wanted branch is therefore always right, whatever was committed on top
// of it; only Options.Update moves such a branch, and only forward.
//
// # What is never lost
//
// Materialize leaves a repository alone, with a warning, when moving it could
// lose work: changed or staged files, a merge or rebase in progress, commits
// that no branch holds, untracked or ignored files in the way. Branches,
// stashes and unknown files are never deleted.
//
// # What is fetched once
//
// Each remote has one repository in the store, Client.Store, and a new clone
// gets hard links to its packs: a second project or work tree on the machine
// downloads nothing. A clone is complete by itself, so the store can be deleted.
// See docs/adr/0012-one-store-of-git-objects.md.
//
// It does not parse links, choose branches (prepare/odoo does), read or write
// the lock, or print.
package git

import (
	"context"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/prepare"
)

// Runner starts processes, as execx.Runner does.
type Runner interface {
	Run(ctx context.Context, c execx.Command) (execx.Result, error)
}

// Client works on repositories. Its methods may be called at the same time.
type Client struct {
	Runner   Runner   // nil: no process is started; what needs one stays unknown
	Env      []string // the process environment; git gets it without GIT_DIR and the like
	Terminal bool     // a person can answer git's and ssh's questions
	Store    string   // absolute directory of the objects that all projects share; "" without
	// Offline keeps git from every remote but those on this machine's disk, and
	// Mirrors are the absolute directories of those that stand in for others, by
	// Key of the remote.
	Offline bool
	Mirrors map[string]string
	// Guarded reports whether a repository may be one that nobody trusted yet:
	// State then starts no git in it when its own configuration names programs.
	Guarded func(dir string) bool
}

// Options say how far Materialize goes.
type Options struct {
	Update bool // also fetch what is here and move clean branches forward
}

// Outcome says what Materialize did with one repository.
type Outcome string

// The outcomes.
const (
	Unchanged Outcome = "unchanged"
	Cloned    Outcome = "cloned"
	Moved     Outcome = "moved"      // checked out or fast-forwarded
	LeftAlone Outcome = "left alone" // has local work; Diagnostics say so
	Failed    Outcome = "failed"     // Diagnostics say why
)

// Result is what became of one repository.
type Result struct {
	Repository  prepare.Repository
	Outcome     Outcome
	Before      string // HEAD's commit, "" when there was none
	After       string
	Diagnostics diag.List
}

// Event is one piece of progress.
type Event struct {
	Repository string // Repository.Name
	Phase      string // "waiting", "cloning", "fetching", "checking out", "done"
	Detail     string // git's own words: "Receiving objects", "Updating files"
	Percent    int    // of Detail; -1 when unknown
}

// Diagnostics joins the findings of all results.
func Diagnostics(results []Result) diag.List {
	var all diag.List
	for _, r := range results {
		all = append(all, r.Diagnostics...)
	}
	return all.Sorted()
}
