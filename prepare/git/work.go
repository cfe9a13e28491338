package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Work says what would be lost with a repository: changed, staged or unknown
// files, stashes, commits that are not from its origin, or another commit than
// head (unless that is ""). It is "" when nothing would. Ignored files do not
// count: programs that use a repository leave them.
func (c *Client) Work(ctx context.Context, dir, head string) (string, error) {
	at, err := open(dir)
	if errors.Is(err, errForeign) {
		return "it is no git repository any more", nil
	}
	if err != nil {
		return "", errors.New(plain(err))
	}
	if name := at.inProgress(); name != "" {
		return name, nil
	}
	ask := func(args ...string) (string, error) {
		out, err := c.git(ctx, dir, args...)
		if err != nil {
			return "", errors.New(unasked(err))
		}
		return strings.TrimSpace(out), nil
	}
	out, err := ask("--no-optional-locks", "status", "--porcelain=v1", "--untracked-files=normal", "--ignore-submodules=none")
	switch {
	case err != nil:
		return "", err
	case out != "":
		return fmt.Sprintf("it has local changes: %s", strings.TrimSpace(firstLine(out))), nil
	}
	switch out, err = ask("stash", "list"); {
	case err != nil:
		return "", err
	case out != "":
		return "it has stashed changes", nil
	}
	// What only a tag or the reflog holds may be somebody's as well.
	from := []string{"rev-list", "--count", "HEAD", "--branches", "--tags", "--reflog", "--not", "--remotes", "--glob=refs/devpm"}
	if head != "" {
		now, err := ask("rev-parse", "HEAD")
		switch {
		case err != nil:
			return "", err
		case now != head:
			return "another commit was checked out since", nil
		}
		from = append(from, head)
	}
	switch out, err = ask(from...); {
	case err != nil:
		return "", err
	case out != "0":
		return "it has commits that no branch of its origin has", nil
	}
	return "", nil
}
