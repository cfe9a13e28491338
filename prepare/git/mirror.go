package git

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

// A mirror is a bare repository that stands in for a remote while there is no
// network: it has the branches and commits that a project wants of it. Anybody
// can clone it with git alone. It has no hooks, and exactly the configuration
// that makeEntry writes.

// MirrorRefs names what a mirror of the repository has to have, by full ref, and
// the branch to stand on ("" for none). What is checked out counts, not what is
// wanted: a tree with local commits is vendored as it is. A developer's own
// repository comes with all its branches and tags.
func (c *Client) MirrorRefs(ctx context.Context, repo prepare.Repository, s prepare.RepositoryState) (refs map[string]string, branch string, err error) {
	if s.Head == "" {
		return nil, "", ErrNoCommits
	}
	refs = map[string]string{keptAs(s.Head): s.Head}
	if repo.Keep {
		out, err := c.git(ctx, repo.Dir, "for-each-ref", "--format=%(objectname) %(refname) %(symref)", "--", "refs/remotes/origin", "refs/tags")
		if err != nil {
			return nil, "", err
		}
		for line := range strings.Lines(out) {
			words := strings.Fields(line)
			if len(words) != 2 { // a symbolic ref: origin/HEAD
				continue
			}
			refs[strings.Replace(words[1], "refs/remotes/origin/", "refs/heads/", 1)] = words[0]
		}
	}
	switch at, err := open(repo.Dir); {
	case err != nil:
		return nil, "", err
	case repo.Branch != "" && !repo.Keep && s.Branch == "" && at.ref("refs/remotes/origin/"+repo.Branch) == "" && at.ref("refs/tags/"+repo.Branch) != "":
		refs["refs/tags/"+repo.Branch] = s.Head
	case repo.Branch != "" && !repo.Keep:
		branch = repo.Branch
	case s.Branch != "":
		branch = s.Branch
	}
	if branch != "" {
		refs["refs/heads/"+branch] = s.Head
	}
	return refs, branch, nil
}

// Mirrored is a part of a mirror: what a repository has to give.
type Mirrored struct {
	Repository prepare.Repository
	Refs       map[string]string
}

// Mirror makes a mirror in dir from working trees of one remote; what is there
// is removed. No network is used.
func (c *Client) Mirror(ctx context.Context, dir, branch string, parts ...Mirrored) error {
	if err := makeEntry(dir); err != nil {
		return err
	}
	for _, part := range parts {
		var in strings.Builder
		for _, ref := range slices.Sorted(maps.Keys(part.Refs)) {
			in.WriteString("+" + part.Refs[ref] + ":" + ref + "\n")
		}
		history := tipOnly
		if part.Repository.Keep {
			history = "--update-shallow"
		}
		// Version 2 of git's protocol gives out commits that no ref names.
		_, err := c.run(ctx, dir, call{
			args:   []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", history, "--stdin", "--", part.Repository.Dir},
			stdin:  strings.NewReader(in.String()),
			config: [][2]string{{"protocol.version", "2"}},
		})
		if err != nil {
			return err
		}
	}
	if branch == "" {
		branch = "none"
	}
	if err := os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/"+branch+"\n"), 0o644); err != nil {
		return err
	}
	_, err := c.git(ctx, dir, "pack-refs", "--all")
	return err
}

// Explain is the diagnostic of what went wrong with a repository.
func Explain(repo prepare.Repository, err error) diag.Diagnostic { return diagnose(repo, err) }

// MirrorFile reports whether a file of a mirror, by its path in it, is one that
// Mirror leaves there. A hook, an alternate or a configuration of somebody's own
// would make git do what nobody asked for.
func MirrorFile(name string, content func() ([]byte, error)) bool {
	switch name {
	case "HEAD", "packed-refs", "shallow":
		return true
	case "config":
		text, err := content()
		return err == nil && string(text) == emptyConfig
	}
	pack, ok := strings.CutPrefix(name, "objects/pack/pack-")
	id, ext, _ := strings.Cut(pack, ".")
	return ok && isHex(id) && slices.Contains([]string{"pack", "idx", "rev"}, ext)
}

// Key names a remote, however its address is written; no login is in it.
func Key(url string) string { return remoteKey(url) }

// Offered reports whether what is wanted of a repository that is not where it
// should be can be had without network: from its mirror or from the store. It
// reads refs and starts nothing.
func (c *Client) Offered(repo prepare.Repository) bool {
	if dir := c.Mirrors[remoteKey(repo.URL)]; dir != "" && offers(dir, "refs/heads/", "refs/tags/", repo) {
		return true
	}
	if c.Store == "" {
		return false
	}
	dir := c.entryDir(repo.URL)
	remote := storeRemote(repo.URL)
	return offers(dir, "refs/devpm/"+remote+"/heads/", "refs/devpm/"+remote+"/tags/", repo)
}

func offers(dir, heads, tags string, repo prepare.Repository) bool {
	at, err := openBare(dir)
	if err != nil {
		return false
	}
	switch {
	case repo.Commit != "":
		return at.object(repo.Commit) != ""
	case repo.Date != "":
		return at.ref(datedAs(repo)) != ""
	case repo.Branch != "":
		return at.ref(heads+repo.Branch) != "" || at.ref(tags+repo.Branch) != ""
	}
	if head, branch := at.head(); branch != "" && branch != "none" {
		return head != ""
	}
	notes, _ := filepath.Glob(filepath.Join(globEscape(dir), "devpm-default-*"))
	return len(notes) > 0
}

// substitute are the settings by which git asks the mirror in place of the
// remote.
func (c *Client) substitute(url string) [][2]string {
	dir := c.Mirrors[remoteKey(url)]
	if dir == "" {
		return nil
	}
	return [][2]string{{"url." + dir + ".insteadOf", url}}
}

// ErrNoCommits is said of a repository of which there is nothing to mirror.
var ErrNoCommits = errors.New("it has no commits")
