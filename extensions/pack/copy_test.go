package pack

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/devpm/devpm/diag"
)

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A disk that is full is not the archive's fault.
func TestAFullDiskIsNoDamage(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a")
	if err == nil {
		_, err = w.Write([]byte(strings.Repeat("content", 100)))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	var c diag.Collector
	r := readZip("a.zip", b.Bytes(), &c)
	if r.faults > 0 {
		t.Fatal(c.List())
	}
	if err := r.a.copyTo(full{}, r.a.Entries[0]); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
}
