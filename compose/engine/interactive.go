package engine

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/devpm/devpm/internal/execx"
)

// foregroundGrace is how long Compose may take to stop containers after a
// Ctrl-C before it is asked again; a second Ctrl-C reaches it directly.
const foregroundGrace = time.Minute

// Streams are what a command in the foreground reads and writes. Files are
// passed through, so a terminal stays a terminal.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Attach is `up` in the foreground: logs stream until Ctrl-C, which stops the
// services. It returns Compose's exit code.
func (c *Compose) Attach(ctx context.Context, o UpOptions, s Streams) (int, error) {
	flags, args := o.args()
	return c.foreground(ctx, c.argv(flags, "up", append(args, o.Services...)), s)
}

// LogsOptions are what `logs` is told.
type LogsOptions struct {
	Services   []string // all when empty
	Follow     bool
	Tail       int // last lines of each container; negative is all
	Timestamps bool
	NoColor    bool
	NoPrefix   bool
	Since      string // a time or a duration, as Compose reads it
}

// Logs shows logs and returns Compose's exit code.
func (c *Compose) Logs(ctx context.Context, o LogsOptions, s Streams) (int, error) {
	var args []string
	for _, f := range []struct {
		on   bool
		flag string
	}{{o.Follow, "--follow"}, {o.Timestamps, "--timestamps"}, {o.NoColor, "--no-color"}, {o.NoPrefix, "--no-log-prefix"}} {
		if f.on {
			args = append(args, f.flag)
		}
	}
	if o.Tail >= 0 {
		args = append(args, "--tail", strconv.Itoa(o.Tail))
	}
	if o.Since != "" {
		args = append(args, "--since", o.Since)
	}
	return c.foreground(ctx, c.argv(nil, "logs", append(args, o.Services...)), s)
}

// ExecOptions are what `exec` is told.
type ExecOptions struct {
	NoTTY      bool // -T: no terminal in the container
	User       string
	Workdir    string
	Env        []string // KEY=value
	Index      int      // which container of the service, from 1; 0 is the first
	Privileged bool
	Detach     bool
}

// Exec runs a command in a container of the service and returns the command's
// exit code.
func (c *Compose) Exec(ctx context.Context, service string, argv []string, o ExecOptions, s Streams) (int, error) {
	return c.foreground(ctx, c.ExecCommand(service, argv, o), s)
}

// ExecCommand is the command line that Exec runs, for a caller who runs it
// himself (hooks with `service`).
func (c *Compose) ExecCommand(service string, argv []string, o ExecOptions) []string {
	var args []string
	if o.NoTTY {
		args = append(args, "-T")
	}
	if o.Detach {
		args = append(args, "--detach")
	}
	if o.Privileged {
		args = append(args, "--privileged")
	}
	if o.User != "" {
		args = append(args, "--user", o.User)
	}
	if o.Workdir != "" {
		args = append(args, "--workdir", o.Workdir)
	}
	if o.Index > 0 {
		args = append(args, "--index", strconv.Itoa(o.Index))
	}
	for _, kv := range o.Env {
		args = append(args, "--env", kv)
	}
	return c.argv(nil, "exec", append(append(args, service), argv...))
}

// Raw runs any Compose command on the same project and document.
func (c *Compose) Raw(ctx context.Context, args []string, s Streams) (int, error) {
	return c.foreground(ctx, append(c.CommandLine(), args...), s)
}

func (c *Compose) foreground(ctx context.Context, argv []string, s Streams) (int, error) {
	r, err := c.o.Runner.Run(ctx, execx.Command{
		Argv: argv, Dir: c.o.Dir, Env: environ(c.o.Env).forCompose(),
		Stdin: s.In, Stdout: s.Out, Stderr: s.Err,
		Foreground: true, Grace: foregroundGrace,
	})
	if err != nil {
		return r.ExitCode, c.notStarted(err)
	}
	if r.Interrupted && ctx.Err() != nil {
		return r.ExitCode, fmt.Errorf("running %s: %w", commandName(c.o.Tool.Argv), context.Cause(ctx))
	}
	return r.ExitCode, nil
}

// nonEmptyLines yields the lines of a text that hold something.
func nonEmptyLines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && !yield(line) {
				return
			}
		}
	}
}
