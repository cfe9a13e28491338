package fsx

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// ReplaceDirectory puts a new directory in the place of an old one: fill gets an
// empty directory beside it, which takes the name once fill is done. An error of
// fill leaves the old one as it is. Only the holder of the project's lock may
// call it, since it also removes what a killed run left. What is in the way and
// no directory stays: ErrOccupied.
func (t *Tree) ReplaceDirectory(name string, fill func(into *os.Root) error) error {
	native := filepath.FromSlash(name)
	if err := t.parents(native); err != nil {
		return err
	}
	info, err := t.root.Lstat(native)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return Classify(err)
	case !info.IsDir():
		return &fs.PathError{Op: "replace", Path: name, Err: ErrOccupied}
	}
	if err := t.removeLeftDirectories(path.Dir(name)); err != nil {
		return err
	}
	temp := func() string { return filepath.Join(filepath.Dir(native), tempPrefix+rand.Text()[:12]+tempSuffix) }
	next, former := temp(), temp()
	if err := t.fillNew(next, fill); err != nil {
		return errors.Join(err, Classify(t.root.RemoveAll(next)))
	}
	if info != nil {
		if err := t.root.Rename(native, former); err != nil {
			return Classify(errors.Join(err, t.root.RemoveAll(next)))
		}
	}
	if err := t.root.Rename(next, native); err != nil {
		return Classify(err)
	}
	return Classify(t.root.RemoveAll(former))
}

func (t *Tree) fillNew(native string, fill func(into *os.Root) error) error {
	if err := t.root.Mkdir(native, 0o755); err != nil {
		return Classify(err)
	}
	into, err := t.root.OpenRoot(native)
	if err != nil {
		return Classify(err)
	}
	defer into.Close()
	return Classify(fill(into))
}

// removeLeftDirectories deletes the directories that a killed run has not put
// into their place, or not removed.
func (t *Tree) removeLeftDirectories(dir string) error {
	entries, err := fs.ReadDir(t.root.FS(), path.Clean(dir))
	if err != nil {
		return Classify(err)
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), tempPrefix) && strings.HasSuffix(e.Name(), tempSuffix) {
			if err := t.root.RemoveAll(filepath.Join(filepath.FromSlash(dir), e.Name())); err != nil {
				return Classify(err)
			}
		}
	}
	return nil
}
