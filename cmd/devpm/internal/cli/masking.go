package cli

import (
	"io"
	"sync/atomic"

	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/manifest/secrets"
)

// masking takes the values of secrets out of everything that a run prints. It
// stands between the run and its streams, so that no view, log or error can
// forget it; only programs that devpm hands its streams to write past it.
type masking struct {
	redactor atomic.Pointer[secrets.Redactor]
	shown    atomic.Bool // --show-secrets: results on stdout are not masked
}

// text masks what will be cut to a width before it is printed.
func (m *masking) text(text string) string { return m.redactor.Load().Text(text) }

// maskedStream is a stream of the run. It is the terminal that it hides.
type maskedStream struct {
	io.Writer
	masking *masking
	result  bool // stdout
}

// Write masks one write. Every print of devpm is one, so no value is cut in
// two between writes.
func (s *maskedStream) Write(b []byte) (int, error) {
	if s.result && s.masking.shown.Load() {
		return s.Writer.Write(b)
	}
	if _, err := s.Writer.Write(s.masking.redactor.Load().Bytes(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// IsTerminal and Width are those of the stream behind it.
func (s *maskedStream) IsTerminal() bool { return termx.IsTerminal(s.Writer) }

// Width implements what termx asks of a terminal.
func (s *maskedStream) Width() int { return termx.Width(s.Writer) }

// mask puts masking in front of a host's streams.
func (a *App) mask() {
	a.raw = a.Streams
	a.Streams.Out = &maskedStream{Writer: a.raw.Out, masking: &a.masking, result: true}
	a.Streams.Err = &maskedStream{Writer: a.raw.Err, masking: &a.masking}
}
