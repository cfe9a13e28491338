//go:build unix

package termx_test

import (
	"io"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/devpm/devpm/internal/termx"
)

func TestRealTerminalIsRecognisedAndDrawnOn(t *testing.T) {
	control, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer control.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 10, Cols: 33}); err != nil {
		t.Fatal(err)
	}
	if !termx.IsTerminal(tty) {
		t.Error("the terminal was not recognised")
	}
	if w := termx.Width(tty); w != 33 {
		t.Errorf("the width is %d, want 33", w)
	}
	c := newClock()
	p := termx.NewProgress(termx.ProgressOptions{
		Out: tty, Mode: termx.ProgressArea, Now: c.Now, Width: func() int { return termx.Width(tty) },
	})
	p.Start("git", "fetching")
	p.Done("git", termx.StatusDone, "")
	p.Close()
	tty.Close()
	out, _ := io.ReadAll(control) // ends with EIO once the terminal is closed
	got := display(t, strings.ReplaceAll(string(out), "\r\n", "\n"), 33)
	if got[0] != "✓ git" || len(got) != 2 {
		t.Errorf("the screen shows %q", got)
	}
}
