package execx

import (
	"errors"
	"os"
	"sync"
	"time"
)

// Starter starts programs that stay and are talked to.
type Starter interface {
	Start(c Command) (*Child, error)
}

var _ Starter = System{}

// Child is a program that was started and not waited for. Its streams are
// pipes; the caller reads both outputs, or the program blocks, and closes all
// three with Close when it is done with them. The program is always reaped, and
// its own group can be ended at any time.
type Child struct {
	Stdin  *os.File // write end
	Stdout *os.File // read end
	Stderr *os.File // read end

	p     *process
	close sync.Once
}

// Start starts c and returns at once. Of c it uses Argv, Dir and Env;
// who needs limits keeps them. The error is a *StartError.
func (s System) Start(c Command) (*Child, error) {
	path, err := startable(c)
	if err != nil {
		return nil, err
	}
	var inner, outer [3]*os.File
	for i := range inner {
		r, w, err := os.Pipe()
		if err != nil {
			closeFiles(append(inner[:], outer[:]...)...)
			return nil, &StartError{Name: c.Argv[0], Reason: Other, Err: err}
		}
		inner[i], outer[i] = w, r
		if i == 0 {
			inner[i], outer[i] = r, w
		}
	}
	c.Stdin, c.Stdout, c.Stderr = inner[0], inner[1], inner[2]
	c.Tail, c.Foreground = 0, false
	p := launch(path, c)
	err = <-p.started
	closeFiles(inner[:]...)
	if err != nil {
		closeFiles(outer[:]...)
		return nil, startError(c.Argv[0], path, err)
	}
	return &Child{Stdin: outer[0], Stdout: outer[1], Stderr: outer[2], p: p}, nil
}

// Pid is the program's number.
func (c *Child) Pid() int { return c.p.cmd.Process.Pid }

// Done is closed when the program was reaped.
func (c *Child) Done() <-chan struct{} { return c.p.done }

// ExitCode is how the program ended: 128+n after signal n. It is valid after
// Done.
func (c *Child) ExitCode() int { return exitCode(c.p.cmd.ProcessState) }

// End asks the program's group to end and, after the grace, makes it. It
// returns when the program was reaped and the group is gone. A program that has
// ended by itself may have left others in its group: those are ended too.
func (c *Child) End(grace time.Duration) {
	c.p.stop(grace, false)
	<-c.p.done
}

// Close closes our ends of the streams. A reader that waits gets os.ErrClosed.
func (c *Child) Close() {
	c.close.Do(func() { closeFiles(c.Stdin, c.Stdout, c.Stderr) })
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
