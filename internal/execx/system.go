package execx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// pipeDelay is how long a finished process's pipes may be held open by its
// children before they are closed.
const pipeDelay = 2 * time.Second

// System runs commands on this machine. Now measures Result.Duration; without
// it the duration is zero.
type System struct{ Now func() time.Time }

var _ Runner = System{}

// Run implements Runner.
func (s System) Run(ctx context.Context, c Command) (Result, error) {
	path, err := startable(c)
	if err != nil {
		return Result{}, err
	}
	if err := ctx.Err(); err != nil {
		return Result{ExitCode: ExitInterrupted, Interrupted: true}, nil
	}
	began := s.now()
	p := launch(path, c)
	if err := <-p.started; err != nil {
		return Result{}, startError(c.Argv[0], path, err)
	}
	result := p.supervise(ctx, c)
	if p.tail != nil {
		result.Tail = p.tail.lines()
	}
	result.Duration = s.now().Sub(began)
	return result, p.streamErr
}

func (s System) now() time.Time {
	if s.Now == nil {
		return time.Time{}
	}
	return s.Now()
}

// process is one started command.
type process struct {
	cmd       *exec.Cmd
	tail      *tail
	flush     []func()
	started   chan error    // receives once
	done      chan struct{} // closed after Wait
	waitErr   error         // valid after done
	streamErr error         // valid after supervise
}

// launch starts the command from a goroutine that keeps its thread until the
// child was reaped (see the package comment).
func launch(path string, c Command) *process {
	cmd := &exec.Cmd{
		Path:      path,
		Args:      c.Argv,
		Dir:       c.Dir,
		Env:       append([]string{}, c.Env...), // never nil, which would inherit
		Stdin:     c.Stdin,
		WaitDelay: pipeDelay,

		ExtraFiles: c.extra,
	}
	prepare(cmd, c.Foreground)
	p := &process{cmd: cmd, started: make(chan error, 1), done: make(chan struct{})}
	p.connect(c)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := cmd.Start()
		p.started <- err
		if err == nil {
			p.waitErr = cmd.Wait()
		}
	}()
	return p
}

// connect lays the output streams, with the tail in between where one is kept.
func (p *process) connect(c Command) {
	p.cmd.Stdout, p.cmd.Stderr = c.Stdout, c.Stderr
	if c.Tail <= 0 {
		return
	}
	p.tail = &tail{max: c.Tail}
	if same(c.Stdout, c.Stderr) {
		p.cmd.Stdout = p.tap(c.Stdout, c.Foreground)
		p.cmd.Stderr = p.cmd.Stdout
		return
	}
	p.cmd.Stdout = p.tap(c.Stdout, c.Foreground)
	p.cmd.Stderr = p.tap(c.Stderr, c.Foreground)
}

func (p *process) tap(w io.Writer, foreground bool) io.Writer {
	if _, isFile := w.(*os.File); isFile && foreground {
		return w
	}
	lines := Lines(p.tail.add)
	p.flush = append(p.flush, lines.Flush)
	if w == nil {
		return lines
	}
	return io.MultiWriter(lines, w)
}

// same reports whether both streams are one writer; writers of types that
// cannot be compared are never the same.
func same(a, b io.Writer) (is bool) {
	defer func() {
		if recover() != nil {
			is = false
		}
	}()
	return a == b
}

// supervise waits for the end, and brings it about when the time is over.
func (p *process) supervise(ctx context.Context, c Command) Result {
	var timeout <-chan time.Time
	if c.Timeout > 0 {
		t := time.NewTimer(c.Timeout)
		defer t.Stop()
		timeout = t.C
	}
	var r Result
	select {
	case <-p.done:
	case <-timeout:
		r.TimedOut = true
	case <-ctx.Done():
		r.Interrupted = true
	}
	if r.TimedOut || r.Interrupted {
		p.end(ctx, c)
	}
	<-p.done
	for _, f := range p.flush {
		f()
	}
	switch {
	case r.TimedOut:
		r.ExitCode = ExitTimeout
	case r.Interrupted:
		r.ExitCode = ExitInterrupted
	default:
		r.ExitCode = exitCode(p.cmd.ProcessState)
		var exit *exec.ExitError
		if p.waitErr != nil && !errors.As(p.waitErr, &exit) && !errors.Is(p.waitErr, exec.ErrWaitDelay) {
			p.streamErr = fmt.Errorf("reading the output of %s: %w", c.Argv[0], p.waitErr)
		}
	}
	return r
}

// end asks the process group to stop and, after the grace, makes it.
func (p *process) end(ctx context.Context, c Command) {
	grace := c.Grace
	if grace <= 0 {
		grace = DefaultGrace
	}
	if c.Foreground && fromTerminal(ctx) && p.waitFor(grace) {
		return
	}
	p.stop(grace, c.Foreground)
}

// stop is TERM and, after the grace, KILL.
func (p *process) stop(grace time.Duration, foreground bool) {
	terminate(p.cmd.Process, foreground)
	if p.gone(grace, foreground) {
		return
	}
	kill(p.cmd.Process, foreground)
}

// waitFor reports whether the process ended within d.
func (p *process) waitFor(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.done:
		return true
	case <-t.C:
		return false
	}
}

// gone waits until the process and what is left of its group have ended, for d
// at most.
func (p *process) gone(d time.Duration, foreground bool) bool {
	over := time.NewTimer(d)
	defer over.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if p.reaped() && (foreground || !groupAlive(p.cmd.Process)) {
			return true
		}
		select {
		case <-over.C:
			return false
		case <-look.C:
		}
	}
}

func (p *process) reaped() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// fromTerminal reports whether the context ended by a Ctrl-C. signal.NotifyContext
// names the signal in the cause and in nothing else.
func fromTerminal(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return cause != nil && strings.HasPrefix(cause.Error(), os.Interrupt.String()+" ")
}

func checkDir(dir string) error {
	if dir == "" {
		return nil
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return &StartError{Name: dir, Reason: BadDirectory, Err: err}
	case !info.IsDir():
		return &StartError{Name: dir, Reason: BadDirectory, Err: errors.New("not a directory")}
	}
	return nil
}
