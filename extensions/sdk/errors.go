package sdk

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// Severities of findings and levels of log.
const (
	Debug   = "debug"
	Info    = "info"
	Warning = "warning"
	Error   = "error"
)

// Failure is an error that tells devpm more than its message. Any other error
// is shown by its text.
type Failure struct {
	Message  string
	Fix      string // what the user can do
	Config   bool   // the project's settings are wrong, the extension is fine
	Source   string // file that the error is about
	Line     int    // in Source, from 1
	ExitCode int    // of a program that the work ended with; devpm ends with it
}

// Error returns the message.
func (f *Failure) Error() string { return f.Message }

// Codes of errors on the wire.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
	codeInternal       = -32603
	codeCancelled      = -32800
	codeFailed         = -32000
	codeConfig         = -32001
)

type wireError struct {
	Code    int        `json:"code"`
	Message string     `json:"message"`
	Data    *errorData `json:"data,omitempty"`
}

type errorData struct {
	Source   string   `json:"source,omitempty"`
	Line     int      `json:"line,omitempty"`
	Fix      string   `json:"fix,omitempty"`
	ExitCode int      `json:"exit_code,omitempty"`
	Trace    []string `json:"trace,omitempty"`
}

func failure(code int, format string, args ...any) *wireError {
	return &wireError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// asWire says an error of an extension's function in the words of the protocol.
func asWire(ctx context.Context, err error) *wireError {
	if own := (*wireError)(nil); errors.As(err, &own) {
		return own
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return failure(codeCancelled, "cancelled")
	}
	out := failure(codeFailed, "%s", err.Error())
	if f := (*Failure)(nil); errors.As(err, &f) {
		if f.Config {
			out.Code = codeConfig
		}
		out.Data = &errorData{Source: f.Source, Line: f.Line, Fix: f.Fix, ExitCode: f.ExitCode}
	}
	return out
}

// Error makes wireError pass through functions that return error.
func (e *wireError) Error() string { return e.Message }

// panicked says a panic as an error that names the line it came from.
func panicked(value any) *wireError {
	out := failure(codeInternal, "panic: %v", value)
	out.Data = &errorData{}
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // not Callers, panicked, the deferred function
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			if out.Data.Source == "" {
				out.Data.Source, out.Data.Line = f.File, f.Line
			}
			out.Data.Trace = append(out.Data.Trace, fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line))
		}
		if !more {
			return out
		}
	}
}
