package termx

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// ProgressMode says in which form progress is written.
type ProgressMode uint8

// The progress modes.
const (
	ProgressPlain ProgressMode = iota // one line an event
	ProgressArea                      // one area on a terminal, redrawn in place
	ProgressJSON                      // one JSON object a line
)

// Status says how a task ended.
type Status string

// The statuses.
const (
	StatusDone    Status = "done"
	StatusSkipped Status = "skipped"
	StatusFailed  Status = "failed"
)

// Level says who wants to read an event.
type Level string

// The levels.
const (
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
)

// redraw is the shortest time between two drawings of the area (10 Hz).
const redraw = 100 * time.Millisecond

// areaLines is how many running tasks the area shows at most.
const areaLines = 8

// ProgressOptions is what NewProgress needs. Out, Now and Width must be set;
// Width may return a new value at any time.
type ProgressOptions struct {
	Out   io.Writer
	Mode  ProgressMode
	Quiet bool // failures and warnings only; without effect on JSON
	Style Style
	Now   func() time.Time
	Width func() int // columns
	// Mask changes every text before it is cut to the width; nil: none does.
	Mask func(text string) string
	// Tick drives redrawing of the area. Nil: a ticker of its own.
	Tick <-chan time.Time
}

// Progress shows what is going on. All methods may be called from several
// goroutines, and on nil, which shows nothing.
type Progress struct {
	o    ProgressOptions
	stop chan struct{}
	idle sync.WaitGroup

	mu     sync.Mutex
	tasks  []task
	drawn  int // lines of the area on the screen
	last   time.Time
	closed bool
}

type task struct {
	id, text string
	since    time.Time
}

// NewProgress starts progress output. The caller must Close it.
func NewProgress(o ProgressOptions) *Progress {
	p := &Progress{o: o, stop: make(chan struct{})}
	if o.Mode != ProgressArea || o.Quiet {
		return p
	}
	tick, halt := o.Tick, func() {}
	if tick == nil {
		t := time.NewTicker(redraw)
		tick, halt = t.C, t.Stop
	}
	p.idle.Go(func() {
		defer halt()
		for {
			select {
			case <-p.stop:
				return
			case <-tick:
				p.mu.Lock()
				p.draw()
				p.mu.Unlock()
			}
		}
	})
	return p
}

// Start says that a task began.
func (p *Progress) Start(id, text string) {
	text = p.masked(text)
	p.event(id, "start", LevelInfo, text, func() {
		p.tasks = append(p.tasks, task{id, text, p.o.Now()})
		if p.area() {
			p.drawSoon()
			return
		}
		p.plain(fmt.Sprintf("%s: %s", id, text), LevelInfo)
	})
}

// Update says what a running task is doing. Off a terminal it is silent in
// text, since a log wants results; JSON has it.
func (p *Progress) Update(id, text string) {
	text = p.masked(text)
	p.event(id, "update", LevelInfo, text, func() {
		for i := range p.tasks {
			if p.tasks[i].id == id {
				p.tasks[i].text = text
			}
		}
		if p.area() {
			p.drawSoon()
		}
	})
}

// Done says how a task ended; text is the result in a few words.
func (p *Progress) Done(id string, status Status, text string) {
	text = p.masked(text)
	level := LevelInfo
	if status == StatusFailed {
		level = LevelError
	}
	p.event(id, string(status), level, text, func() {
		since := p.o.Now()
		if i := slices.IndexFunc(p.tasks, func(t task) bool { return t.id == id }); i >= 0 {
			since = p.tasks[i].since
			p.tasks = slices.Delete(p.tasks, i, i+1)
		}
		mark := map[Status]string{
			StatusDone: p.o.Style.Green("✓"), StatusSkipped: p.o.Style.Dim("-"), StatusFailed: p.o.Style.Red("✗"),
		}[status]
		line := mark + " " + id
		if text != "" {
			line += ": " + Plain(text)
		}
		if d := elapsed(p.o.Now().Sub(since)); d != "" {
			line += p.o.Style.Dim(" (" + d + ")")
		}
		p.plain(line, level)
	})
}

// Line writes one line of a program's output; prefix names the program and may
// be empty.
func (p *Progress) Line(prefix, text string) {
	text = p.masked(text)
	p.event(prefix, "output", LevelInfo, text, func() {
		line := Plain(strings.TrimRight(text, "\r\n"))
		if prefix != "" {
			line = p.o.Style.Dim(prefix+" |") + " " + line
		}
		p.plain(line, LevelInfo)
	})
}

// Log writes a message of devpm itself.
func (p *Progress) Log(level Level, text string) {
	text = p.masked(text)
	p.event("", "log", level, text, func() {
		line := Plain(text)
		switch level {
		case LevelError:
			line = p.o.Style.Red("error:") + " " + line
		case LevelWarning:
			line = p.o.Style.Yellow("warning:") + " " + line
		}
		p.plain(line, level)
	})
}

func (p *Progress) masked(text string) string {
	if p == nil || p.o.Mask == nil {
		return text
	}
	return p.o.Mask(text)
}

// Pause takes the area off the screen, calls f, which may write to the terminal
// or hand it to a program, and draws it again. Other events wait.
func (p *Progress) Pause(f func()) {
	if p == nil {
		f()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	f()
	p.draw()
}

// Close takes the area off the screen and ends the output. Later calls show
// nothing.
func (p *Progress) Close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	was := p.closed
	if !was {
		p.clear()
		p.closed = true
		close(p.stop)
	}
	p.mu.Unlock()
	p.idle.Wait()
}

// event runs show under the lock, or writes the JSON form in its place.
func (p *Progress) event(step, event string, level Level, text string, show func()) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
	case p.o.Mode == ProgressJSON:
		p.json(step, event, level, text)
	default:
		show()
	}
}

// record is one line of --log-format json.
type record struct {
	Time    string `json:"time"` // RFC 3339, UTC, milliseconds
	Level   Level  `json:"level"`
	Step    string `json:"step"`
	Event   string `json:"event"` // start, update, output, log or a Status
	Message string `json:"message"`
}

func (p *Progress) json(step, event string, level Level, text string) {
	at := p.o.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00")
	e := json.NewEncoder(p.o.Out)
	e.SetEscapeHTML(false)
	_ = e.Encode(record{at, level, step, event, strings.TrimRight(text, "\r\n")}) // strings always encode; nobody is left to tell that writing failed
}

func (p *Progress) area() bool { return p.o.Mode == ProgressArea && !p.o.Quiet }

// plain writes a whole line above the area.
func (p *Progress) plain(line string, level Level) {
	if p.o.Quiet && level == LevelInfo {
		return
	}
	p.clear()
	fmt.Fprintln(p.o.Out, line)
	p.draw()
}

// drawSoon draws unless that happened a moment ago; the next tick catches up.
func (p *Progress) drawSoon() {
	if p.o.Now().Sub(p.last) >= redraw {
		p.draw()
	}
}

// clear takes the area off the screen: up to its first line, then erase to the
// end of the screen.
func (p *Progress) clear() {
	if p.drawn == 0 {
		return
	}
	fmt.Fprintf(p.o.Out, "\r\x1b[%dA\x1b[J", p.drawn)
	p.drawn = 0
}

// draw replaces the area in one write, so that no terminal shows half of it.
func (p *Progress) draw() {
	if !p.area() || p.closed || (len(p.tasks) == 0 && p.drawn == 0) {
		return
	}
	var b strings.Builder
	if p.drawn > 0 {
		fmt.Fprintf(&b, "\r\x1b[%dA\x1b[J", p.drawn)
	}
	now, width := p.o.Now(), p.o.Width()
	shown := p.tasks[:min(len(p.tasks), areaLines)]
	lines := 0
	for _, t := range shown {
		b.WriteString(p.o.Style.Cyan(t.line(now, width)) + "\n")
		lines++
	}
	if more := len(p.tasks) - len(shown); more > 0 {
		b.WriteString(p.o.Style.Dim(Cut(fmt.Sprintf("  and %d more", more), width-1)) + "\n")
		lines++
	}
	io.WriteString(p.o.Out, b.String())
	p.drawn, p.last = lines, now
}

// line is one running task, cut so that it never wraps; the time stays.
func (t task) line(now time.Time, width int) string {
	text := strings.ReplaceAll(Plain(t.text), "\n", " ")
	suffix := ""
	if d := elapsed(now.Sub(t.since)); d != "" {
		suffix = " " + d
	}
	return Cut("• "+t.id+": "+strings.ReplaceAll(text, "\t", " "), max(width-1-Cells(suffix), 1)) + suffix
}

// elapsed is a time that a person waits: nothing below a second, then whole
// seconds.
func elapsed(d time.Duration) string {
	if d < time.Second {
		return ""
	}
	return d.Truncate(time.Second).String()
}
