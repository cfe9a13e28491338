package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/devpm/devpm/internal/termx"
)

// asker asks the person at the terminal. A process has one: what a second reader
// of the same input would have read ahead is lost for the first.
type asker struct {
	in  io.Reader
	out io.Writer

	lines   *bufio.Reader
	pending chan reply // a read that was begun and not waited for
}

type reply struct {
	line string
	err  error
}

// asker returns the one of this process.
func (a *App) asker() *asker {
	if a.prompt == nil {
		a.prompt = &asker{in: a.Streams.In, out: a.Streams.Err}
	}
	return a.prompt
}

// canAsk reports whether a person sits at a terminal.
func (a *App) canAsk() bool {
	return !a.JSON && a.LogFormat != LogJSON && termx.IsTerminal(a.Streams.In) && termx.IsTerminal(a.Streams.Err)
}

// line asks for a line and returns it without the space around it. At the end
// of the input the error is io.EOF, unless something was typed before it. When
// the run is interrupted the error is the context's cause; the read goes on and
// is the answer to the next question, if there is one.
func (a *asker) line(ctx context.Context, question string) (string, error) {
	fmt.Fprint(a.out, question)
	if a.pending == nil {
		if a.lines == nil {
			a.lines = bufio.NewReader(a.in)
		}
		to := make(chan reply, 1)
		a.pending = to
		go func() {
			line, err := a.lines.ReadString('\n')
			to <- reply{strings.TrimSpace(line), err}
		}()
	}
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.out)
		return "", context.Cause(ctx)
	case got := <-a.pending:
		a.pending = nil
		if got.err == nil {
			return got.line, nil
		}
		fmt.Fprintln(a.out) // nobody has pressed Enter
		if got.line != "" {
			return got.line, nil
		}
		return "", got.err
	}
}

// yes asks a question to which only "y" and "yes" are yes; the end of the input
// is no.
func (a *asker) yes(ctx context.Context, question string) (bool, error) {
	line, _ := a.line(ctx, question+" [y/N] ")
	word := strings.ToLower(line)
	return ctx.Err() == nil && (word == "y" || word == "yes"), context.Cause(ctx)
}
