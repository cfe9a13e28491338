package fsx

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrTooLarge says that a file is larger than its reader takes.
var ErrTooLarge = errors.New("the file is too large")

// ReadBelow reads one regular file below a directory that is not trusted, such
// as a repository: links that lead out, devices and more than most bytes are
// refused. The error of a directory that does not exist is fs.ErrNotExist too.
func ReadBelow(dir, name string, most int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Classify(err)
	}
	defer root.Close()
	f, _, err := OpenRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, Classify(err)
	}
	if int64(len(content)) > most {
		return nil, &fs.PathError{Op: "read", Path: name, Err: ErrTooLarge}
	}
	return content, nil
}
