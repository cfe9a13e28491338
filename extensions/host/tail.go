package host

import (
	"strings"
	"sync"
	"unicode"
)

// Limits of what is kept of a program's standard error.
const (
	tailLines  = 20
	tailLength = 500 // bytes of one line
)

// tail keeps the last lines that a program wrote for people.
type tail struct {
	mu   sync.Mutex
	kept []string
}

// ownCode begins the names of devpm's modules in a program; lines about those push
// out what the extension's author looks for.
const ownCode = `"<devpm>/`

func (t *tail) add(line string) {
	if strings.Contains(line, ownCode) {
		return
	}
	line = short(line, tailLength)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == tailLines {
		t.kept = append(t.kept[:0], t.kept[1:]...)
	}
	t.kept = append(t.kept, line)
}

func (t *tail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.kept...)
}

// short makes text of a program fit to be shown beside other things: plain, and no
// more than its first bytes.
func short(text string, most int) string {
	if len(text) <= most {
		return plain(text)
	}
	return plain(strings.ToValidUTF8(text[:most], "")) + "…"
}

// plain makes text of a program fit to be shown: no escape sequences that move
// the cursor or colour what follows, one line.
func plain(text string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case unicode.IsControl(r):
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")), " ")
}
