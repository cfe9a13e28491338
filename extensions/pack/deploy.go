package pack

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// Deployed is a package where it runs: its archive, or a private copy of what is
// in it.
type Deployed struct {
	*Installed
	Root   string // the archive when Zip is set, else a directory
	Zip    bool
	Remade bool // the copy was not there, or not as it was, and has been made
	files  []string
}

// Expand puts the package's place where its token stands.
func (d *Deployed) Expand(text string) string { return strings.ReplaceAll(text, PathToken, d.Root) }

// filesSuffix is what the list of a copy's files has behind the copy's name;
// newPrefix is what a copy has before it while it is made.
const (
	filesSuffix = ".files.json"
	newPrefix   = ".new-"
)

// copied is a file of an extracted copy, as it was made.
type copied struct {
	Name       string `json:"name"`
	SHA256     string `json:"sha256"`
	Size       int64  `json:"size"`
	Modified   int64  `json:"modified"` // Unix nanoseconds
	Executable bool   `json:"executable,omitempty"`
}

func cacheName(version, sum string) string { return version + "-" + sum[:12] }

func (s *Store) copyPath(i *Installed) string {
	return s.path(cacheDir, i.Name, cacheName(i.Version, i.SHA256))
}

// Check finds where a package runs and writes nothing, for plans. ready is false
// when its copy is not there or was changed: Deploy makes a new one. Files are
// compared by size and time, and by content when those differ, which costs one
// system call a file.
func (s *Store) Check(i *Installed) (d *Deployed, ready bool, err error) { return s.check(i, false) }

// Intact is Check that reads every file of the copy.
func (s *Store) Intact(i *Installed) (d *Deployed, ready bool, err error) { return s.check(i, true) }

// Deploy makes a package ready to run: a copy that is not there, or of which any
// file was changed, added or removed, is made anew (*Deployed).Remade. It reads
// every file of the copy, 64 MiB at most. What is to be run before anything is
// executed calls it.
func (s *Store) Deploy(ctx context.Context, i *Installed) (*Deployed, error) {
	if d, ready, err := s.check(i, true); err != nil || ready {
		return d, err
	}
	var out *Deployed
	err := s.locked(ctx, func() error {
		// Another process may have made it while this one waited.
		d, ready, err := s.check(i, true)
		if err != nil || ready {
			out = d
			return err
		}
		if err := s.extract(i); err != nil {
			return err
		}
		if d, ready, err = s.check(i, true); err != nil {
			return err
		}
		if !ready {
			return failure(diag.StoreDamaged, s.copyPath(i), "the copy of "+i.Name+" changes while it is made", "find what writes below it")
		}
		d.Remade, out = true, d
		return nil
	})
	return out, err
}

func (s *Store) check(i *Installed, whole bool) (*Deployed, bool, error) {
	if err := i.checkBlob(); err != nil {
		return nil, false, err
	}
	if i.Metadata.RunsFromZip() {
		return &Deployed{Installed: i, Root: i.blob, Zip: true}, true, nil
	}
	dir := s.copyPath(i)
	d := &Deployed{Installed: i, Root: dir}
	var files []copied
	text, err := os.ReadFile(dir + filesSuffix)
	if err != nil || json.Unmarshal(text, &files) != nil {
		return d, false, nil
	}
	same, err := sameCopy(dir, files, whole)
	for _, f := range files {
		d.files = append(d.files, f.Name)
	}
	return d, same, err
}

// sameCopy reports whether a directory holds exactly the files of a list. With
// whole, every file is read; otherwise those whose size or time differ.
func sameCopy(dir string, files []copied, whole bool) (bool, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer root.Close()
	known := make(map[string]copied, len(files))
	for _, f := range files {
		known[f.Name] = f
	}
	seen := 0
	err = fs.WalkDir(root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		f, ok := known[name]
		if !ok || !info.Mode().IsRegular() || info.Size() != f.Size || info.Mode().Perm()&0o100 != 0 != f.Executable && !modeless {
			return errChanged
		}
		seen++
		if !whole && info.ModTime().UnixNano() == f.Modified {
			return nil
		}
		if sum, err := fsx.HashBelow(dir, name); err != nil || sum != f.SHA256 {
			return errors.Join(errChanged, err)
		}
		return nil
	})
	switch {
	case errors.Is(err, errChanged), errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	return seen == len(files), nil
}

var errChanged = errors.New("the copy was changed")

// extract makes the copy of a package beside its place and moves it there. The
// list of its files is written first: a copy without the right list does not
// count, whenever the process is killed.
func (s *Store) extract(i *Installed) error {
	content, err := os.ReadFile(i.blob)
	if err != nil {
		return err
	}
	var found diag.Collector
	a := ReadArchive(i.Name+" "+i.Version, content, &found)
	switch {
	case a == nil:
		return found.Err()
	case a.SHA256 != i.SHA256:
		return failure(diag.StoreDamaged, i.blob, fmt.Sprintf("the archive of %s %s was changed", i.Name, i.Version), "install the same package again")
	}
	dir := s.copyPath(i)
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	// The lock is held, so what is new here belongs to processes that are gone.
	siblings, err := os.ReadDir(filepath.Dir(dir))
	for _, e := range siblings {
		if strings.HasPrefix(e.Name(), newPrefix) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(filepath.Dir(dir), e.Name())))
		}
	}
	if err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(dir), newPrefix+rand.Text()[:12])
	defer func() { _ = os.RemoveAll(temp) }() // what stays is swept by the next one
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	files, err := a.extractTo(temp)
	if err != nil {
		return err
	}
	list, err := json.Marshal(files)
	if err != nil {
		return err
	}
	if err := fsx.WriteFileAtomic(dir+filesSuffix, append(list, '\n'), 0o600); err != nil {
		return err
	}
	old := temp + ".old"
	defer func() { _ = os.RemoveAll(old) }()
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(temp, dir)
}

// extractTo writes the files of a package, and those of its wheels, below a
// directory that is empty. Nobody else may read them.
func (a *Archive) extractTo(dir string) ([]copied, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	out, err := a.writeEntries(root, "", nil)
	for _, w := range a.wheels {
		if err == nil {
			out, err = w.archive.writeEntries(root, w.dir+"/", out)
		}
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(x, y copied) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

// writeEntries writes the files of one archive and appends them to out.
func (a *Archive) writeEntries(root *os.Root, prefix string, out []copied) ([]copied, error) {
	for _, e := range a.Entries {
		c, err := a.writeEntry(root, prefix, e)
		if err != nil {
			return nil, fmt.Errorf("extracting %s: %w", e.Name, err)
		}
		out = append(out, c)
	}
	return out, nil
}

func (a *Archive) writeEntry(root *os.Root, prefix string, e Entry) (copied, error) {
	name := prefix + e.Name
	c := copied{Name: name, Size: e.Size, Executable: e.Executable || a.Metadata != nil && slices.Contains(a.Metadata.programs(), e.Name)}
	native := filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(native), 0o700); err != nil {
		return c, err
	}
	mode := fs.FileMode(0o600)
	if c.Executable {
		mode = 0o700
	}
	f, err := root.OpenFile(native, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return c, err
	}
	sum := newSum()
	err = a.copyTo(sum.tee(f), e)
	if err == nil {
		err = f.Chmod(mode) // whatever the umask is
	}
	var info fs.FileInfo
	if err == nil {
		info, err = f.Stat()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return c, err
	}
	c.SHA256, c.Modified = sum.hex(), info.ModTime().UnixNano()
	return c, nil
}
