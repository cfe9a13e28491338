package git

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// checkout is a working tree whose repository is read without git.
type checkout struct {
	gitDir    string // HEAD, index
	commonDir string // refs, objects, config; gitDir unless it is a worktree
	config    config
	unread    bool // the configuration is one that this package cannot read to its end
}

// errForeign says that something else is in the repository's place.
var errForeign = errors.New("not a git repository")

// open finds the repository of a working tree. fs.ErrNotExist: nothing is there, or an
// empty directory; errForeign: something else is.
func open(dir string) (*checkout, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fs.ErrNotExist
		}
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, errForeign
		}
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fs.ErrNotExist
	}
	c := &checkout{gitDir: filepath.Join(dir, ".git")}
	info, err := os.Stat(c.gitDir)
	if err != nil {
		return nil, errForeign
	}
	if !info.IsDir() { // a worktree or submodule: "gitdir: PATH"
		data, err := os.ReadFile(c.gitDir)
		target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
		if err != nil || !ok {
			return nil, errForeign
		}
		c.gitDir = within(dir, target)
	}
	c.commonDir = c.gitDir
	if data, err := os.ReadFile(filepath.Join(c.gitDir, "commondir")); err == nil {
		c.commonDir = within(c.gitDir, strings.TrimSpace(string(data)))
	}
	if !c.sound() {
		return nil, errForeign
	}
	data, err := os.ReadFile(filepath.Join(c.commonDir, "config"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	c.configure(string(data))
	return c, nil
}

// sound reports whether git would take the directory for a repository. Where it
// would not, it looks for one elsewhere: in the working tree itself, then above it.
func (c *checkout) sound() bool {
	head, err := os.ReadFile(filepath.Join(c.gitDir, "HEAD"))
	if err != nil {
		return false
	}
	text := strings.TrimSpace(string(head))
	ref, symbolic := strings.CutPrefix(text, "ref:")
	if symbolic && !strings.HasPrefix(strings.TrimSpace(ref), "refs/") || !symbolic && objectID(text) == "" {
		return false
	}
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(c.commonDir, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// configure takes the repository's configuration in, and the working tree's own
// where git reads it.
func (c *checkout) configure(text string) {
	var readable bool
	c.config, readable = parseConfig(text)
	c.unread = !readable
	if !c.config.on("extensions.worktreeconfig") {
		return
	}
	data, err := os.ReadFile(filepath.Join(c.gitDir, "config.worktree"))
	if err != nil {
		return
	}
	own, readable := parseConfig(string(data))
	c.unread = c.unread || !readable
	for key, values := range own {
		c.config[key] = append(c.config[key], values...)
	}
}

func within(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// readable reports whether refs are kept in a form that this package reads.
func (c *checkout) readable() bool {
	storage := c.config.get("extensions.refstorage")
	return storage == "" || storage == "files"
}

// head returns HEAD's commit and branch; the commit is "" on a branch without
// commits, the branch "" when HEAD is detached.
func (c *checkout) head() (commit, branch string) {
	data, err := os.ReadFile(filepath.Join(c.gitDir, "HEAD"))
	if err != nil {
		return "", ""
	}
	text := strings.TrimSpace(string(data))
	ref, symbolic := strings.CutPrefix(text, "ref: ")
	if !symbolic {
		return objectID(text), ""
	}
	ref = strings.TrimSpace(ref)
	branch, _ = strings.CutPrefix(ref, "refs/heads/")
	return c.ref(ref), branch
}

// ref resolves a full ref name to an object id, "" when it does not exist. An
// annotated tag that is packed resolves to its commit.
func (c *checkout) ref(name string) string {
	for range 5 { // git's own limit for chains of symbolic refs
		data, err := os.ReadFile(filepath.Join(c.commonDir, filepath.FromSlash(name)))
		if err != nil {
			return c.packedRef(name)
		}
		text := strings.TrimSpace(string(data))
		next, symbolic := strings.CutPrefix(text, "ref: ")
		if !symbolic {
			return objectID(text)
		}
		next = strings.TrimSpace(next)
		if CheckRef(next) != nil {
			return ""
		}
		name = next
	}
	return ""
}

func (c *checkout) packedRef(name string) string {
	data, err := os.ReadFile(filepath.Join(c.commonDir, "packed-refs"))
	if err != nil {
		return ""
	}
	found := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if found != "" {
			if peeled, ok := strings.CutPrefix(line, "^"); ok {
				return objectID(peeled)
			}
			return found
		}
		if id, ref, ok := strings.Cut(line, " "); ok && ref == name {
			found = objectID(id)
		}
	}
	return found
}

// objectID returns text when it is a full object id, else "".
func objectID(text string) string {
	if (len(text) == 40 || len(text) == 64) && isHex(text) {
		return strings.ToLower(text)
	}
	return ""
}

func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// inProgress names an operation that the user has not finished, or "".
func (c *checkout) inProgress() string {
	for _, m := range []struct{ file, name string }{
		{"rebase-merge", "a rebase is in progress"},
		{"rebase-apply", "a rebase or git am is in progress"},
		{"MERGE_HEAD", "a merge is in progress"},
		{"CHERRY_PICK_HEAD", "a cherry-pick is in progress"},
		{"REVERT_HEAD", "a revert is in progress"},
		{"BISECT_LOG", "a bisect is in progress"},
	} {
		if _, err := os.Lstat(filepath.Join(c.gitDir, m.file)); err == nil {
			return m.name
		}
	}
	return ""
}

// shallow reports whether history was cut off when it was fetched.
func (c *checkout) shallow() bool {
	info, err := os.Stat(filepath.Join(c.commonDir, "shallow"))
	return err == nil && info.Size() > 0
}

// cutOff is shallow for a working tree or an entry of the store.
func cutOff(dir string) bool {
	at, err := open(dir)
	if err != nil {
		at, err = openBare(dir)
	}
	return err == nil && at.shallow()
}

// fetched reports whether a commit is known to have come from a remote: it is
// where history was cut off, or what the last fetch brought.
func (c *checkout) fetched(commit string) bool {
	for _, path := range []string{filepath.Join(c.commonDir, "shallow"), filepath.Join(c.gitDir, "FETCH_HEAD")} {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if id, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t"); id == commit {
				return true
			}
		}
	}
	return false
}

// tracks reports whether `git fetch` of origin also brings the branch.
func (c *checkout) tracks(branch string) bool {
	return slices.ContainsFunc(c.config["remote.origin.fetch"], func(spec string) bool {
		source, _, _ := strings.Cut(strings.TrimPrefix(spec, "+"), ":")
		return source == "refs/heads/*" || source == "refs/heads/"+branch
	})
}
