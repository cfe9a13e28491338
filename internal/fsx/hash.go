package fsx

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// HashBelow is the sha256 of a regular file below a directory that is not
// trusted, of any size, in lower-case hexadecimal. Links that lead out and devices are refused.
func HashBelow(dir, name string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", classify(err)
	}
	defer root.Close()
	f, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|nonblock, 0)
	if err != nil {
		return "", classify(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", classify(err)
	}
	if !info.Mode().IsRegular() {
		return "", &fs.PathError{Op: "read", Path: name, Err: ErrIsDirectory}
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", classify(err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
