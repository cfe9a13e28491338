package fsx

import (
	"io/fs"
	"os"
	"path/filepath"
)

// OpenRegular opens a regular file below a directory that is not trusted, such
// as a repository, for reading. A link that leads out gives ErrLeadsOut; a
// directory or device ErrIsDirectory. A pipe blocks nobody.
func OpenRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	f, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, Classify(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: name, Err: ErrIsDirectory}
	}
	if err != nil {
		f.Close()
		return nil, nil, Classify(err)
	}
	return f, info, nil
}
