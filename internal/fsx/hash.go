package fsx

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// HashBelow is the sha256 of a regular file below a directory that is not
// trusted, of any size, in lower-case hexadecimal. Links that lead out and devices are refused.
func HashBelow(dir, name string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", Classify(err)
	}
	defer root.Close()
	f, _, err := OpenRegular(root, name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", Classify(err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
