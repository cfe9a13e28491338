package sdk

import (
	"context"
	"encoding/json"
	"io"
)

type requestKey struct{}

// request is what a context of a call carries.
type request struct {
	server *server
	id     json.RawMessage
}

// Log tells devpm a line; level is Debug, Info, Warning or Error. With a context
// that is not of a call it does nothing.
func Log(ctx context.Context, level, message string) {
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
// as it comes. With a context that is not of a call nothing is shown.
func Output(ctx context.Context) io.Writer { return output{ctx} }

type output struct{ ctx context.Context }

func (o output) Write(b []byte) (int, error) {
	if r, ok := o.ctx.Value(requestKey{}).(request); ok {
		r.server.notify("output", outputParams{ID: r.id, Text: string(b)})
	}
	return len(b), nil
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
