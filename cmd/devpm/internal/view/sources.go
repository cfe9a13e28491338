package view

import (
	"strings"
	"sync"
)

// Sources keeps the texts that diagnostics may point into, by the file name
// that diagnostics show. It is safe for use by several goroutines, and a nil
// *Sources is an empty one.
type Sources struct {
	mu    sync.Mutex
	files map[string][]byte
}

// NewSources returns an empty set.
func NewSources() *Sources { return &Sources{files: map[string][]byte{}} }

// Add keeps a file's text. The bytes must not change afterwards.
func (s *Sources) Add(file string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[file] = text
}

// line returns one line, counted from 1, without its ending.
func (s *Sources) line(file string, number int) (string, bool) {
	if s == nil || number < 1 {
		return "", false
	}
	s.mu.Lock()
	text, ok := s.files[file]
	s.mu.Unlock()
	if !ok {
		return "", false
	}
	rest := string(text)
	for ; number > 1; number-- {
		_, after, found := strings.Cut(rest, "\n")
		if !found {
			return "", false
		}
		rest = after
	}
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSuffix(line, "\r"), true
}
