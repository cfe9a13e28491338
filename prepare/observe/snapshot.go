package observe

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// snapshotFiles identify a source tree of Odoo, in this order.
var snapshotFiles = []string{"odoo/release.py", "odoo-bin"}

// snapshotLimit bounds what is read of one of them.
const snapshotLimit = 16 << 20

// TreeIdentity stands for the commit of a file:// tree without git (LCK-10): 40 hex
// digits of a SHA-256 over the two files that tell Odoo's version, or over path
// and time stamp where neither is there.
func TreeIdentity(dir string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("opening %s: %w", dir, err)
	}
	defer root.Close()
	sum := sha256.New()
	found := false
	for _, name := range snapshotFiles {
		info, err := root.Stat(filepath.FromSlash(name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("looking at %s: %w", name, err)
		}
		f, err := root.Open(filepath.FromSlash(name))
		if err != nil {
			return "", fmt.Errorf("opening %s: %w", name, err)
		}
		found = true
		sum.Write(append([]byte(name), 0))
		_, err = io.Copy(sum, io.LimitReader(f, snapshotLimit))
		f.Close()
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", name, err)
		}
	}
	if !found {
		info, err := os.Stat(dir)
		if err != nil {
			return "", fmt.Errorf("looking at %s: %w", dir, err)
		}
		fmt.Fprintf(sum, "%s\x00%d", dir, info.ModTime().UnixNano())
	}
	return hex.EncodeToString(sum.Sum(nil))[:40], nil
}
