package execx

import (
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Starter starts programs that stay and are talked to.
type Starter interface {
	Start(c Command) (*Child, error)
}

var _ Starter = System{}

// HoldVerb is the first argument of a devpm that is to be a holder.
const HoldVerb = "__hold"

// holderDelay is how long a holder has beyond the grace.
const holderDelay = time.Second

// maxReport bounds what is read of a holder's report.
const maxReport = 4 << 10

// Child is a program that was started and not waited for. Its streams are
// pipes; the caller reads both outputs, or the program blocks, and closes all
// three with Close when it is done with them. The program is always reaped, and
// can be ended with its group at any time.
type Child struct {
	Stdin  *os.File // write end
	Stdout *os.File // read end
	Stderr *os.File // read end

	p      *process
	grace  time.Duration
	held   bool
	report *os.File // read end; nil without a holder
	close  sync.Once
}

// Start starts c and returns at once. Of c it uses Argv, Dir, Env, Grace and
// Holder; who needs limits keeps them. The error is a *StartError.
func (s System) Start(c Command) (*Child, error) {
	path, err := startable(c)
	if err != nil {
		return nil, err
	}
	if c.Grace <= 0 {
		c.Grace = DefaultGrace
	}
	child := &Child{grace: c.Grace}
	if c.Holder != "" && canHold {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, &StartError{Name: c.Argv[0], Reason: Other, Err: err}
		}
		defer func() { _ = w.Close() }()
		child.held, child.report, c.extra = true, r, []*os.File{w}
		c.Argv = append([]string{c.Holder, HoldVerb, c.Grace.String(), path}, c.Argv[1:]...)
		path = c.Holder
	}
	if err := child.start(path, c); err != nil {
		closeFiles(child.report)
		return nil, err
	}
	return child, nil
}

func (child *Child) start(path string, c Command) error {
	var inner, outer [3]*os.File
	for i := range inner {
		r, w, err := os.Pipe()
		if err != nil {
			closeFiles(append(inner[:], outer[:]...)...)
			return &StartError{Name: c.Argv[0], Reason: Other, Err: err}
		}
		inner[i], outer[i] = w, r
		if i == 0 {
			inner[i], outer[i] = r, w
		}
	}
	c.Stdin, c.Stdout, c.Stderr = inner[0], inner[1], inner[2]
	c.Tail, c.Foreground = 0, false
	p := launch(path, c)
	err := <-p.started
	closeFiles(inner[:]...)
	if err != nil {
		closeFiles(outer[:]...)
		return startError(c.Argv[0], path, err)
	}
	child.Stdin, child.Stdout, child.Stderr, child.p = outer[0], outer[1], outer[2], p
	return nil
}

// Pid is the program's number.
func (c *Child) Pid() int { return c.p.cmd.Process.Pid }

// Done is closed when the program was reaped.
func (c *Child) Done() <-chan struct{} { return c.p.done }

// ExitCode is how the program ended: 128+n after signal n. It is valid after
// Done.
func (c *Child) ExitCode() int { return exitCode(c.p.cmd.ProcessState) }

// End asks the program's group to end and, after the grace, makes it. It
// returns when the program was reaped. A program that has ended by itself may
// have left others in its group: those are ended too. With a holder, everything
// that the program has started is, and the grace is at least that of the start.
func (c *Child) End(grace time.Duration) {
	if c.held {
		c.endHolder(max(grace, c.grace))
	} else {
		c.p.stop(grace, false)
	}
	<-c.p.done
}

// endHolder asks the holder, which has the same grace and some time to see that
// all have ended. A holder that was stopped or killed cannot do its work.
func (c *Child) endHolder(grace time.Duration) {
	holder := c.p.cmd.Process
	terminate(holder, false)
	if c.p.waitFor(grace + holderDelay) {
		return
	}
	killTree(holder.Pid)
	kill(holder, false)
}

// reportEnded is the first line of a holder's report.
const reportEnded = "ended"

// Report says whether the program ended by itself, and names the programs that
// were found then and have been ended, some hundred at most. It is valid after Done and before Close;
// without a holder there is none, and ok is false.
func (c *Child) Report() (left []string, ok bool) {
	if c.report == nil {
		return nil, false
	}
	text, _ := io.ReadAll(io.LimitReader(c.report, maxReport))
	lines := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
	if len(lines) == 0 || lines[0] != reportEnded {
		return nil, false
	}
	return lines[1:], true
}

// Left reports whether processes of the program's group are still there. On
// Windows nobody can say, and it is false.
func (c *Child) Left() bool { return groupAlive(c.p.cmd.Process) }

// Close closes our ends of the streams and of the report. A reader that waits gets os.ErrClosed.
func (c *Child) Close() {
	c.close.Do(func() { closeFiles(c.Stdin, c.Stdout, c.Stderr, c.report) })
}

// startable finds the program of c and looks at its directory.
func startable(c Command) (string, error) {
	if len(c.Argv) == 0 || c.Argv[0] == "" {
		return "", &StartError{Reason: NotFound, Err: errors.New("no program was named")}
	}
	if err := checkDir(c.Dir); err != nil {
		return "", err
	}
	return LookPath(c.Argv[0], lookup(c.Env, "PATH"), c.Dir)
}

func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}
