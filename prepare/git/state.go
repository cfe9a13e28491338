package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/prepare"
)

// State looks at one repository (see the package comment for what Wanted is).
// Git is started only to ask for local work when the repository is not right,
// and for ref storages that this package does not read; without a Runner, or
// when git is not there, Unknown says what could not be asked.
func (c *Client) State(ctx context.Context, repo prepare.Repository) prepare.RepositoryState {
	if repo.Local {
		return localState(repo.Dir)
	}
	var s prepare.RepositoryState
	at, err := open(repo.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s
	case errors.Is(err, errForeign):
		s.Foreign = true
		return s
	case err != nil:
		s.Unknown = plain(err)
		return s
	}
	s.Present = true
	s.Origin = at.config.get("remote.origin.url")
	if c.Guarded != nil && c.Guarded(repo.Dir) && len(at.programs()) > 0 {
		quiet := *c
		quiet.Runner, quiet.Guarded = nil, nil
		s = quiet.State(ctx, repo)
		if s.Unknown != "" {
			s.Unknown = "the repository's own configuration names programs, which only `devpm up` may let git run"
		}
		return s
	}
	look := *c
	look.Env = append(slices.Clip(c.Env), "GIT_NO_LAZY_FETCH=1") // a partial clone asks its remote for what it lacks
	if at.readable() {
		s.Head, s.Branch = at.head()
		s.Wanted = at.wanted(repo, s.Head, s.Branch)
	} else if err := look.askHead(ctx, repo, &s); err != nil {
		s.Unknown = unasked(err)
		return s
	}
	if at.interrupted() {
		s.Wanted = "" // a checkout of ours was cut off: the files are not HEAD's
		return s
	}
	if s.Head == s.Wanted && s.Head != "" || repo.Keep {
		return s
	}
	s.Changes, err = look.localWork(ctx, repo.Dir, at, s.Head, s.Branch)
	if err != nil {
		s.Unknown = unasked(err)
	}
	s.Dirty = len(s.Changes) > 0
	return s
}

// Right reports whether a repository is where the manifest wants it.
func Right(repo prepare.Repository, s prepare.RepositoryState) bool {
	return s.Present && (repo.Local || repo.Keep || s.Head != "" && s.Head == s.Wanted)
}

func localState(dir string) prepare.RepositoryState {
	var s prepare.RepositoryState
	info, err := os.Stat(dir)
	if err != nil {
		return s
	}
	if !info.IsDir() {
		s.Foreign = true
		return s
	}
	s.Present = true
	if at, err := open(dir); err == nil && at.readable() {
		s.Head, s.Branch = at.head()
		s.Origin = at.config.get("remote.origin.url")
	}
	s.Wanted = s.Head
	return s
}

// wanted resolves what the manifest asks for, "" when it is not here.
func (at *checkout) wanted(repo prepare.Repository, head, branch string) string {
	switch {
	case repo.Keep:
		return head
	case repo.Commit != "":
		if head != "" && strings.HasPrefix(head, strings.ToLower(repo.Commit)) {
			return head
		}
		return at.object(repo.Commit)
	case repo.Date != "":
		if repo.Branch != "" && CheckRef(repo.Branch) != nil {
			return ""
		}
		return at.ref(datedAs(repo)) // where it was once worked out
	case repo.Branch == "", branch == repo.Branch:
		return head
	case CheckRef(repo.Branch) != nil:
		return ""
	}
	for _, prefix := range []string{"refs/heads/", "refs/remotes/origin/", "refs/tags/"} {
		if id := at.ref(prefix + repo.Branch); id != "" {
			return id
		}
	}
	return ""
}

// askHead is what head and wanted read, asked of git itself.
func (c *Client) askHead(ctx context.Context, repo prepare.Repository, s *prepare.RepositoryState) error {
	rev := func(name string) (string, error) { return c.revision(ctx, repo.Dir, name) }
	var err error
	if s.Head, err = rev("HEAD"); err != nil {
		return err
	}
	branch, err := c.git(ctx, repo.Dir, "symbolic-ref", "--quiet", "--short", "HEAD")
	var failed *errFailed
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	s.Branch = strings.TrimSpace(branch)
	switch {
	case repo.Commit != "":
		s.Wanted, err = rev(repo.Commit)
		return err
	case repo.Date != "":
		s.Wanted, err = rev(datedAs(repo))
		return err
	case repo.Keep, repo.Branch == "", repo.Branch == s.Branch:
		s.Wanted = s.Head
		return nil
	}
	for _, prefix := range []string{"refs/heads/", "refs/remotes/origin/", "refs/tags/"} {
		if s.Wanted, err = rev(prefix + repo.Branch); err != nil || s.Wanted != "" {
			return err
		}
	}
	return nil
}

// revision resolves a name to a commit with git, "" when there is no such thing.
func (c *Client) revision(ctx context.Context, dir, name string) (string, error) {
	out, err := c.git(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if _, failed := errors.AsType[*errFailed](err); failed {
		return "", nil
	}
	return strings.TrimSpace(out), err
}

// localWork names what moving a repository could lose: unfinished operations,
// changed files (untracked ones stay where they are and are not asked for),
// commits that nothing else holds. It enters no submodule: moving the repository
// leaves the files in it as they are, and git would go by its configuration.
func (c *Client) localWork(ctx context.Context, dir string, at *checkout, head, branch string) ([]string, error) {
	if name := at.inProgress(); name != "" {
		return []string{name}, nil
	}
	out, err := c.git(ctx, dir, "--no-optional-locks", "status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=dirty")
	if err != nil {
		return nil, err
	}
	var changes []string
	for entry := range strings.SplitSeq(out, "\x00") {
		if len(entry) > 3 {
			changes = append(changes, entry[3:])
		}
	}
	if len(changes) > 0 || head == "" || branch != "" || at.fetched(head) {
		return changes[:min(len(changes), 5)], nil
	}
	holder, err := c.git(ctx, dir, "for-each-ref", "--count=1", "--format=%(refname)", "--contains="+head)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(holder) == "" {
		return []string{"commit " + head[:12] + ", which no branch holds"}, nil
	}
	return nil, nil
}

// unasked says in a few words why git could not be asked.
func unasked(err error) string {
	if _, ok := errors.AsType[*execx.StartError](err); ok {
		return "git could not be started"
	}
	if failed, ok := errors.AsType[*errFailed](err); ok {
		return "git says: " + firstLine(Mask(failed.stderr))
	}
	return err.Error()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
