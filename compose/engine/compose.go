package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// DefaultFile is the document that Compose is given, relative to the project.
const DefaultFile = "docker-compose.yml"

// tailLines is how many last lines of a failed command are kept.
const tailLines = 30

// Options say which project a Compose drives, and with what.
type Options struct {
	Runner      execx.Runner
	Tool        Tool
	Env         []string // of the process; COMPOSE_* that would change the project are left out
	Dir         string   // of the project, absolute
	File        string   // relative to Dir; DefaultFile when empty
	ProjectName string
	// Progress receives what Compose reports while Up, Build, Down, Stop and
	// Restart run. Calls do not overlap. May be nil.
	Progress func(Event)
}

// Compose runs Compose commands for one project. Every call is
// `-f FILE --project-directory . --env-file /dev/null -p NAME` in the project's
// directory (design §7 Compose), so that no override file, no .env and no
// variable of the process changes what the document says. Build alone adds a
// second document, with labels of images.
//
// A command that fails returns a *CommandError, which holds the diagnostics as
// a *diag.Failure and the last lines.
type Compose struct{ o Options }

// NewCompose returns a Compose for the project.
func NewCompose(o Options) *Compose {
	if o.File == "" {
		o.File = DefaultFile
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	return &Compose{o: o}
}

// ProjectName is the name that the calls pass with -p.
func (c *Compose) ProjectName() string { return c.o.ProjectName }

// argv is the command line of one call. Flags in between are Compose's own,
// not the subcommand's.
func (c *Compose) argv(flags []string, verb string, args []string) []string {
	argv := append([]string{}, c.o.Tool.Argv...)
	argv = append(argv, "-f", c.o.File, "--project-directory", ".", "--env-file", os.DevNull, "-p", c.o.ProjectName)
	argv = append(argv, flags...)
	return append(append(argv, verb), args...)
}

// CommandLine returns the start of every call's command line, to be shown or
// passed on; `devpm compose -- ARGS` appends to it.
func (c *Compose) CommandLine() []string {
	argv := c.argv(nil, "", nil)
	return argv[:len(argv)-1]
}

// call is one run of a verb whose output is progress.
type call struct {
	verb  string
	flags []string
	args  []string
	argv  []string // instead of the usual one
	dir   string   // instead of the project's
	stdin io.Reader
}

// run runs a verb and reports its progress.
func (c *Compose) run(ctx context.Context, k call) error {
	if c.o.Tool.Version.AtLeast(jsonProgress) {
		k.flags = append([]string{"--progress", "json"}, k.flags...)
	}
	if k.argv == nil {
		k.argv = c.argv(k.flags, k.verb, k.args)
	}
	if k.dir == "" {
		k.dir = c.o.Dir
	}
	reader := newProgressReader(c.o.Progress)
	out, errs := execx.Lines(reader.line), execx.Lines(reader.line)
	r, err := c.o.Runner.Run(ctx, execx.Command{
		Argv: k.argv, Dir: k.dir, Env: environ(c.o.Env).forCompose(),
		Stdin: k.stdin, Stdout: out, Stderr: errs,
	})
	out.Flush()
	errs.Flush()
	if err != nil {
		return c.notStarted(err)
	}
	if r.Interrupted {
		return fmt.Errorf("running %s %s: %w", commandName(c.o.Tool.Argv), k.verb, context.Cause(ctx))
	}
	if r.ExitCode == 0 {
		return nil
	}
	return newCommandError(c.o.Tool, k.verb, r, reader)
}

// capture runs a verb whose standard output is its result.
func (c *Compose) capture(ctx context.Context, verb string, args ...string) ([]byte, error) {
	var out limitedBuffer
	reader := newProgressReader(func(Event) {})
	errs := execx.Lines(reader.line)
	r, err := c.o.Runner.Run(ctx, execx.Command{
		Argv: c.argv(nil, verb, args), Dir: c.o.Dir, Env: environ(c.o.Env).forCompose(),
		Stdout: &out, Stderr: errs,
	})
	errs.Flush()
	switch {
	case err != nil:
		return nil, c.notStarted(err)
	case r.Interrupted:
		return nil, fmt.Errorf("running %s %s: %w", commandName(c.o.Tool.Argv), verb, context.Cause(ctx))
	case r.ExitCode != 0:
		return nil, newCommandError(c.o.Tool, verb, r, reader)
	}
	return out.b, nil
}

// notStarted turns a program that vanished since Locate into its diagnostic.
func (c *Compose) notStarted(err error) error {
	var start *execx.StartError
	if !errors.As(err, &start) || start.Reason == execx.BadDirectory {
		return fmt.Errorf("running %s: %w", commandName(c.o.Tool.Argv), err)
	}
	return fault(diag.NoCompose,
		fmt.Sprintf("%s cannot be started: %s", commandName(c.o.Tool.Argv), string(start.Reason)),
		"run `devpm doctor` to see which Compose is found")
}

// limitedBuffer keeps what a command printed, up to 64 MiB.
type limitedBuffer struct{ b []byte }

func (l *limitedBuffer) Write(p []byte) (int, error) {
	const most = 64 << 20
	if len(l.b)+len(p) > most {
		return 0, io.ErrShortBuffer
	}
	l.b = append(l.b, p...)
	return len(p), nil
}

// neutralDir is a directory in which and above which no project stands.
func neutralDir(dir string) string {
	return filepath.VolumeName(dir) + string(filepath.Separator)
}
