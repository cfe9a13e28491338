package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// TestRunsShareOneKey also when they all make it: what one hashed, another has to
// know again.
func TestRunsShareOneKey(t *testing.T) {
	top := t.TempDir()
	for try := range 100 {
		app := newApp(Host{Environ: []string{"XDG_STATE_HOME=" + filepath.Join(top, fmt.Sprint(try))}})
		keys := make([][]byte, 8)
		var wait sync.WaitGroup
		for i := range keys {
			wait.Go(func() {
				key, err := makeHashKey(t.Context(), app, "")
				if err != nil {
					t.Error(err)
				}
				keys[i] = key
			})
		}
		wait.Wait()
		for _, key := range keys {
			if len(key) != keySize || !bytes.Equal(key, readHashKey(app, "")) {
				t.Fatalf("try %d: %x is not what was kept", try, key)
			}
		}
	}
}
