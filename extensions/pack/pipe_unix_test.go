//go:build unix

package pack_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

// Nobody may ever write into a pipe, so it is not opened.
func TestAPipeIsNoArchive(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "a.zip")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := pack.OpenArchive(pipe, &diag.Collector{})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || !strings.HasSuffix(err.Error(), "it is not a file") {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for a writer")
	}
}
