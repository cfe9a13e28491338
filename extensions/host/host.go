package host

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/internal/execx"
)

// Limits are how long a program has, by kind of request. Zero means the
// default; a negative value means no limit.
type Limits struct {
	Start    time.Duration // to start and answer initialize: 10 s
	Describe time.Duration // 10 s
	Evaluate time.Duration // each of evaluate, services, patches, stack, policy: 10 s
	Call     time.Duration // each of hooks, commands, secrets and unknown methods: none
	Execute  time.Duration // a step: none
	Shutdown time.Duration // to end by itself, and again after TERM: 2 s
	Cancel   time.Duration // to answer a request that was cancelled: 2 s
}

func (l Limits) orDefaults() Limits {
	for _, f := range []struct {
		field    *time.Duration
		standard time.Duration
	}{
		{&l.Start, 10 * time.Second}, {&l.Describe, 10 * time.Second}, {&l.Evaluate, 10 * time.Second},
		{&l.Call, -1}, {&l.Execute, -1}, {&l.Shutdown, 2 * time.Second}, {&l.Cancel, 2 * time.Second},
	} {
		if *f.field == 0 {
			*f.field = f.standard
		}
	}
	return l
}

// of is the limit of one request; not positive when there is none.
func (l Limits) of(method string) time.Duration {
	switch method {
	case protocol.MethodInitialize:
		return l.Start
	case protocol.MethodDescribe:
		return l.Describe
	case protocol.MethodEvaluate, protocol.MethodServices, protocol.MethodPatches, protocol.MethodStack, protocol.MethodPolicy:
		return l.Evaluate
	case protocol.MethodExecute:
		return l.Execute
	case protocol.MethodShutdown:
		return l.Shutdown
	default:
		return l.Call
	}
}

// Options say how programs are started and who is told what they write. The
// callbacks are called from several goroutines, one at a time for each program;
// a program waits while a callback runs. Each may be nil.
type Options struct {
	Starter execx.Starter // nil means this machine
	// Self is devpm's own path, which is started as the helper of the sandbox;
	// "" means no sandbox.
	Self   string
	Limits Limits
	// Log gets the log records of a program, and each line of its standard
	// error as level "info".
	Log      func(extension, level, message string)
	Progress func(extension, message string, percent *float64)
	Output   func(extension, text string) // of a command, as it comes
}

// Host starts programs and ends them all. It may be used from several
// goroutines.
type Host struct {
	opt Options

	mu       sync.Mutex
	closed   bool
	sessions []*Session
}

// New makes a host without programs.
func New(o Options) *Host {
	o.Limits = o.Limits.orDefaults()
	if o.Starter == nil {
		o.Starter = execx.System{}
	}
	if o.Log == nil {
		o.Log = func(string, string, string) {}
	}
	if o.Progress == nil {
		o.Progress = func(string, string, *float64) {}
	}
	if o.Output == nil {
		o.Output = func(string, string) {}
	}
	return &Host{opt: o}
}

var errHostClosed = errors.New("the host of extensions is closed")

// Start starts a program and initializes it. The context ends the start, not
// the program: that lives until Close. The error is a *Failure, the context's
// cause, or says that the host is closed.
func (h *Host) Start(ctx context.Context, p Program, init protocol.Initialize) (*Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	s, err := h.launch(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := s.initialize(ctx, init); err != nil {
		s.end(nil)
		<-s.over
		h.forget(s)
		return nil, err
	}
	return s, nil
}

func (h *Host) launch(ctx context.Context, p Program) (*Session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errHostClosed
	}
	s, err := newSession(ctx, h, p)
	if err != nil {
		return nil, err
	}
	h.sessions = append(h.sessions, s)
	return s, nil
}

func (h *Host) forget(s *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions = slices.DeleteFunc(h.sessions, func(other *Session) bool { return other == s })
}

// Close ends all programs and what they have started, at the same time, and
// returns when they are reaped. The error joins the *Failure of each that did
// not end as it should; nothing of it is left running all the same.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	sessions := h.sessions
	h.sessions = nil
	h.mu.Unlock()
	errs := make([]error, len(sessions))
	var all sync.WaitGroup
	for i, s := range sessions {
		all.Go(func() { errs[i] = s.Close() })
	}
	all.Wait()
	return errors.Join(errs...)
}
