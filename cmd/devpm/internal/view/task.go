package view

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/devpm/devpm/internal/termx"
)

// TaskState is how a command of an extension ended.
type TaskState string

// The states.
const (
	TaskSuccess   TaskState = "success"
	TaskFailed    TaskState = "failed"
	TaskCancelled TaskState = "cancelled"
	TaskTimedOut  TaskState = "timed_out"
)

// Task is one run of a command of an extension.
type Task struct {
	Extension        string          `json:"extension"`
	ExtensionVersion string          `json:"extension_version"`
	Command          string          `json:"command"`
	State            TaskState       `json:"state"`
	ExitCode         int             `json:"exit_code"` // of devpm: 124 and 130 when it was stopped
	Message          string          `json:"message"`
	Killed           bool            `json:"killed"` // it did not stop when it was told to
	Stdout           string          `json:"stdout"`
	Truncated        bool            `json:"stdout_truncated"`
	Output           json.RawMessage `json:"output,omitempty"`
}

// TaskJSON prints {"version": 1, …} with the fields of Task.
func (p Printer) TaskJSON(t Task) error {
	return p.JSON(struct {
		Version int `json:"version"`
		Task
	}{Version, t})
}

// answer is what an ExtensionResult of Stonebranch holds besides rc and message.
type answer struct {
	Values []json.RawMessage          `json:"values"`
	Unv    json.RawMessage            `json:"unv_output"`
	Output json.RawMessage            `json:"output"`
	Data   json.RawMessage            `json:"output_data"`
	Fields map[string]json.RawMessage `json:"output_fields"`
}

// TaskOutput prints what a command answered besides what it printed: of a
// Stonebranch command its choices, one a line, and its output; of others the
// answer as JSON, a text as it is.
func (p Printer) TaskOutput(raw json.RawMessage) {
	var text string
	var fields answer
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	if json.Unmarshal(raw, &text) == nil || json.Unmarshal(raw, &fields) != nil ||
		len(fields.Values)+len(fields.Unv)+len(fields.Output)+len(fields.Data)+len(fields.Fields) == 0 {
		p.line(word(raw))
		return
	}
	for _, v := range append(fields.Values, fields.Unv, fields.Output, fields.Data) {
		if len(v) > 0 {
			p.line(word(v))
		}
	}
}

// TaskFields are the output fields of a Stonebranch command, a line each as
// NAME: VALUE. They are no part of its output.
func TaskFields(raw json.RawMessage) []string {
	var fields answer
	if json.Unmarshal(raw, &fields) != nil {
		return nil
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(fields.Fields)) {
		lines = append(lines, termx.Plain(name)+": "+word(fields.Fields[name]))
	}
	return lines
}

// word is a value as people read it: a text as it is, anything else as JSON.
func word(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return termx.Plain(text)
	}
	return termx.Plain(string(raw))
}
