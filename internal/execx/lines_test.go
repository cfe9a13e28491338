package execx_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/internal/execx"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	for _, tc := range []struct {
		name   string
		writes []string
		want   []string
	}{
		{"lines over several writes", []string{"a", "b\nc", "\n"}, []string{"ab", "c"}},
		{"a last line without ending", []string{"a\nb"}, []string{"a", "b"}},
		{"empty lines stay", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"Windows endings", []string{"a\r\nb\r\n"}, []string{"a", "b"}},
		{"only the last drawing of a progress line", []string{"10%\r50", "%\r100%\n"}, []string{"100%"}},
		{"a line that is too long is cut", []string{long + "yz\n"}, []string{long, "yz"}},
		{"nothing", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			w := execx.Lines(func(line string) { got = append(got, line) })
			for _, s := range tc.writes {
				if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
					t.Fatalf("wrote %d, %v", n, err)
				}
			}
			w.Flush()
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAnEndlessRedrawKeepsOnlyTheLast(t *testing.T) {
	var got []string
	w := execx.Lines(func(line string) { got = append(got, line) })
	for range 50_000 {
		_, _ = w.Write([]byte("receiving objects\r"))
	}
	_, _ = w.Write([]byte("done\n"))
	if d := cmp.Diff([]string{"done"}, got); d != "" {
		t.Error(d)
	}
}
