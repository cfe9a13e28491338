package apply

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/devpm/devpm/diag"
)

// The journal of the last run, and of the one before it.
const (
	journalName  = "journal.jsonl"
	previousName = "journal.previous.jsonl"
)

// entry is one line of the journal.
type entry struct {
	Time    time.Time `json:"time"`
	Event   string    `json:"event"` // begin, step, action, done, failed, end
	Command string    `json:"command,omitempty"`
	PID     int       `json:"pid,omitempty"`
	Step    string    `json:"step,omitempty"`
	Action  string    `json:"action,omitempty"`
	Result  string    `json:"result,omitempty"`
}

// Journal notes what a run does while it does it, so that the next run can
// tell what was interrupted. Lines hold ids and paths, never contents. A nil
// Journal notes nothing.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	now  func() time.Time
	err  error // the first line that could not be written
}

// OpenJournal begins a journal in the directory, which it makes. The previous
// run's is kept beside it. Call it while holding the project's lock, and after
// ReadInterrupted.
func OpenJournal(dir, command string, now func() time.Time) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	path := filepath.Join(dir, journalName)
	if err := os.Rename(path, filepath.Join(dir, previousName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	j := &Journal{file: f, now: now}
	j.note(entry{Event: "begin", Command: command, PID: os.Getpid()}, true)
	return j, j.err
}

// Close ends the journal. Without it the next run finds this one interrupted.
func (j *Journal) Close(result string) error {
	if j == nil {
		return nil
	}
	j.note(entry{Event: "end", Result: result}, true)
	return errors.Join(j.err, j.file.Close())
}

// note writes one line. Steps are synced to the disk; actions are not, since
// the kernel keeps them when only devpm dies, and a sync for each of a
// thousand files would cost more than writing them.
func (j *Journal) note(e entry, sync bool) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Time = j.now()
	line, err := json.Marshal(e)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err == nil && sync {
		err = j.file.Sync()
	}
	if j.err == nil {
		j.err = err
	}
}

// Note writes down an action of a run that walks no plan.
func (j *Journal) Note(action string) { j.note(entry{Event: "action", Action: action}, false) }

// fault is the first error of writing.
func (j *Journal) fault() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Interruption is a run that did not come to its end.
type Interruption struct {
	Command string
	PID     int
	Since   time.Time
	Step    string // the step it was in; "" between steps
	Action  string // the last action it had begun
}

// Diagnostic says it to the user.
func (i Interruption) Diagnostic() diag.Diagnostic {
	where := ""
	if i.Step != "" {
		where = " in " + i.Step
		if i.Action != "" {
			where += " (" + i.Action + ")"
		}
	}
	return diag.Diagnostic{
		Code: diag.RunInterrupted, Severity: diag.Notice,
		Message: fmt.Sprintf("the previous run (%s, %s) was interrupted%s; continuing", i.Command, i.Since.Format(time.DateTime), where),
	}
}

// ReadInterrupted returns the run that was interrupted, or nil when the last
// one ended by itself or there was none. A line that was cut off is no error.
func ReadInterrupted(dir string) (*Interruption, error) {
	text, err := os.ReadFile(filepath.Join(dir, journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	var found *Interruption
	for line := range bytes.Lines(text) {
		var e entry
		if json.Unmarshal(line, &e) != nil {
			continue
		}
		switch {
		case e.Event == "begin":
			found = &Interruption{Command: e.Command, PID: e.PID, Since: e.Time}
		case found == nil:
		case e.Event == "step":
			found.Step, found.Action = e.Step, ""
		case e.Event == "action":
			found.Action = e.Action
		case e.Event == "done":
			found.Step, found.Action = "", ""
		case e.Event == "end":
			found = nil
		}
	}
	return found, nil
}
