package execx

import (
	"bytes"
	"strings"
	"sync"
)

// maxLine bounds what one line may hold; a longer one is cut into several.
const maxLine = 64 << 10

// LineWriter splits what is written to it into lines. It may be written to
// from several goroutines.
type LineWriter struct {
	mu      sync.Mutex
	emit    func(string)
	partial []byte
}

// Lines returns a writer that calls emit for each complete line, without its
// ending. Of a line that redraws itself with carriage returns, only what would
// stay on the screen is passed on. Calls do not overlap. Flush emits what is
// left.
func Lines(emit func(line string)) *LineWriter { return &LineWriter{emit: emit} }

// Write implements io.Writer and never fails.
func (w *LineWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		w.partial = append(w.partial, b[:i]...)
		w.send()
		b = b[i+1:]
	}
	w.partial = append(w.partial, b...)
	for len(w.partial) > maxLine {
		w.shorten()
	}
	return n, nil
}

// Flush emits a last line that had no ending.
func (w *LineWriter) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.partial) > 0 {
		w.send()
	}
}

func (w *LineWriter) send() {
	for len(w.partial) > maxLine {
		w.shorten()
	}
	w.emit(visible(w.partial))
	w.partial = w.partial[:0]
}

// shorten drops what a carriage return already overwrote, or else emits the
// first part of a line that is too long.
func (w *LineWriter) shorten() {
	if i := bytes.LastIndexByte(w.partial[:len(w.partial)-1], '\r'); i >= 0 {
		w.partial = append(w.partial[:0], w.partial[i+1:]...)
		return
	}
	w.emit(string(w.partial[:maxLine]))
	w.partial = append(w.partial[:0], w.partial[maxLine:]...)
}

func visible(line []byte) string {
	s := strings.TrimRight(string(line), "\r")
	if i := strings.LastIndexByte(s, '\r'); i >= 0 {
		s = s[i+1:]
	}
	return s
}

// tail keeps the last lines of several streams.
type tail struct {
	mu   sync.Mutex
	max  int
	kept []string
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) == t.max {
		copy(t.kept, t.kept[1:])
		t.kept = t.kept[:t.max-1]
	}
	t.kept = append(t.kept, line)
}

func (t *tail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.kept...)
}
