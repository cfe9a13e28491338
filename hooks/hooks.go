// Package hooks runs the commands that a manifest ties to the phases of a run
// (design §5): argv, expanded when it runs, in the order written.
//
// It does not decide when a phase runs, judges no manifest shapes (package
// manifest has done that) and never uses a shell: "||" is an argument like any
// other. An entry that names a plugin goes to the extension that has it, through
// a function that the caller plugs in: this package knows no extensions.
package hooks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/manifest"
)

const (
	tailLines = 20               // what a failure shows of a hook's output
	quietTime = 30 * time.Second // how long a hook may say nothing before devpm does (design §7)
)

// ServiceExec runs argv inside a running service and hands out each line of its
// output.
type ServiceExec func(ctx context.Context, service string, argv []string, timeout time.Duration, line func(string)) (execx.Result, error)

// Plugin runs the hook runner of an extension in a phase. What the extension
// writes is its host's to show.
type Plugin func(ctx context.Context, id, phase string) error

// Runner runs hooks of one project. Line gets the output, one line at a time,
// with the label of the entry ("post_prepare[0]" or its name).
type Runner struct {
	Exec        execx.Runner
	Dir         string // the project: working directory of every hook
	Environment *manifest.Environment
	Tokens      manifest.Tokens // as those that the manifest was read with
	Variables   []string        // "KEY=value": more of the environment of commands on the host
	Service     ServiceExec     // nil where no service runs yet
	Plugin      Plugin          // nil where no extension is loaded
	Line        func(label, line string)
	Findings    *diag.Collector // tolerated failures become warnings here
	Quiet       time.Duration   // 0: 30 s
	// Mask takes secrets out of what is shown of commands and their output,
	// before it is cut; nil: there are none. What programs get is not masked.
	Mask func(text string) string
}

// Failure is a hook that ended the run. Its exit status is the hook's own, 124
// after a time-out, 127 or 126 when it could not be started.
type Failure struct {
	Phase      string
	Index      int
	Label      string
	Status     int
	Tail       []string // last lines of output
	Diagnostic diag.Diagnostic
	Others     diag.List // further findings of an extension
}

// Error is the diagnostic's message.
func (f *Failure) Error() string { return f.Diagnostic.Message }

// ExitStatus is what devpm ends with.
func (f *Failure) ExitStatus() int { return f.Status }

// LastLines is the end of the hook's output, for views.
func (f *Failure) LastLines() []string { return f.Tail }

// Diagnostics returns the findings, for views.
func (f *Failure) Diagnostics() diag.List { return append(diag.List{f.Diagnostic}, f.Others...) }

// Run runs the entries of a phase in the order written and stops at the first
// that fails, unless it says continue_on_error. The error is a *Failure, or the
// context's when the run was interrupted.
func (r *Runner) Run(ctx context.Context, phase string, entries []manifest.HookEntry) error {
	for i, entry := range entries {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		failure, err := r.entry(ctx, phase, i, entry)
		if err != nil {
			return err
		}
		if failure == nil {
			continue
		}
		if !entry.ContinueOnError {
			return failure
		}
		d := failure.Diagnostic
		d.Code, d.Severity = diag.HookTolerated, diag.Warning
		d.Message += "; continue_on_error lets the run go on"
		r.Findings.Add(d)
		for _, other := range failure.Others {
			other.Severity = diag.Warning
			r.Findings.Add(other)
		}
	}
	return nil
}

// entry runs one hook. A nil failure and error mean that it succeeded.
func (r *Runner) entry(ctx context.Context, phase string, index int, entry manifest.HookEntry) (*Failure, error) {
	label := entry.Name
	if label == "" {
		label = fmt.Sprintf("%s[%d]", phase, index)
	}
	fail := func(status int, code diag.Code, message, fix string) *Failure {
		return &Failure{Phase: phase, Index: index, Label: label, Status: status, Diagnostic: diag.Diagnostic{
			Code: code, Range: entry.Range, Path: entry.Path, Message: message, Fix: fix,
		}}
	}
	if entry.Plugin != "" {
		return r.plugin(ctx, phase, entry, fail)
	}
	argv, faults := r.expand(entry)
	if len(faults) > 0 {
		f := fail(1, faults[0].Code, faults[0].Message, faults[0].Fix)
		f.Diagnostic = faults[0]
		return f, nil
	}
	if len(argv) == 0 || argv[0] == "" {
		return fail(1, diag.HookNoProgram, "after expansion the first element is empty, so there is no program to run",
			"give the variable in the first element a value, or a default: ${NAME:-program}"), nil
	}

	result, err := r.run(ctx, label, entry, argv)
	shown := r.display(argv)
	switch {
	case err != nil:
		status, code, message, fix := unstartable(err, shown, r.Dir)
		return fail(status, code, r.masked(message), r.masked(fix)), nil
	case result.Interrupted:
		return nil, context.Cause(ctx)
	case result.TimedOut:
		f := fail(execx.ExitTimeout, diag.HookTimeout, fmt.Sprintf("%s did not end within %s and was stopped", shown, entry.Timeout),
			"find out what it waits for, or raise `timeout` of this entry")
		f.Tail = r.tail(result.Tail)
		return f, nil
	case result.ExitCode != 0:
		f := fail(result.ExitCode, diag.HookFailed, fmt.Sprintf("%s ended with exit status %d", shown, result.ExitCode),
			"read its last lines; run the same command by hand in "+r.Dir+" to try a fix")
		f.Tail = r.tail(result.Tail)
		return f, nil
	}
	return nil, nil
}

// Faults are the expressions of an entry that cannot be expanded. Asking for them
// runs nothing: a run that would fail for one can be refused before it begins.
func (r *Runner) Faults(entry manifest.HookEntry) diag.List {
	_, faults := r.expand(entry)
	return faults
}

// expand expands argv at execution (spec §3.3): process environment, then the
// dotenv files, then the default in the text.
func (r *Runner) expand(entry manifest.HookEntry) ([]string, diag.List) {
	var c diag.Collector
	expander := manifest.NewExpander(r.Environment, r.Tokens)
	argv := make([]string, len(entry.Run))
	for i, text := range entry.Run {
		argv[i], _ = expander.Expand(text.Raw, text.Range, text.Path, &c)
	}
	var errors diag.List
	for _, d := range c.List() {
		if d.Severity == diag.Error {
			errors = append(errors, d)
		}
	}
	return argv, errors
}

// run starts the command on the host or in its service, passes lines on and
// says so when it has been silent for long.
func (r *Runner) run(ctx context.Context, label string, entry manifest.HookEntry, argv []string) (execx.Result, error) {
	watch := newSilence(r.Quiet, func(silent time.Duration) {
		r.Line(label, fmt.Sprintf("still running, silent for %s: %s", silent, r.display(argv)))
	})
	defer watch.stop()
	line := func(text string) {
		watch.spoke()
		r.Line(label, r.masked(text))
	}
	if entry.Service != "" {
		if r.Service == nil {
			return execx.Result{}, &noServiceError{entry.Service}
		}
		return r.Service(ctx, entry.Service, argv, entry.Timeout, line)
	}
	out := execx.Lines(line)
	defer out.Flush()
	return r.Exec.Run(ctx, execx.Command{
		Argv: argv, Dir: r.Dir, Env: append(r.Environment.Merged(), r.Variables...),
		Stdout: out, Stderr: out, Timeout: entry.Timeout, Tail: tailLines,
	})
}

func (r *Runner) tail(lines []string) []string {
	for i, line := range lines {
		lines[i] = r.masked(line)
	}
	return lines
}

func (r *Runner) masked(text string) string {
	if r.Mask == nil {
		return text
	}
	return r.Mask(text)
}

// display is a command as a person would type it, masked and shortened.
func (r *Runner) display(argv []string) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		a = r.masked(a)
		words[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\$&|;<>()*?") {
			words[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	text := strings.Join(words, " ")
	if runes := []rune(text); len(runes) > 120 {
		text = string(runes[:119]) + "…"
	}
	return text
}
