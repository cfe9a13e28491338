package termx

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are the three standard streams of a run. Results go to Out; progress,
// logs and errors go to Err.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// DefaultWidth is assumed where a terminal does not tell its width, in columns.
const DefaultWidth = 80

// terminal is implemented by test doubles that stand for a terminal.
type terminal interface {
	IsTerminal() bool
	Width() int
}

// IsTerminal reports whether a stream (an io.Reader or io.Writer) is a
// terminal. Anything that is not a file is not, unless it says so itself.
func IsTerminal(stream any) bool {
	switch s := stream.(type) {
	case terminal:
		return s.IsTerminal()
	case *os.File:
		return term.IsTerminal(int(s.Fd()))
	default:
		return false
	}
}

// Width returns the width of the terminal behind a stream in columns, or
// DefaultWidth where there is none.
func Width(stream any) int {
	switch s := stream.(type) {
	case terminal:
		return s.Width()
	case *os.File:
		if w, _, err := term.GetSize(int(s.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return DefaultWidth
}
