package termx_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/internal/termx"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// display interprets the few sequences that progress uses and returns the lines
// a person would see. It fails on any other sequence and on a line that wraps.
func display(t *testing.T, out string, width int) []string {
	t.Helper()
	lines, row := []string{""}, 0
	for len(out) > 0 {
		switch c := out[0]; {
		case c == '\n':
			row++
			if row == len(lines) {
				lines = append(lines, "")
			}
			out = out[1:]
		case c == '\r':
			out = out[1:]
		case strings.HasPrefix(out, "\x1b["):
			end := strings.IndexAny(out, "AJm")
			if end < 0 {
				t.Fatalf("unknown sequence in %q", out)
			}
			switch n, _ := strconv.Atoi(out[2:end]); out[end] {
			case 'A':
				row -= n
			case 'J':
				lines = append(lines[:row:row], "")
			}
			if row < 0 {
				t.Fatal("the cursor left the screen")
			}
			out = out[end+1:]
		default:
			n := strings.IndexAny(out, "\n\r\x1b")
			if n < 0 {
				n = len(out)
			}
			lines[row] += out[:n]
			if termx.Cells(lines[row]) >= width {
				t.Fatalf("this line wraps: %q", lines[row])
			}
			out = out[n:]
		}
	}
	return lines
}

func TestAreaIsRedrawnInPlaceAndGoneAtTheEnd(t *testing.T) {
	s, c, tick := &screen{width: 30}, newClock(), make(chan time.Time)
	p := termx.NewProgress(termx.ProgressOptions{Out: s, Mode: termx.ProgressArea, Now: c.Now, Width: s.Width, Tick: tick})
	p.Start("git", "fetching a repository with a long name")
	if got, want := display(t, s.String(), 30), []string{"• git: fetching a repository…", ""}; !cmp.Equal(got, want) {
		t.Errorf("after the first start: %q, want %q", got, want)
	}
	before := s.String()
	p.Update("git", "again")
	if s.String() != before {
		t.Error("the area was drawn twice within a tenth of a second")
	}
	c.Forward(3 * time.Second)
	p.Update("git", "50 %")
	p.Line("web", "hello\x1b[2J")
	p.Start("image", "building")
	if got, want := display(t, s.String(), 30), []string{`web | hello\x1b[2J`, "• git: 50 % 3s", ""}; !cmp.Equal(got, want) {
		t.Errorf("while it runs: %q, want %q", got, want)
	}
	c.Forward(time.Second)
	tick <- c.Now()
	tick <- c.Now() // the first tick was handled when the second is taken
	if got, want := display(t, s.String(), 30), []string{`web | hello\x1b[2J`, "• git: 50 % 4s", "• image: building 1s", ""}; !cmp.Equal(got, want) {
		t.Errorf("after a tick: %q, want %q", got, want)
	}
	p.Done("git", termx.StatusDone, "")
	p.Pause(func() { fmt.Fprintln(s, "from a program") })
	p.Close()
	p.Close()
	p.Line("", "too late")
	if got, want := display(t, s.String(), 30), []string{`web | hello\x1b[2J`, "✓ git (4s)", "from a program", ""}; !cmp.Equal(got, want) {
		t.Errorf("at the end: %q, want %q", got, want)
	}
}

func TestAreaShowsEightTasksAndCountsTheRest(t *testing.T) {
	s, c := &screen{width: 40}, newClock()
	p := termx.NewProgress(termx.ProgressOptions{Out: s, Mode: termx.ProgressArea, Now: c.Now, Width: s.Width, Tick: make(chan time.Time)})
	for i := range 12 {
		c.Forward(time.Second / 5)
		p.Start(fmt.Sprint(i), "x")
	}
	lines := display(t, s.String(), 40)
	if len(lines) != 10 || lines[8] != "  and 4 more" {
		t.Errorf("got %q", lines)
	}
	p.Close()
}

// script plays one of each event.
func script(p *termx.Progress, c *clock) {
	p.Start("git", "fetching")
	p.Update("git", "half")
	p.Line("hook", "text <b>\n")
	c.Forward(1500 * time.Millisecond)
	p.Done("git", termx.StatusDone, "3 repositories")
	p.Done("image", termx.StatusSkipped, "not needed")
	p.Log(termx.LevelWarning, "careful")
	p.Done("up", termx.StatusFailed, "exit status 1")
	p.Close()
}

func TestOffATerminalEachEventIsALine(t *testing.T) {
	var b bytes.Buffer
	c := newClock()
	script(termx.NewProgress(termx.ProgressOptions{Out: &b, Now: c.Now}), c)
	want := "git: fetching\nhook | text <b>\n✓ git: 3 repositories (1s)\n- image: not needed\nwarning: careful\n✗ up: exit status 1\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestQuietKeepsFailuresAndWarnings(t *testing.T) {
	for _, mode := range []termx.ProgressMode{termx.ProgressPlain, termx.ProgressArea} {
		s, c := &screen{width: 80}, newClock()
		script(termx.NewProgress(termx.ProgressOptions{Out: s, Mode: mode, Quiet: true, Now: c.Now, Width: s.Width}), c)
		if d := cmp.Diff("warning: careful\n✗ up: exit status 1\n", s.String()); d != "" {
			t.Errorf("mode %d: %s", mode, d)
		}
	}
}

func TestJSONIsOneObjectALine(t *testing.T) {
	var b bytes.Buffer
	c := newClock()
	script(termx.NewProgress(termx.ProgressOptions{Out: &b, Mode: termx.ProgressJSON, Quiet: true, Now: c.Now}), c)
	var got []string
	for line := range strings.Lines(b.String()) {
		var r map[string]string
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, strings.Join([]string{r["time"], r["level"], r["step"], r["event"], r["message"]}, "|"))
	}
	want := []string{
		"2026-01-02T03:04:05.000Z|info|git|start|fetching",
		"2026-01-02T03:04:05.000Z|info|git|update|half",
		"2026-01-02T03:04:05.000Z|info|hook|output|text <b>",
		"2026-01-02T03:04:06.500Z|info|git|done|3 repositories",
		"2026-01-02T03:04:06.500Z|info|image|skipped|not needed",
		"2026-01-02T03:04:06.500Z|warning||log|careful",
		"2026-01-02T03:04:06.500Z|error|up|failed|exit status 1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestManyGoroutinesNeverTearALine(t *testing.T) {
	s, c := &screen{width: 60}, newClock()
	p := termx.NewProgress(termx.ProgressOptions{Out: s, Mode: termx.ProgressArea, Now: c.Now, Width: s.Width})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			id := fmt.Sprintf("t%d", i)
			for range 50 {
				p.Start(id, "working")
				c.Forward(10 * time.Millisecond)
				p.Line(id, "output")
				p.Done(id, termx.StatusDone, "")
			}
		})
	}
	wg.Wait()
	p.Close()
	for _, line := range display(t, s.String(), 60) {
		if line != "" && !strings.HasSuffix(line, " | output") && !strings.HasPrefix(line, "✓ t") {
			t.Fatalf("a torn line: %q", line)
		}
	}
}

func TestNilProgressShowsNothing(t *testing.T) {
	var p *termx.Progress
	p.Start("a", "b")
	ran := false
	p.Pause(func() { ran = true })
	p.Close()
	if !ran {
		t.Error("Pause did not call its function")
	}
}
