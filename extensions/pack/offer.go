package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/devpm/devpm/diag"
)

// Offer is a package that lies outside of the store, described as it would be in
// it. Nothing is written, and it is not ready to run: Install makes it so.
// The error is one of the file system.
func Offer(a *Archive, path string, note Note) (*Installed, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &Installed{
		Name: a.Metadata.Name, Version: storedVersion(a), SHA256: a.SHA256, Size: int64(len(a.content)),
		Source: note.Source, At: note.At, Signature: note.Signature, SignedBy: note.SignedBy, Metadata: a.Metadata,
		blob: path, mtime: info.ModTime().UnixNano(),
	}, nil
}

// Bytes reads the archive, which is the one that was installed or a
// *diag.Failure.
func (i *Installed) Bytes() ([]byte, error) {
	content, err := readArchive(i.blob)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != i.SHA256 {
		return nil, failure(diag.StoreDamaged, i.blob, fmt.Sprintf("the archive of %s %s was changed", i.Name, i.Version), "install the same package again")
	}
	return content, nil
}
