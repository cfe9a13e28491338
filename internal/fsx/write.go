package fsx

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Temporary files carry this prefix and suffix, so that the next run knows
// what a killed one left behind.
const (
	tempPrefix = ".devpm-"
	tempSuffix = ".tmp"
)

// WriteFileAtomic replaces the file at a path that devpm chose itself (its
// state directory, the user's home): see Tree.WriteFile.
func WriteFileAtomic(file string, content []byte, mode fs.FileMode) error {
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return Classify(err)
	}
	defer root.Close()
	return writeAtomic(root, filepath.Base(file), content, mode)
}

// writeAtomic writes beside the target, syncs, then renames: readers see the
// old content or the new one. The mode is exact, whatever the umask. The
// directory itself is not synced: after a power loss the old content may be
// back, which the next run notices.
func writeAtomic(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	dir, _ := path.Split(filepath.ToSlash(name))
	temp := filepath.FromSlash(dir + tempPrefix + rand.Text()[:12] + tempSuffix)
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Classify(err)
	}
	err = fill(f, content, mode)
	if err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		return Classify(errors.Join(err, root.Remove(temp)))
	}
	return nil
}

// fill writes, sets the mode, syncs and closes.
func fill(f *os.File, content []byte, mode fs.FileMode) error {
	_, err := f.Write(content)
	if err == nil {
		err = setMode(f, mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// Tree writes below one directory and never outside of it, whatever symbolic
// links are there. Names are relative to it, with slashes.
type Tree struct{ root *os.Root }

// OpenTree opens the directory for writing.
func OpenTree(dir string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	return &Tree{root: root}, nil
}

// Close releases the directory handle.
func (t *Tree) Close() error { return t.root.Close() }

// WriteFile replaces a file atomically and makes its parents. The error wraps
// ErrNoSpace, ErrReadOnly, ErrLeadsOut, ErrIsDirectory or ErrUnderFile where
// one applies; then the old content is untouched.
func (t *Tree) WriteFile(name string, content []byte, mode fs.FileMode) error {
	native := filepath.FromSlash(name)
	if err := t.parents(native); err != nil {
		return err
	}
	// rename(2) replaces a symbolic link itself, so only a directory is in the way.
	if info, err := t.root.Lstat(native); err == nil && info.IsDir() {
		return &fs.PathError{Op: "write", Path: name, Err: ErrIsDirectory}
	}
	return writeAtomic(t.root, native, content, mode)
}

func (t *Tree) parents(native string) error {
	dir := filepath.Dir(native)
	if dir == "." {
		return nil
	}
	err := t.root.MkdirAll(dir, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return &fault{class: ErrUnderFile, err: err}
	}
	return Classify(err)
}

// RemoveFile deletes a file; one that is not there is no error.
func (t *Tree) RemoveFile(name string) error {
	err := t.root.Remove(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return Classify(err)
}

// MakeDirectory creates a directory and its parents; one that is there keeps
// its mode. An absolute path may be anywhere: bind sources are the user's
// choice.
func (t *Tree) MakeDirectory(name string, mode fs.FileMode) error {
	if filepath.IsAbs(name) {
		return Classify(os.MkdirAll(name, mode))
	}
	return Classify(t.root.MkdirAll(filepath.FromSlash(name), mode))
}

// MakeLink points a symbolic link at a target, replacing an older link. It
// never replaces anything else: ErrOccupied.
func (t *Tree) MakeLink(name, target string) error {
	native := filepath.FromSlash(name)
	if err := t.parents(native); err != nil {
		return err
	}
	info, err := t.root.Lstat(native)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Classify(t.root.Symlink(target, native))
	case err != nil:
		return Classify(err)
	case info.Mode()&fs.ModeSymlink == 0:
		return &fs.PathError{Op: "link", Path: name, Err: ErrOccupied}
	}
	temp := filepath.Join(filepath.Dir(native), tempPrefix+rand.Text()[:12]+tempSuffix)
	if err := t.root.Symlink(target, temp); err != nil {
		return Classify(err)
	}
	if err := t.root.Rename(temp, native); err != nil {
		return Classify(errors.Join(err, t.root.Remove(temp)))
	}
	return nil
}

// RemoveLeftovers deletes the temporary files that a killed run left in the
// directories. Only the holder of the project's lock may call it. A directory
// that is not there is fine.
func (t *Tree) RemoveLeftovers(dirs ...string) error {
	var errs []error
	for _, dir := range dirs {
		entries, err := fs.ReadDir(t.root.FS(), path.Clean(dir))
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, Classify(err))
			}
			continue
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), tempPrefix) && strings.HasSuffix(e.Name(), tempSuffix) && !e.IsDir() {
				errs = append(errs, t.RemoveFile(path.Join(dir, e.Name())))
			}
		}
	}
	return errors.Join(errs...)
}
