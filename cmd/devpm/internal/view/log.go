package view

import (
	"encoding/json"
	"io"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/undo"
)

// Log prints on stderr, with --log-format json, what Printer prints there as
// text: one JSON object a line, with the fields of a progress line and its own.
type Log struct {
	W   io.Writer
	Now func() time.Time
}

// logHead begins every line; "message" follows in each.
type logHead struct {
	Time  string      `json:"time"` // RFC 3339, UTC, milliseconds
	Level termx.Level `json:"level"`
	Step  string      `json:"step"`
	Event string      `json:"event"` // diagnostic, stopped, log
}

func (l Log) head(level termx.Level, step, event string) logHead {
	return logHead{l.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"), level, step, event}
}

func (l Log) print(v any) {
	e := json.NewEncoder(l.W)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings and numbers always encode; nobody is left to tell that writing failed
}

// Message prints one message of devpm itself.
func (l Log) Message(level termx.Level, message string) {
	l.print(struct {
		logHead
		Message string `json:"message"`
	}{l.head(level, "", "log"), message})
}

// Diagnostics prints a line for each, event "diagnostic", with the fields of
// the JSON document.
func (l Log) Diagnostics(list diag.List) {
	levels := map[diag.Severity]termx.Level{diag.Error: termx.LevelError, diag.Warning: termx.LevelWarning, diag.Notice: termx.LevelInfo}
	for _, d := range DiagnosticsOf(list) {
		l.print(struct {
			logHead
			DiagnosticJSON
		}{l.head(levels[d.Severity], "", "diagnostic"), d})
	}
}

// Failure prints a run that stopped: its diagnostics, then one line, event
// "stopped", with the last lines of the command, what was done and how to go on.
func (l Log) Failure(e *apply.StepError) {
	l.Diagnostics(e.List())
	level := termx.LevelError
	if e.Interrupted {
		level = termx.LevelWarning
	}
	l.print(struct {
		logHead
		Message   string   `json:"message"`
		LastLines []string `json:"last_lines"`
		Done      []string `json:"done"`
		Next      string   `json:"next"`
	}{l.head(level, e.Step, "stopped"), e.Reason, some(e.Tail), some(e.Done), e.Next})
}

// Made prints what a failed run made, event "made".
func (l Log) Made(items []undo.Item) {
	if len(items) == 0 {
		return
	}
	l.print(struct {
		logHead
		Message string      `json:"message"`
		Items   []undo.Item `json:"items"`
	}{l.head(termx.LevelInfo, "", "made"), "`devpm undo` takes back what this run made", items})
}

// some is a list that is [] in JSON, not null, when it is empty.
func some(list []string) []string { return append([]string{}, list...) }
