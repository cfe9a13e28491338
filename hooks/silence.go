package hooks

import (
	"sync"
	"time"
)

// silence calls back each time that nothing was said for a while, so that a
// long hook is not taken for a hanging one. It does so with its lock held: after
// stop, nothing is reported.
type silence struct {
	every time.Duration
	mu    sync.Mutex
	timer *time.Timer
	since int // intervals since something was said
	ended bool
}

func newSilence(every time.Duration, report func(silent time.Duration)) *silence {
	if every == 0 {
		every = quietTime
	}
	s := &silence{every: every}
	s.mu.Lock() // the timer may fire before it is assigned
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(every, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ended {
			return
		}
		s.since++
		report(time.Duration(s.since) * s.every)
		s.timer.Reset(s.every)
	})
	return s
}

// spoke starts the wait anew.
func (s *silence) spoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.since = 0
		s.timer.Reset(s.every)
	}
}

func (s *silence) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.timer.Stop()
}
