package fsx

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// CopyDirectory copies what is below one directory of the tree to another, which
// it makes: files with their mode, and symbolic links as they are. What is there
// already stays as it is. It follows no link that leads out of the tree. The
// error is a *fs.PathError with the name in the copy.
func (t *Tree) CopyDirectory(from, to string) error {
	return fs.WalkDir(t.root.FS(), path.Clean(from), func(name string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(filepath.FromSlash(from), filepath.FromSlash(name))
		if relErr != nil {
			return relErr
		}
		copied := path.Join(to, filepath.ToSlash(rel))
		if err == nil {
			err = t.copyEntry(name, copied, d)
		}
		if err != nil {
			return &fs.PathError{Op: "copy", Path: copied, Err: Classify(err)}
		}
		return nil
	})
}

func (t *Tree) copyEntry(from, to string, d fs.DirEntry) error {
	if d.IsDir() {
		return t.MakeDirectory(to, 0o755)
	}
	native := filepath.FromSlash(to)
	if _, err := t.root.Lstat(native); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if d.Type()&fs.ModeSymlink != 0 {
		target, err := t.root.Readlink(filepath.FromSlash(from))
		if err != nil {
			return err
		}
		return t.root.Symlink(target, native)
	}
	if !d.Type().IsRegular() {
		return nil // a socket or pipe belongs to who listens there
	}
	in, info, err := OpenRegular(t.root, from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := t.root.OpenFile(native, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
