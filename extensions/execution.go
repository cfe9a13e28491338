package extensions

import (
	"context"
	"fmt"
	"sync"

	"github.com/devpm/devpm/extensions/protocol"
)

// Execution is the programs that do what plans only tell: a second one for each
// that has something to do, started when it is asked for the first time. It may
// be used from several goroutines.
type Execution struct {
	Collected  *Collected
	Initialize protocol.Initialize // all but Mode

	mu      sync.Mutex
	running map[*Program]Session
	closed  bool
}

// start returns the running program of a registration.
func (e *Execution) start(ctx context.Context, r *registered) (Session, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("the program of the extension %s was ended", r.owner.Name)
	}
	program := r.session.program
	if s := e.running[program]; s != nil {
		return s, nil
	}
	initialize := e.Initialize
	initialize.Mode = protocol.ModeExecute
	s, err := program.Start(ctx, protocol.ModeExecute, initialize)
	if err != nil {
		return nil, err
	}
	// A program is asked to describe itself before anything else.
	if _, err := s.Describe(ctx); err != nil {
		_ = s.Close() // the error of before counts
		return nil, err
	}
	if e.running == nil {
		e.running = map[*Program]Session{}
	}
	e.running[program] = s
	return s, nil
}

// ask asks the program of a registration for something. One that has ended over
// it is left: what is asked next, where the run goes on, goes to a new one.
func (e *Execution) ask(ctx context.Context, r *registered, do func(Session) error) error {
	s, err := e.start(ctx, r)
	if err != nil {
		return err
	}
	if err = do(s); err != nil && s.Ended() {
		e.mu.Lock()
		delete(e.running, r.session.program)
		e.mu.Unlock()
		_ = s.Close() // its end is told
	}
	return blame(r.owner, err)
}

// Step carries a step out. It is evaluated again first, in the program that can
// only read: one that finds nothing to do any more is left, and did is false.
func (e *Execution) Step(ctx context.Context, id string) (did bool, err error) {
	for _, r := range e.Collected.steps {
		if r.Name != id {
			continue
		}
		again, err := r.session.Evaluate(ctx, id)
		if err != nil {
			return false, blame(r.owner, err)
		}
		if again.Outcome != "run" && again.Outcome != "update" {
			return false, nil
		}
		return true, e.ask(ctx, r, func(s Session) error { return s.Execute(ctx, id) })
	}
	return false, fmt.Errorf("no extension has the step %q any more", id)
}

// Hook runs a hook runner in a phase.
func (e *Execution) Hook(ctx context.Context, id, phase string) error {
	r := e.Collected.runners[id]
	if r == nil {
		return fmt.Errorf("no extension has the hook runner %q any more", id)
	}
	return e.ask(ctx, r, func(s Session) error { return s.RunHook(ctx, id, phase) })
}

// Secrets asks a provider for values.
func (e *Execution) Secrets(ctx context.Context, name string, keys []string) (values map[string]string, err error) {
	r := e.Collected.providers[name]
	if r == nil {
		return nil, fmt.Errorf("no extension has the secrets provider %q any more", name)
	}
	err = e.ask(ctx, r, func(s Session) error {
		values, err = s.Secrets(ctx, name, keys)
		return err
	})
	return values, err
}

// Close ends the programs that were started.
func (e *Execution) Close() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	var wg sync.WaitGroup
	for _, s := range e.running {
		wg.Go(func() { _ = s.Close() }) // the host reaps what does not end
	}
	wg.Wait()
	e.running = nil
}
