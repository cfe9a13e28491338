package execx

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// DefaultGrace is how long a process group has between TERM and KILL (design
// §7 Hooks).
const DefaultGrace = 10 * time.Second

// Exit codes that Run reports where the program itself gave none (design §7
// Exit codes).
const (
	ExitTimeout       = 124
	ExitNotExecutable = 126
	ExitNotFound      = 127
	ExitInterrupted   = 130
)

// Command is one program to run.
type Command struct {
	// Argv is the program and its arguments, passed on as they are. Argv[0]
	// with a separator is a path, relative to Dir; otherwise it is searched in
	// the PATH of Env.
	Argv []string
	// Dir is the working directory; "" is the caller's.
	Dir string
	// Env is the whole environment as "KEY=value". Nil means empty: nothing is
	// inherited.
	Env []string
	// Stdin is /dev/null when nil. A reader that is not a file is copied, and
	// may be read from until its next Read returns.
	Stdin io.Reader
	// Stdout and Stderr are dropped when nil. When both are the same writer it
	// is written to from one goroutine, otherwise from two.
	Stdout, Stderr io.Writer
	// Timeout ends the command; 0 means no limit.
	Timeout time.Duration
	// Grace is the time between TERM and KILL; 0 means DefaultGrace.
	Grace time.Duration
	// Tail is how many last lines of output Result.Tail keeps; 0 keeps none.
	Tail int
	// Foreground hands the terminal to the program: it stays in devpm's process
	// group, so Ctrl-C and job control reach it directly, and streams that are
	// files are passed through and have no Tail. After a Ctrl-C, which the
	// program got as well, it has Grace to end before it gets TERM.
	Foreground bool
	// Holder is the path of a devpm that stays between us and a program that is
	// started with Start, so that nothing the program leaves behind gets away;
	// "" for none. Elsewhere than on Linux it is not used.
	Holder string

	extra []*os.File // descriptors 3 and up
}

// Result is how a command that was started ended.
type Result struct {
	ExitCode    int // 128+n after signal n; ExitTimeout, ExitInterrupted
	Duration    time.Duration
	Tail        []string // last lines of both streams, in the order they were read
	TimedOut    bool     // Timeout passed
	Interrupted bool     // the context was cancelled
}

// Runner runs commands. Run returns an error only when the command could not
// be started, as *StartError, or when its streams broke; a command that ran has
// a Result and a nil error, whatever its exit code.
type Runner interface {
	Run(ctx context.Context, c Command) (Result, error)
}

// Reason says why a command could not be started.
type Reason string

// The reasons.
const (
	NotFound       Reason = "not found"
	NotExecutable  Reason = "not executable"
	BadInterpreter Reason = "bad interpreter" // the file is there, the program of its #! line is not
	BadDirectory   Reason = "bad directory"   // the working directory cannot be entered
	Other          Reason = "not startable"
)

// StartError reports a command that could not be started.
type StartError struct {
	Name   string // Argv[0], or the directory for BadDirectory
	Reason Reason
	Err    error // what the system said; may be nil
}

// Error says it in one line.
func (e *StartError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("starting %s: %s", e.Name, string(e.Reason))
	}
	return fmt.Sprintf("starting %s: %s: %v", e.Name, string(e.Reason), e.Err)
}

// Unwrap returns what the system said.
func (e *StartError) Unwrap() error { return e.Err }

// ExitCode is 127 for a program that is not there and 126 for one that cannot
// be executed, as shells have it.
func (e *StartError) ExitCode() int {
	if e.Reason == NotFound {
		return ExitNotFound
	}
	return ExitNotExecutable
}
