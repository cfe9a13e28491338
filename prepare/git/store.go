package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The store has one bare repository for each remote, whatever the project and
// however its address is written. A new clone gets hard links to its packs, so
// it needs the store never again: deleting the store costs downloads, nothing
// else (docs/adr/0012-one-store-of-git-objects.md).
//
// Objects are named by their content and are shared by all. Where a branch
// stands is not: it is kept apart for each address, so that http:// cannot
// answer for https://.

// mostPacks is how many packs an entry may have before they are joined. Git
// itself grows slow in a repository with more than fifty.
const mostPacks = 40

// fullName is a file in an entry that has whole histories: from then on nothing
// is fetched into it without.
const fullName = "devpm-full"

// entry is one repository of the store, locked.
type entry struct {
	place
	at *checkout
}

// entryDir is where the entry of a remote is.
func (c *Client) entryDir(url string) string {
	key := remoteKey(url)
	sum := sha256.Sum256([]byte(key))
	name := strings.Trim(plainName.ReplaceAllString(key[strings.LastIndexAny(key, `/\:`)+1:], "_"), ".")
	return filepath.Join(c.Store, name+"-"+hex.EncodeToString(sum[:8])+".git")
}

var plainName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// entry opens the repository's entry, made when it is not there, and locks it:
// nobody else of us reads or writes it until release.
func (w *work) entry(ctx context.Context) (e *entry, release func(), err error) {
	dir := w.entryDir(w.repo.URL)
	if err := os.MkdirAll(w.Store, 0o700); err != nil { // what is private stays private
		return nil, nil, err
	}
	if release, err = w.hold(ctx, strings.TrimSuffix(dir, ".git")+".lock"); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	sweepEntry(dir)
	at, err := openBare(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && at.config.get("core.bare") != "true" {
		if err = makeEntry(dir); err == nil {
			at, err = openBare(dir)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	remote := storeRemote(w.repo.URL)
	return &entry{at: at, place: place{
		dir: dir, remote: remote, url: w.repo.URL, shared: true,
		heads: "refs/devpm/" + remote + "/heads/", tags: "refs/devpm/" + remote + "/tags/",
	}}, release, nil
}

// storeRemote is what an address is called in its entry.
func storeRemote(url string) string {
	sum := sha256.Sum256([]byte(withoutLogin(url)))
	return hex.EncodeToString(sum[:8])
}

// emptyConfig is the configuration of an entry. Whoever looks in with git by
// hand must not lose anything either.
const emptyConfig = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
[gc]
	auto = 0
	pruneExpire = never
[maintenance]
	auto = false
`

// makeEntry makes an empty repository beside its place and renames it there. It
// is what `git init --bare` makes (gitrepository-layout(5)), without a template,
// whose hooks have no business here, and without a process.
func makeEntry(dir string) error {
	tmp := dir + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	for _, name := range []string{"objects/pack", "objects/info", "refs"} {
		if err := os.MkdirAll(filepath.Join(tmp, filepath.FromSlash(name)), 0o700); err != nil {
			return err
		}
	}
	for name, content := range map[string]string{"HEAD": "ref: refs/heads/none\n", "config": emptyConfig} {
		if err := os.WriteFile(filepath.Join(tmp, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(dir); err != nil { // half a repository, or nothing
		return err
	}
	return os.Rename(tmp, dir)
}

// discard takes an entry out of the store. Clones have their own links.
func (e *entry) discard() error { return os.RemoveAll(e.dir) }

// full reports whether everything in the entry has its history.
func (e *entry) full() bool {
	_, err := os.Lstat(filepath.Join(e.dir, fullName))
	return err == nil
}

// history is how much of it a fetch into the entry brings.
func (e *entry) history() string {
	if e.full() {
		return whole
	}
	return tipOnly
}

func markFull(dir string) error { return os.WriteFile(filepath.Join(dir, fullName), nil, 0o644) }

// sweepEntry removes what a git that was killed left in an entry. The entry is
// locked, so none is at work there.
func sweepEntry(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // gone, or not ours to read: git will say so
		case d.IsDir() && len(d.Name()) == 2 && filepath.Base(filepath.Dir(path)) == "objects":
			return filepath.SkipDir
		case d.IsDir():
			return nil
		case strings.HasSuffix(path, ".lock"), strings.HasSuffix(path, ".keep"), strings.HasPrefix(d.Name(), "tmp_"):
			_ = os.Remove(path)
		}
		return nil
	})
}

// openBare opens an entry to read its refs in process.
func openBare(dir string) (*checkout, error) {
	if _, err := os.Stat(filepath.Join(dir, "HEAD")); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "config"))
	if err != nil {
		return nil, err
	}
	settings, _ := parseConfig(string(data)) // an entry that is not as it was made is made anew
	return &checkout{gitDir: dir, commonDir: dir, config: settings}, nil
}

// packs lists the packs of an entry.
func (e *entry) packs() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(e.dir, "objects", "pack"))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range entries {
		if name, ok := strings.CutSuffix(f.Name(), ".idx"); ok && strings.HasPrefix(name, "pack-") {
			out = append(out, name)
		}
	}
	return out, nil
}

// linkInto gives a new clone everything that the entry has: hard links to its
// packs, copies on another file system, and where histories are cut off.
func (e *entry) linkInto(gitDir string) error {
	packs, err := e.packs()
	if err != nil {
		return &errStore{err}
	}
	from, to := filepath.Join(e.dir, "objects", "pack"), filepath.Join(gitDir, "objects", "pack")
	if err := os.MkdirAll(to, 0o777); err != nil {
		return &errStore{err}
	}
	for _, pack := range packs {
		for _, ext := range []string{".pack", ".rev", ".idx"} { // .idx last: it is what makes a pack count
			err := linkOrCopy(filepath.Join(from, pack+ext), filepath.Join(to, pack+ext))
			switch {
			case err == nil, ext == ".rev" && errors.Is(err, fs.ErrNotExist):
			case errors.Is(err, fs.ErrNotExist):
				return errDamaged
			default:
				return &errStore{err}
			}
		}
	}
	cut, err := os.ReadFile(filepath.Join(e.dir, "shallow"))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(cut) == 0 {
		return nil
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(gitDir, "shallow"), cut, 0o644)
	}
	if err != nil {
		return &errStore{err}
	}
	return nil
}

func linkOrCopy(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// tidy joins small packs when there are many. What goes wrong is for another
// day: nothing depends on it.
func (w *work) tidy(ctx context.Context, e *entry) {
	if packs, err := e.packs(); err == nil && len(packs) > mostPacks {
		_, _ = w.git(ctx, e.dir, "repack", "--geometric=2", "-d", "--quiet")
	}
}

// withoutLogin is an address without user and password, where a web address may
// have them.
func withoutLogin(url string) string { return Mask(url) }

// damage are words of git about objects of an entry that are missing or cannot
// be read. What the remote says of its own objects does not count.
var damage = []string{
	"bad object", "nonexistent object", "missing blob", "missing tree", "missing commit", "unable to read tree", "unable to read sha1 file",
	"is corrupt", "invalid sha1 pointer", "inflate: data stream error", "index file", "did not send all necessary objects",
	"cannot be accessed", "is far too short to be a packfile", "bad signature", "bad ref", "reference broken", "does not match index", "reference is not a tree",
}

// errDamaged is an entry that lacks a part.
var errDamaged = errors.New("a part of the shared store is missing")

func damaged(err error) bool {
	var failed *errFailed
	if !errors.As(err, &failed) {
		return errors.Is(err, errDamaged)
	}
	for line := range strings.Lines(failed.stderr) {
		if !strings.HasPrefix(line, "remote:") && slices.ContainsFunc(damage, func(word string) bool { return strings.Contains(line, word) }) {
			return true
		}
	}
	return false
}
