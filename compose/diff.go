package compose

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// UnifiedDiff is the difference of two versions of a file as `diff -u` writes
// it (a/path and b/path), and how many lines were added and removed. Equal
// contents give "".
func UnifiedDiff(path string, old, new []byte) (diff string, added, removed int) {
	diff = udiff.Unified("a/"+path, "b/"+path, string(old), string(new))
	for i, line := range strings.Split(diff, "\n") {
		switch {
		case i < 2: // the file names
		case strings.HasPrefix(line, "+"):
			added++
		case strings.HasPrefix(line, "-"):
			removed++
		}
	}
	return diff, added, removed
}
