package host

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"

	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/internal/execx"
)

// linger is how long the host waits for the end of a program whose output has
// ended, and for the end of its streams once it has ended. Both come together
// unless something else holds them open.
const linger = 500 * time.Millisecond

// Session is one program that runs. It may be used from several goroutines.
type Session struct {
	host    *Host
	program Program
	scratch string // its directory for temporary files; "" without one
	child   *execx.Child
	wire    *wire
	client  *jrpc2.Client
	tail    tail
	drained chan struct{} // closed at the end of standard error
	heard   chan struct{} // closed at the end of the messages
	hearing sync.Once

	base    context.Context // of what ends the program: never cancelled
	sending sync.Mutex      // one request leaves at a time, see call

	version      string
	capabilities []protocol.Capability

	ending sync.Once
	ready  chan struct{} // closed when all of the above is there
	over   chan struct{} // closed when the program is reaped and all is closed

	mu       sync.Mutex
	cause    *cause   // why it ended before its time; first come
	odd      []string // what it wrote and should not have
	left     []string // programs that it left behind; valid after over
	stubborn bool     // it had to be made to end; valid after over
	outlived bool     // it closed its output and went on; valid after over
	closing  bool     // Close was called
	told     bool     // a caller was told of the cause
	started  bool     // it has answered initialize
	// Which extension of a shared program was being loaded, and from where.
	speaker, speaksFrom string
	closeErr            error
	closed              sync.Once
}

// maxOdd bounds what is remembered of stray lines.
const maxOdd = 5

func newSession(ctx context.Context, h *Host, p Program) (*Session, error) {
	if h.opt.Self != "" && len(p.Argv) > 0 {
		// Below a helper, the system would not tell us.
		if _, err := execx.LookPath(p.Argv[0], "", p.Dir); err != nil {
			return nil, notStarted(p, err)
		}
	}
	p, scratch, err := withScratch(p)
	if err != nil {
		return nil, notStarted(p, err)
	}
	child, err := h.opt.Starter.Start(h.command(p))
	if err != nil {
		removeScratch(scratch)
		return nil, notStarted(p, err)
	}
	s := &Session{host: h, program: p, child: child, scratch: scratch, base: context.WithoutCancel(ctx), drained: make(chan struct{}),
		heard: make(chan struct{}), ready: make(chan struct{}), over: make(chan struct{})}
	defer close(s.ready)
	s.wire = newWire(child.Stdout, child.Stdin, p.Preamble, handlers{s.notified, s.stray, func(err error) {
		s.end(&cause{kind: causeEnded, input: true, err: err})
	}})
	go s.readErrors()
	s.client = jrpc2.NewClient(recorder{s.wire, s}, nil)
	return s, nil
}

// recorder notes why the messages of a program have ended, before the client
// tells those who wait.
type recorder struct {
	*wire
	session *Session
}

// Recv implements channel.Channel.
func (r recorder) Recv() ([]byte, error) {
	msg, err := r.wire.Recv()
	if err != nil {
		r.session.hearing.Do(func() { close(r.session.heard) })
		r.session.end(causeOf(err))
	}
	return msg, err
}

// readErrors passes standard error on, line by line, to its end.
func (s *Session) readErrors() {
	defer close(s.drained)
	lines := execx.Lines(func(line string) {
		s.tail.add(line)
		s.host.opt.Log(s.program.Name, "info", plain(line))
	})
	_, _ = io.Copy(onlyWriter{lines}, s.child.Stderr)
	lines.Flush()
}

// onlyWriter keeps io.Copy from looking for shortcuts.
type onlyWriter struct{ io.Writer }

// stray remembers a line that can be survived but explains what comes later.
func (s *Session) stray(what string) {
	s.mu.Lock()
	first := len(s.odd) < maxOdd && !slices.Contains(s.odd, what)
	if first {
		s.odd = append(s.odd, what)
	}
	s.mu.Unlock()
	if first {
		s.host.opt.Log(s.program.Name, "warning", what)
	}
}

// initialize opens the conversation.
func (s *Session) initialize(ctx context.Context, init protocol.Initialize) error {
	var answer protocol.Initialized
	if err := s.Call(ctx, protocol.MethodInitialize, init, &answer); err != nil {
		return err
	}
	if answer.ProtocolVersion != init.ProtocolVersion {
		return s.otherVersion(answer.ProtocolVersion, init.ProtocolVersion)
	}
	s.mu.Lock()
	s.started, s.speaker, s.speaksFrom = true, "", ""
	s.mu.Unlock()
	s.version = short(answer.Extension.Version, maxName)
	for _, c := range protocol.Capabilities() {
		if slices.Contains(answer.Capabilities, c) {
			s.capabilities = append(s.capabilities, c)
		}
	}
	return nil
}

// Name is the extension's, as users see it.
func (s *Session) Name() string { return s.program.Name }

// Version is what the program said; it may be empty.
func (s *Session) Version() string { return s.version }

// Capabilities are those that both sides know, in the order of
// protocol.Capabilities.
func (s *Session) Capabilities() []protocol.Capability { return slices.Clone(s.capabilities) }

// Has reports whether the program has the capability.
func (s *Session) Has(c protocol.Capability) bool { return slices.Contains(s.capabilities, c) }

// Tail is the end of what the program wrote to standard error.
func (s *Session) Tail() []string { return s.tail.lines() }

// Overran reports whether the program was ended because it went on with a
// request that was cancelled, beyond Limits.Cancel.
func (s *Session) Overran() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause != nil && s.cause.kind == causeCancelled
}

// Ended reports whether the program answers nothing any more: it has ended, or is
// being ended.
func (s *Session) Ended() bool { return s.broken() }

// Close asks the program to end, makes it if it does not, and returns when it
// is reaped and everything that it started and left behind has ended. The error
// is a *Failure that says what it did not do as it should.
func (s *Session) Close() error {
	s.closed.Do(func() {
		s.host.forget(s)
		s.mu.Lock()
		s.closing = true
		s.mu.Unlock()
		if !s.broken() {
			s.shutdown()
		}
		s.end(nil)
		<-s.over
		s.closeErr = s.judgeEnd()
	})
	return s.closeErr
}

// end ends the session once; it does not wait. why is nil for an end in order.
func (s *Session) end(why *cause) {
	s.mu.Lock()
	if expected := s.closing && why != nil && why.kind == causeEnded; s.cause == nil && !expected {
		s.cause = why
	}
	s.mu.Unlock()
	s.ending.Do(func() { go s.finish(why) })
}

// finish ends the process and everything that belongs to it.
func (s *Session) finish(why *cause) {
	defer close(s.over)
	<-s.ready
	s.wire.hangUp()
	patience := s.host.opt.Limits.Shutdown
	s.mu.Lock()
	if s.cause == nil {
		why = nil // it was asked to end: which of its streams ends first does not matter
	}
	s.mu.Unlock()
	if why != nil {
		patience = 0
		if why.kind == causeEnded {
			patience = linger
		}
	}
	ended := waitFor(s.child.Done(), patience)
	s.child.End(s.host.opt.Limits.Shutdown)
	left, alone := s.child.Report()
	ended = ended || alone
	s.mu.Lock()
	s.left, s.stubborn = left, !ended && (why == nil || why.kind == causeDeaf)
	s.outlived = !ended && why != nil && why.kind == causeEnded
	s.mu.Unlock()
	// What it wrote before its end counts, above all its last answer.
	waitFor(s.heard, linger)
	waitFor(s.drained, linger)
	s.child.Close()
	<-s.drained
	_ = s.client.Close()
	s.wire.out.Wait()
	removeScratch(s.scratch)
}

func waitFor(done <-chan struct{}, d time.Duration) bool {
	select {
	case <-done:
		return true
	default:
	}
	if d <= 0 {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// causeOf says what the end of the messages means.
func causeOf(err error) *cause {
	var fault *lineFault
	switch {
	case errors.As(err, &fault):
		return &cause{kind: causeGarbage, fault: fault}
	case errors.Is(err, errTooLong):
		return &cause{kind: causeTooLong}
	case errors.Is(err, errUnclosed):
		return &cause{kind: causeEnded, midLine: true}
	case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed):
		return &cause{kind: causeEnded}
	default:
		return &cause{kind: causeEnded, err: err}
	}
}
