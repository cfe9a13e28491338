package prepare

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestBuildCannotReachTheWorld: what planning decides is made of values, since
// nothing that it imports can read, write or start anything.
func TestBuildCannotReachTheWorld(t *testing.T) {
	// io/fs is here for FileMode, net/netip for addresses, time for Time.
	allowed := []string{"bytes", "cmp", "crypto/hmac", "crypto/sha256", "encoding/hex", "encoding/json", "fmt", "io/fs", "maps", "net/netip", "path", "regexp", "slices", "strconv", "strings", "time",
		"github.com/devpm/devpm/diag", "github.com/devpm/devpm/manifest", "github.com/devpm/devpm/manifest/link", "github.com/devpm/devpm/prepare/lock"}
	files, err := filepath.Glob("*.go")
	locks, lockErr := filepath.Glob("lock/*.go") // planning encodes and compares locks, so it is held to the same
	if err != nil || lockErr != nil || len(files) == 0 || len(locks) == 0 {
		t.Fatal(err, lockErr, files, locks)
	}
	files = append(files, locks...)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path, _ := strconv.Unquote(i.Path.Value); !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}
