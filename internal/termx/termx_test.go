package termx_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/devpm/devpm/internal/termx"
)

func TestCutKeepsTheWidth(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  string
	}{
		{"short", 10, "short"},
		{"exactly", 7, "exactly"},
		{"too long", 5, "too …"},
		{"名字很长", 5, "名字…"},
		{"名字很长", 4, "名…"},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
		{"x", 0, ""},
		{"", 0, ""},
	}
	for _, tt := range tests {
		got := termx.Cut(tt.text, tt.width)
		if got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
		if termx.Cells(got) > tt.width {
			t.Errorf("Cut(%q, %d) is %d columns wide", tt.text, tt.width, termx.Cells(got))
		}
	}
}

func TestWrapBreaksAtBlanks(t *testing.T) {
	for _, tt := range []struct {
		text  string
		width int
		want  string // "|" between lines
	}{
		{"", 5, ""},
		{"one", 5, "one"},
		{"one two three", 7, "one two|three"},
		{"one two three", 6, "one|two|three"},
		{"a muchtoolongword b", 6, "a|muchtoolongword|b"},
		{"名字 很长", 4, "名字|很长"},
	} {
		if got := strings.Join(termx.Wrap(tt.text, tt.width), "|"); got != tt.want {
			t.Errorf("Wrap(%q, %d) = %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func TestPlainShowsControlCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\nc":        "a\tb\nc",
		"\x1b[2J":        `\x1b[2J`,
		"\r\x07":         `\x0d\x07`,
		"\u009b31m":      `\x9b31m`,
		"ordinary – näh": "ordinary – näh",
	} {
		if got := termx.Plain(text); got != want {
			t.Errorf("Plain(%q) = %q, want %q", text, got, want)
		}
	}
}

// screen is a terminal of a given width that keeps the bytes it got.
type screen struct {
	width int
	mu    sync.Mutex
	out   strings.Builder
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func (s *screen) IsTerminal() bool { return true }
func (s *screen) Width() int       { return s.width }

func TestColourFollowsTheFlagThenTheEnvironmentThenTheStream(t *testing.T) {
	tests := []struct {
		name   string
		stream any
		mode   termx.ColorMode
		env    map[string]string
		want   bool
	}{
		{"a terminal has colour", &screen{}, termx.ColorAuto, nil, true},
		{"a pipe has none", &bytes.Buffer{}, termx.ColorAuto, nil, false},
		{"NO_COLOR switches it off", &screen{}, termx.ColorAuto, map[string]string{"NO_COLOR": "1"}, false},
		{"an empty NO_COLOR does not", &screen{}, termx.ColorAuto, map[string]string{"NO_COLOR": ""}, true},
		{"a dumb terminal has none", &screen{}, termx.ColorAuto, map[string]string{"TERM": "dumb"}, false},
		{"--color always beats NO_COLOR", &bytes.Buffer{}, termx.ColorAlways, map[string]string{"NO_COLOR": "1"}, true},
		{"--color never beats the terminal", &screen{}, termx.ColorNever, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lookup := func(k string) (string, bool) { v, ok := tt.env[k]; return v, ok }
			if got := termx.StyleFor(tt.stream, tt.mode, lookup).Enabled(); got != tt.want {
				t.Errorf("colour is %v, want %v", got, tt.want)
			}
		})
	}
}
