package sdk

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxText is how many bytes of text go into one notification.
const maxText = 1 << 20

type requestKey struct{}

// request is what a context of a call carries.
type request struct {
	server *server
	id     json.RawMessage
}

// Log tells devpm a line, of 1 MiB at most; level is Debug, Info, Warning or
// Error. With a context that is not of a call it does nothing.
func Log(ctx context.Context, level, message string) {
	if len(message) > maxText {
		message = strings.ToValidUTF8(message[:maxText], "") + "…"
	}
	if r, ok := ctx.Value(requestKey{}).(request); ok {
		r.server.notify("log", logParams{Level: level, Message: message})
	}
}

// Progress says how far the call is, from 0 to 100; a negative percentage means
// unknown.
func Progress(ctx context.Context, percent float64, message string) {
	r, ok := ctx.Value(requestKey{}).(request)
	if !ok {
		return
	}
	p := progressParams{ID: r.id, Message: message}
	if percent >= 0 {
		percent = min(percent, 100)
		p.Percent = &percent
	}
	r.server.notify("progress", p)
}

// Output returns a writer for what a command prints for its user; devpm shows it
// as it comes. It may be the output of a program: a letter that is written in two
// parts is shown once it is whole. With a context that is not of a call nothing is
// shown.
func Output(ctx context.Context) io.Writer { return &output{ctx: ctx} }

type output struct {
	ctx context.Context

	mu   sync.Mutex
	rest []byte // the beginning of a letter
}

// Write sends text in pieces that a message can hold.
func (o *output) Write(b []byte) (int, error) {
	r, ok := o.ctx.Value(requestKey{}).(request)
	if !ok {
		return len(b), nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	text := append(o.rest, b...)
	for len(text) > 0 {
		piece := text[:min(len(text), maxText)]
		piece = piece[:len(piece)-begun(piece)]
		if len(piece) == 0 {
			break
		}
		r.server.notify("output", outputParams{ID: r.id, Text: string(piece)})
		text = text[len(piece):]
	}
	o.rest = text
	return len(b), nil
}

// begun is how many bytes at the end of a text are the beginning of a letter.
func begun(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		last := text[len(text)-n:]
		if utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

type logParams struct {
	Level   string `json:"level"`
	Message string `json:"message"`
	Source  string `json:"source,omitempty"`
}

type progressParams struct {
	ID      json.RawMessage `json:"id,omitempty"`
	Message string          `json:"message,omitempty"`
	Percent *float64        `json:"percent,omitempty"`
}

type outputParams struct {
	ID   json.RawMessage `json:"id"`
	Text string          `json:"text"`
}
