// Package execxtest has a Runner for tests that starts nothing: it records
// what it is asked and answers from a function.
package execxtest

import (
	"context"
	"io"
	"strings"
	"sync"

	"github.com/devpm/devpm/internal/execx"
)

// Runner records commands. Answer decides what each one does; without it, each
// succeeds silently. It may be used from several goroutines.
type Runner struct {
	Answer func(c execx.Command) (execx.Result, error)

	mu    sync.Mutex
	calls []execx.Command
}

var _ execx.Runner = (*Runner)(nil)

// Run implements execx.Runner.
func (r *Runner) Run(ctx context.Context, c execx.Command) (execx.Result, error) {
	r.mu.Lock()
	r.calls = append(r.calls, c)
	r.mu.Unlock()
	if ctx.Err() != nil {
		return execx.Result{ExitCode: execx.ExitInterrupted, Interrupted: true}, nil
	}
	if r.Answer == nil {
		return execx.Result{}, nil
	}
	return r.Answer(c)
}

// Calls returns the commands so far, in the order they were started.
func (r *Runner) Calls() []execx.Command {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]execx.Command(nil), r.calls...)
}

// Lines returns each command's argv joined by blanks.
func (r *Runner) Lines() []string {
	var out []string
	for _, c := range r.Calls() {
		out = append(out, strings.Join(c.Argv, " "))
	}
	return out
}

// Print writes text to a stream that may be nil.
func Print(w io.Writer, text string) {
	if w != nil {
		_, _ = io.WriteString(w, text)
	}
}
