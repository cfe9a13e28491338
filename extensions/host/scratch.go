package host

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// scratchNames are the variables that name the directory for temporary files,
// here and there.
var scratchNames = []string{"TMPDIR", "TEMP", "TMP"}

// withScratch gives a program that may write a directory of its own for temporary
// files: it may not write where all have theirs. A program that may not write gets
// none, so planning makes nothing.
func withScratch(p Program) (Program, string, error) {
	if len(p.Profile.Write) == 0 {
		return p, "", nil
	}
	dir, err := os.MkdirTemp("", "devpm-extension-")
	if err != nil {
		return p, "", fmt.Errorf("making a directory for its temporary files: %w", err)
	}
	p.Profile.Write = append(slices.Clip(p.Profile.Write), dir)
	p.Env = slices.DeleteFunc(slices.Clone(p.Env), func(entry string) bool {
		key, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(scratchNames, func(name string) bool { return strings.EqualFold(key, name) })
	})
	for _, name := range scratchNames {
		p.Env = append(p.Env, name+"="+dir)
	}
	return p, dir, nil
}

// removeScratch removes that directory when its program has ended. What cannot be
// removed stays where the system keeps temporary files.
func removeScratch(dir string) {
	if dir == "" || os.RemoveAll(dir) == nil {
		return
	}
	// Some directories may not be written, like those of Go's module cache.
	if root, err := os.OpenRoot(dir); err == nil {
		_ = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, _ error) error {
			if d != nil && d.IsDir() {
				_ = root.Chmod(path, 0o700)
			}
			return nil
		})
		_ = root.Close()
	}
	_ = os.RemoveAll(dir)
}
