package fsx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// View reads below one directory. Names are relative to it, with slashes; a
// symbolic link that leads out gives ErrLeadsOut. A View has no method that
// writes, and may be used from several goroutines.
type View struct {
	root *os.Root
	dir  string

	mu   sync.Mutex
	dirs map[string]opened // parents of the files read so far
}

// opened is a directory below the view, or why it could not be opened.
type opened struct {
	root *os.Root
	err  error
}

// OpenView opens the directory for reading.
func OpenView(dir string) (*View, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	return &View{root: root, dir: dir, dirs: map[string]opened{}}, nil
}

// Dir returns the directory that the view was opened on.
func (v *View) Dir() string { return v.dir }

// Close releases the directory handles.
func (v *View) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, d := range v.dirs {
		if d.root != nil {
			d.root.Close()
		}
	}
	v.dirs = map[string]opened{}
	return v.root.Close()
}

// parent returns a handle on the directory of a name. Handles are kept,
// because os.Root walks every element of a path on every call: a thousand
// fragments in one directory then cost one open each.
func (v *View) parent(name string) (*os.Root, string, error) {
	dir, base := path.Split(path.Clean(name))
	dir = path.Clean(dir)
	if dir == "." || dir == "/" || base == ".." {
		return v.root, name, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	d, ok := v.dirs[dir]
	if !ok {
		d.root, d.err = v.root.OpenRoot(filepath.FromSlash(dir))
		d.err = v.notDirectory(dir, Classify(d.err))
		v.dirs[dir] = d
	}
	return d.root, base, d.err
}

// notDirectory adds the class that OpenRoot's own error for a file in place of
// a directory lacks.
func (v *View) notDirectory(dir string, err error) error {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info, e := v.root.Stat(filepath.FromSlash(dir)); e == nil && !info.IsDir() {
		return &fault{class: ErrUnderFile, err: err}
	}
	return err
}

// ReadFile returns the content and permission bits of a regular file. The
// error is fs.ErrNotExist, ErrIsDirectory, ErrUnderFile, ErrLeadsOut or what
// the system said.
func (v *View) ReadFile(name string) ([]byte, fs.FileMode, error) {
	parent, base, err := v.parent(name)
	if err != nil {
		return nil, 0, err
	}
	// Without blocking on a FIFO that somebody left where a file belongs.
	f, err := parent.OpenFile(filepath.FromSlash(base), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, 0, Classify(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, Classify(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &fs.PathError{Op: "read", Path: name, Err: ErrIsDirectory}
	}
	content := make([]byte, info.Size())
	n, err := io.ReadFull(f, content)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF): // it shrank meanwhile
	case err != nil && !errors.Is(err, io.EOF):
		return nil, 0, Classify(err)
	}
	return content[:n], info.Mode().Perm(), nil
}

// Names lists a directory, sorted; a directory that does not exist is empty.
func (v *View) Names(dir string) ([]string, error) {
	entries, err := fs.ReadDir(v.root.FS(), path.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, Classify(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Empty reports whether nothing is in a directory, or the directory not there.
func (v *View) Empty(dir string) (bool, error) {
	f, err := v.root.Open(filepath.FromSlash(path.Clean(dir)))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, Classify(err)
	}
	defer f.Close()
	switch _, err := f.ReadDir(1); {
	case errors.Is(err, io.EOF):
		return true, nil
	default:
		return false, Classify(err)
	}
}

// Exists reports whether anything is there; the path is relative, or absolute
// and then anywhere. Links are followed, also out of the directory: that
// something exists is no secret.
func (v *View) Exists(name string) bool {
	if !filepath.IsAbs(name) {
		name = filepath.Join(v.dir, filepath.FromSlash(name))
	}
	_, err := os.Stat(name)
	return err == nil
}

// Link reports what stands at a name: nothing, a symbolic link and its target,
// or something else.
func (v *View) Link(name string) (exists, isLink bool, target string) {
	parent, base, err := v.parent(name)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist), false, ""
	}
	base = filepath.FromSlash(base)
	info, err := parent.Lstat(base)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist), false, ""
	}
	if info.Mode()&fs.ModeSymlink == 0 {
		return true, false, ""
	}
	target, err = parent.Readlink(base)
	return true, err == nil, target
}
