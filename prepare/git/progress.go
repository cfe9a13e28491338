package git

import (
	"regexp"
	"strconv"
	"strings"
)

// maxError bounds what is kept of git's standard error.
const maxError = 64 << 10

// progressWriter keeps git's messages and turns its progress lines, which end
// in a carriage return, into reports.
type progressWriter struct {
	text    *strings.Builder
	report  func(detail string, percent int)
	pending []byte
}

var progressLine = regexp.MustCompile(`^(?:remote: )?([A-Z][A-Za-z ]+):\s+(?:(\d+)% \(|\d+)`)

// Write implements io.Writer and never fails.
func (w *progressWriter) Write(b []byte) (int, error) {
	for _, c := range b {
		if c != '\n' && c != '\r' {
			w.pending = append(w.pending, c)
			continue
		}
		w.flush()
	}
	return len(b), nil
}

func (w *progressWriter) flush() {
	line := string(w.pending)
	w.pending = w.pending[:0]
	if m := progressLine.FindStringSubmatch(line); m != nil {
		if w.report != nil {
			percent := -1
			if n, err := strconv.Atoi(m[2]); err == nil {
				percent = n
			}
			w.report(m[1], percent)
		}
		return
	}
	if line != "" && w.text.Len() < maxError {
		w.text.WriteString(line + "\n")
	}
}
