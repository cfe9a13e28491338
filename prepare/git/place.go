package git

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/prepare"
)

// place is a repository that is fetched into: a working clone, or an entry of
// the store.
type place struct {
	dir    string
	remote string // its name there
	url    string // of the remote, when the configuration does not hold it
	heads  string // what stands before the name of a fetched branch
	tags   string
	shared bool // an entry of the store
}

// cloneAt is the place of a working clone.
func cloneAt(dir string) place {
	return place{dir: dir, remote: "origin", heads: "refs/remotes/origin/", tags: "refs/tags/"}
}

// settings are what git needs to know of the place's remote. They go through
// the environment, since an address may hold a login.
func (p place) settings() [][2]string {
	if p.url == "" {
		return nil
	}
	return [][2]string{{"remote." + p.remote + ".url", p.url}}
}

// isEmpty reports whether nothing was fetched yet.
func (p place) isEmpty() bool {
	for _, git := range []string{".git", "."} {
		if packs, _ := filepath.Glob(filepath.Join(globEscape(filepath.Join(p.dir, git)), "objects", "pack", "*.idx")); len(packs) > 0 {
			return false
		}
	}
	return true
}

// keptAs is the ref that keeps a commit which no branch has to hold.
func keptAs(commit string) string { return "refs/devpm/" + commit }

// datedAs is the ref that notes which commit a repository's branch had at the
// end of its build date.
func datedAs(repo prepare.Repository) string {
	branch := repo.Branch
	if branch == "" {
		branch = "HEAD" // the remote's default
	}
	return "refs/devpm/dated/" + repo.Date + "/" + branch
}

// addOrigin writes the remote of a new clone into its configuration, not
// through a command line that others can read; one with a login closes the file
// to them. With a branch, later fetches of the user's bring that branch only.
func addOrigin(dir, url, branch string) error {
	f, err := os.OpenFile(filepath.Join(dir, ".git", "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if Mask(url) != url {
		if err := f.Chmod(0o600); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if branch == "" {
		branch = "*"
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	_, err = f.WriteString("[remote \"origin\"]\n" +
		"\turl = \"" + quote.Replace(url) + "\"\n" +
		"\tfetch = \"" + quote.Replace("+refs/heads/"+branch+":refs/remotes/origin/"+branch) + "\"\n")
	return errors.Join(err, f.Close())
}
