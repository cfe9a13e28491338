package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"

	"github.com/devpm/devpm/diag"
)

// What waiting goes by when the options do not say.
const (
	DefaultSettle   = 2 * time.Second // without a health check (design §7 Engine)
	DefaultRestarts = 6               // some six seconds of the engine's own back-off
	DefaultLogLines = 20

	pollFirst    = 50 * time.Millisecond
	pollMost     = 500 * time.Millisecond
	pollFailures = 3 // in a row, before giving up on the engine
)

// Phase is how far a service is on its way to being ready.
type Phase string

// The phases. A service is ready, finished or failed at the end of a wait that
// was not cut short.
const (
	Pending  Phase = "pending"  // its container does not run yet
	Starting Phase = "starting" // it runs, and is not ready yet
	Ready    Phase = "ready"    // healthy, or up for the settle time without a health check
	Finished Phase = "finished" // a job that ended with 0
	Broken   Phase = "failed"
)

// over reports whether nothing more is to come.
func (p Phase) over() bool { return p == Ready || p == Finished || p == Broken }

// rank orders phases by how much they say about a service of several
// containers: the worst wins.
func (p Phase) rank() int {
	return slices.Index([]Phase{Finished, Ready, Starting, Pending, Broken}, p)
}

// WaitOptions say what to wait for.
type WaitOptions struct {
	Project  string
	Services []string      // that should be there; nothing else is looked at
	Timeout  time.Duration // 0 waits for ever
	Settle   time.Duration // 0 is DefaultSettle
	Restarts int           // how many restarts make a loop; 0 is DefaultRestarts
	LogLines int           // of a service that failed; 0 is DefaultLogLines
	// Changed is told each service's new state; calls do not overlap. May be
	// nil.
	Changed func(ServiceState)
}

// ServiceState is where one service is. Container is the one of its containers
// that decides; Logs are there for services that failed or were not ready.
type ServiceState struct {
	Service   string
	Phase     Phase
	Code      diag.Code // of the failure; "" otherwise
	Reason    string    // "is unhealthy", "ended with 3"; "" when there is nothing to add
	Container Container
	Logs      []string
}

// WaitResult is how a wait ended: every service, sorted by name.
type WaitResult struct {
	Services []ServiceState
	TimedOut bool
	Took     time.Duration
}

// OK reports whether every service is ready or finished.
func (r WaitResult) OK() bool {
	return !slices.ContainsFunc(r.Services, func(s ServiceState) bool { return s.Phase != Ready && s.Phase != Finished })
}

// Wait watches services until each is ready: healthy, or up for the settle
// time without a health check, or ended with 0 as a job (peers row 22). A
// service that is unhealthy, ended otherwise or keeps restarting fails; the
// others then have the settle time to fail as well, so that one run shows all.
//
// The result is filled in any case. The error is a *diag.Failure when a service
// is not ready, with DPM5040 to DPM5044, or when the engine stopped answering,
// and wraps the context's when that ended.
func (e *Engine) Wait(ctx context.Context, o WaitOptions) (WaitResult, error) {
	if e.clock.Now == nil || e.clock.Sleep == nil {
		return WaitResult{}, errors.New("waiting for services: the engine was connected without a clock")
	}
	w := newWaiter(e, o)
	err := w.loop(ctx)
	result := WaitResult{TimedOut: w.timedOut, Took: e.clock.Now().Sub(w.began)}
	for _, name := range slices.Sorted(maps.Keys(w.states)) {
		result.Services = append(result.Services, w.states[name])
	}
	if err != nil {
		return result, err
	}
	w.attachLogs(ctx, result.Services)
	return result, result.diagnostics().Err()
}

type waiter struct {
	*Engine
	o        WaitOptions
	began    time.Time
	states   map[string]ServiceState
	tracks   map[string]*track // by container id
	timedOut bool
}

func newWaiter(e *Engine, o WaitOptions) *waiter {
	o.Settle = cmp.Or(o.Settle, DefaultSettle)
	o.Restarts = cmp.Or(o.Restarts, DefaultRestarts)
	o.LogLines = cmp.Or(o.LogLines, DefaultLogLines)
	if o.Changed == nil {
		o.Changed = func(ServiceState) {}
	}
	w := &waiter{Engine: e, o: o, began: e.clock.Now(), states: map[string]ServiceState{}, tracks: map[string]*track{}}
	for _, name := range o.Services {
		w.states[name] = ServiceState{Service: name, Phase: Pending}
	}
	return w
}

// loop polls until all is over. The pause doubles while nothing changes.
func (w *waiter) loop(ctx context.Context) error {
	pause, failures := pollFirst, 0
	var firstFailure time.Time
	for {
		changed, err := w.look(ctx)
		now := w.clock.Now()
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("waiting for services: %w", context.Cause(ctx))
		case err != nil:
			if failures++; failures == pollFailures {
				return err
			}
		default:
			failures = 0
		}
		if err == nil && w.allOver() {
			return nil
		}
		if firstFailure.IsZero() && w.anyBroken() {
			firstFailure = now
		}
		if !firstFailure.IsZero() && now.Sub(firstFailure) >= w.o.Settle {
			return nil
		}
		if w.o.Timeout > 0 && now.Sub(w.began) >= w.o.Timeout {
			w.timedOut = true
			return nil
		}
		if changed {
			pause = pollFirst
		}
		if err := w.clock.Sleep(ctx, pause); err != nil {
			return fmt.Errorf("waiting for services: %w", context.Cause(ctx))
		}
		pause = min(2*pause, pollMost)
	}
}

func (w *waiter) allOver() bool {
	for _, s := range w.states {
		if !s.Phase.over() {
			return false
		}
	}
	return true
}

func (w *waiter) anyBroken() bool {
	for _, s := range w.states {
		if s.Phase == Broken {
			return true
		}
	}
	return false
}

// look asks once and reports whether anything is different.
func (w *waiter) look(ctx context.Context) (bool, error) {
	call, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	found, err := w.list(call, client.Filters{}.Add("label", labelProject+"="+w.o.Project))
	if err != nil {
		return false, w.refused(ctx, "listing containers", err)
	}
	found = slices.DeleteFunc(found, func(c Container) bool {
		_, wanted := w.states[c.Service]
		return !wanted || c.OneOff
	})
	if err := w.inspectAll(call, found); err != nil {
		return false, err
	}
	now := w.clock.Now()
	byService := map[string][]ServiceState{}
	for _, c := range found {
		t := w.tracks[c.ID]
		if t == nil {
			t = &track{restarts: c.RestartCount}
			w.tracks[c.ID] = t
		}
		byService[c.Service] = append(byService[c.Service], w.judge(c, t, now))
	}
	changed := false
	for _, name := range slices.Sorted(maps.Keys(w.states)) {
		next := w.combine(name, byService[name], now)
		if last := w.states[name]; last.Phase != next.Phase || last.Reason != next.Reason ||
			last.Container.ID != next.Container.ID || last.Container.Health != next.Container.Health {
			changed = true
			w.o.Changed(next)
		}
		w.states[name] = next
	}
	return changed, nil
}

// combine makes one state of a service's containers; the worst decides.
func (w *waiter) combine(name string, states []ServiceState, now time.Time) ServiceState {
	if len(states) == 0 {
		s := ServiceState{Service: name, Phase: Pending, Reason: "has no container"}
		if now.Sub(w.began) >= w.o.Settle {
			s.Phase, s.Code = Broken, diag.ServiceWithoutContainer
		}
		return s
	}
	return slices.MaxFunc(states, func(a, b ServiceState) int { return cmp.Compare(a.Phase.rank(), b.Phase.rank()) })
}

// attachLogs fetches the last lines of the services that are not up. What
// cannot be read is left out: it would hide the real fault.
func (w *waiter) attachLogs(ctx context.Context, states []ServiceState) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	var g errgroup.Group
	g.SetLimit(parallelCalls)
	for i := range states {
		s := &states[i]
		if s.Phase == Ready || s.Phase == Finished || s.Container.ID == "" {
			continue
		}
		g.Go(func() error {
			s.Logs, _ = w.LastLogs(ctx, s.Container, w.o.LogLines)
			return nil
		})
	}
	_ = g.Wait()
}
