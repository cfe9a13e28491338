package apply

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// StepError is a run that stopped in a step: which, why, the last lines of the
// command concerned, what was done before and how to go on.
type StepError struct {
	Step        string
	Reason      string
	Tail        []string
	ExitCode    int // of the command that failed; 0 when none did
	Diagnostics diag.List
	Done        []string // ids of the steps that were carried out, in order
	Next        string
	Interrupted bool
	Err         error
}

// Error is the step and the reason.
func (e *StepError) Error() string { return e.Step + ": " + e.Reason }

// Unwrap returns the effect's error.
func (e *StepError) Unwrap() error { return e.Err }

// List is what views print: the effect's own diagnostics, or one that names the
// step. A run that was interrupted without any has none.
func (e *StepError) List() diag.List {
	if len(e.Diagnostics) > 0 || e.Interrupted {
		return e.Diagnostics
	}
	return diag.List{{Code: diag.StepFailed, Message: "step " + e.Step + " failed: " + e.Reason}}
}

// Failed wraps an effect's error with the last lines of the command and its
// exit code, where the error itself does not tell them.
type Failed struct {
	Err      error
	Tail     []string
	ExitCode int
}

// Error is the wrapped error's text.
func (f *Failed) Error() string { return f.Err.Error() }

// Unwrap returns the wrapped error.
func (f *Failed) Unwrap() error { return f.Err }

// stepError describes a failure. Done and Next are the run's to fill in.
func stepError(ctx context.Context, step string, err error) *StepError {
	e := &StepError{Step: step, Err: err, Reason: err.Error()}
	if ctx.Err() != nil {
		e.Interrupted, e.Reason = true, "interrupted"
		e.Err = errors.Join(context.Cause(ctx), err)
		if !errors.Is(e.Err, context.Canceled) {
			e.Err = errors.Join(context.Canceled, e.Err)
		}
	}
	if failed, ok := errors.AsType[*Failed](err); ok {
		e.Tail, e.ExitCode = failed.Tail, failed.ExitCode
	}
	var tail interface{ LastLines() []string }
	if len(e.Tail) == 0 && errors.As(err, &tail) {
		e.Tail = tail.LastLines()
	}
	var exit interface{ ExitStatus() int }
	if e.ExitCode == 0 && errors.As(err, &exit) {
		e.ExitCode = exit.ExitStatus()
	}
	var list *diag.Failure
	var judged interface{ Diagnostics() diag.List }
	switch {
	case errors.As(err, &list):
		e.Diagnostics = list.List
	case errors.As(err, &judged):
		e.Diagnostics = judged.Diagnostics()
	}
	if len(e.Diagnostics) > 0 && !e.Interrupted {
		e.Reason = e.Diagnostics[0].Message
	}
	return e
}

// PathFault turns an error about a path into a diagnostic; ok is false when the
// error is of no known kind. It also knows *fsx.HeldError.
func PathFault(path string, err error) (d diag.Diagnostic, ok bool) {
	err = fsx.Classify(err)
	d = diag.Diagnostic{Range: diag.Range{File: path}}
	var held *fsx.HeldError
	switch {
	case errors.As(err, &held):
		d.Range, d.Code = diag.Range{}, diag.ProjectHeld
		d.Message = "another run holds this project"
		if h := held.Holder; h.PID != 0 {
			d.Message = fmt.Sprintf("another run holds this project: %s, process %d, since %s", h.Command, h.PID, h.Since.Format(time.DateTime))
		}
		d.Fix = "wait until it ends, or end that process; nothing is left behind that would have to be removed"
	case errors.Is(err, fsx.ErrNoSpace):
		d.Code, d.Message = diag.DiskFull, "no space is left on the disk; the old content is untouched"
		d.Fix = "free space, then run again; `docker system df` shows what images and volumes take"
	case errors.Is(err, fsx.ErrLeadsOut):
		d.Code, d.Message = diag.PathLeadsOut, "devpm generates this path, but a symbolic link leads it out of the project"
		d.Fix = "replace the symbolic link by a real file or directory"
	case errors.Is(err, fsx.ErrUnderFile):
		d.Code, d.Message = diag.PathOccupied, "devpm generates this path, but a part of it is a file"
		d.Fix = "move that file away, so that a directory can take its place; devpm never deletes what it did not make"
	case errors.Is(err, fsx.ErrIsDirectory), errors.Is(err, fsx.ErrOccupied), errors.Is(err, fs.ErrExist):
		d.Code, d.Message = diag.PathOccupied, "something else is in the place of what devpm generates here"
		d.Fix = "move it away; devpm never deletes what it did not make"
	case errors.Is(err, fsx.ErrReadOnly):
		d.Code, d.Message = diag.NotWritable, "this path cannot be written"
		d.Fix = "give yourself write access to its directory, or mount the file system for writing; nothing was changed here"
	default:
		return diag.Diagnostic{}, false
	}
	return d, true
}

// pathError is PathFault as an error.
func pathError(path string, err error) error {
	if err == nil {
		return nil
	}
	d, ok := PathFault(path, err)
	if !ok {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return &pathFailure{Failure: diag.Failure{List: diag.List{d}}, err: err}
}

// pathFailure is a diagnostic that remembers its cause.
type pathFailure struct {
	diag.Failure
	err error
}

func (p *pathFailure) Diagnostics() diag.List { return p.List }
func (p *pathFailure) Unwrap() error          { return p.err }

// joinPaths makes one failure of several files': all diagnostics, but one alone
// when the disk is full, which is one fault however many files meet it.
func joinPaths(errs []error) error {
	var list diag.List
	var other []error
	for _, err := range errs {
		var p *pathFailure
		switch {
		case err == nil:
		case errors.As(err, &p) && p.List[0].Code == diag.DiskFull:
			return err
		case errors.As(err, &p):
			list = append(list, p.List...)
			other = append(other, err)
		default:
			other = append(other, err)
		}
	}
	if len(list) == 0 {
		return errors.Join(other...)
	}
	return &pathFailure{Failure: diag.Failure{List: list.Sorted()}, err: errors.Join(other...)}
}

// next says how to go on after a failure in a step.
func next(step string, interrupted bool) string {
	if interrupted {
		return "run `devpm up` again: it continues with " + step
	}
	text := "fix the cause, then run `devpm up` again: it continues with " + step
	if strings.HasPrefix(step, "hooks.") {
		text += " and runs all hooks of that phase"
	}
	return text
}

// StepFailure describes a failure outside a plan, such as a hook of `down`, as
// Run describes those inside one.
func StepFailure(ctx context.Context, step string, err error) *StepError {
	e := stepError(ctx, step, err)
	e.Next = "fix the cause, then run the command again"
	return e
}
