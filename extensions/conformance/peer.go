package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/internal/execx"
)

// Program is what is tested.
type Program struct {
	Argv     []string // an absolute program first
	Dir      string   // working directory
	Env      []string // complete
	Preamble []byte   // written to standard input before the first message
}

// peer is a running program that lines are exchanged with.
type peer struct {
	child    *execx.Child
	preamble []byte      // goes before what is written first
	lines    chan []byte // of standard output; closed at its end
	long     error       // why reading stopped, valid after lines was closed

	drained chan struct{} // closed at the end of standard error

	mu     sync.Mutex
	stderr []string // its last lines
}

// keptLines is how many last lines of standard error are kept for messages.
const keptLines = 5

// launch starts the program.
func launch(starter execx.Starter, p Program) (*peer, error) {
	child, err := starter.Start(execx.Command{Argv: p.Argv, Dir: p.Dir, Env: p.Env})
	if err != nil {
		return nil, err
	}
	out := &peer{child: child, preamble: p.Preamble, lines: make(chan []byte, 64), drained: make(chan struct{})}
	go out.readLines()
	go func() {
		defer close(out.drained)
		lines := execx.Lines(out.keep)
		_, _ = io.Copy(lines, child.Stderr)
		lines.Flush()
	}()
	return out, nil
}

func (p *peer) keep(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stderr = append(p.stderr, line); len(p.stderr) > keptLines {
		p.stderr = p.stderr[1:]
	}
}

func (p *peer) readLines() {
	defer close(p.lines)
	in := bufio.NewReaderSize(p.child.Stdout, 64<<10)
	for {
		line, err := readLine(in)
		if len(bytes.TrimSpace(line)) > 0 {
			p.lines <- bytes.TrimRight(line, "\r\n")
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.long = err
			}
			return
		}
	}
}

var errLong = fmt.Errorf("it wrote a line of more than %d bytes", protocol.MaxMessage)

func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > protocol.MaxMessage {
			return nil, errLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// errDeaf means that the program does not read.
var errDeaf = errors.New("it does not read its standard input")

// write sends bytes. A program that does not take them in time is not written
// to any more.
func (p *peer) write(b []byte, within time.Duration) error {
	b, p.preamble = slices.Concat(p.preamble, b), nil
	done := make(chan error, 1)
	go func() {
		_, err := p.child.Stdin.Write(b)
		done <- err
	}()
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case err := <-done:
		return err
	case <-t.C:
		p.closeInput()
		return errDeaf
	}
}

// errSilent means that nothing came in time.
var errSilent = errors.New("no answer")

// receive returns the next line of standard output. At its end it returns
// io.EOF or errLong.
func (p *peer) receive(within time.Duration) ([]byte, error) {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case line, ok := <-p.lines:
		switch {
		case ok:
			return line, nil
		case p.long != nil:
			return nil, p.long
		}
		return nil, io.EOF
	case <-t.C:
		return nil, errSilent
	}
}

// closeInput ends standard input.
func (p *peer) closeInput() { _ = p.child.Stdin.Close() }

// wait reports whether the program ended by itself within d. What it writes
// until then, and has written, goes to take.
func (p *peer) wait(d time.Duration, take func(line []byte)) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	lines, done := p.lines, p.child.Done()
	for lines != nil || done != nil {
		select {
		case line, ok := <-lines:
			if !ok {
				lines = nil
				continue
			}
			take(line)
		case <-done:
			done = nil
			t.Reset(linger) // for the end of its output, which others may have open
		case <-t.C:
			return done == nil
		}
	}
	return true
}

// end ends the program and what is left of its group.
func (p *peer) end(grace time.Duration) {
	go func() {
		for range p.lines { // let it write
		}
	}()
	p.child.End(grace)
	p.child.Close()
}

// linger is how long the end of standard error is waited for: when a program
// has ended it comes at once, unless another has it open too.
const linger = 500 * time.Millisecond

// lastWords are the last lines of standard error of a program that has ended,
// joined.
func (p *peer) lastWords() string {
	t := time.NewTimer(linger)
	defer t.Stop()
	select {
	case <-p.drained:
	case <-t.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.stderr, " / ")
}
