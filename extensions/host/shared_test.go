//go:build unix

package host_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/devpm/devpm/extensions/host"
)

// Of several extensions in one program the one that was being loaded is to blame,
// at the place where it was; the program of one extension speaks for no other.
func TestWhoOfASharedProgramIsToBlame(t *testing.T) {
	for _, tt := range []struct {
		act    string
		shared bool
		want   string
	}{
		{"hangs-in-one", true, ".odpm/plugins/shop.py:7:1: error DPM7102: the extension shop did not answer within 500ms of its start"},
		{"crashes-in-one", true, ".odpm/plugins/shop.py: error DPM7101: the extension shop ended with exit status 3 while it started\n    shop: Segmentation fault"},
		{"hangs-in-one", false, ".odpm/plugins/shop.py:7:1: error DPM7102: the extension hangs-in-one did not answer within 500ms of its start"},
		{"crashes-in-one", false, "error DPM7101: the extension crashes-in-one ended with exit status 3 while it started\n    crashes-in-one: Segmentation fault"},
	} {
		var mu sync.Mutex
		var said []string
		h := host.New(host.Options{Limits: host.Limits{Start: 500 * time.Millisecond}, Log: func(extension, _, message string) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, extension+" | "+message)
		}})
		p := program(tt.act)
		p.Shared = tt.shared
		_, err := h.Start(t.Context(), p, initialize)
		f, ok := errors.AsType[*host.Failure](err)
		if !ok {
			t.Fatalf("%s: %v", tt.act, err)
		}
		found := f.Findings()[0]
		found.Fix = ""
		if got := found.String(); got != tt.want {
			t.Errorf("%s: got %s", tt.act, got)
		}
		want := "mail | loading"
		if !tt.shared {
			want = tt.act + " | .odpm/plugins/mail.py: loading"
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if !slices.Contains(said, want) {
			t.Errorf("%s: said %q", tt.act, said)
		}
	}
}
