package undo

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lateEngine still carries out what a killed run asked of it: each look at it
// may make something more appear.
type lateEngine struct {
	*fakeEngine
	looks int
	late  map[int]func(*Resources)
}

func (e *lateEngine) Resources(ctx context.Context, project string) (Resources, error) {
	if f := e.late[e.looks]; f != nil {
		f(&e.Resources_)
	}
	e.looks++
	return e.fakeEngine.Resources(ctx, project)
}

// RemoveNetwork refuses while a container is there, as engines do.
func (e *lateEngine) RemoveNetwork(ctx context.Context, id string) error {
	if slices.ContainsFunc(e.Resources_.Containers, func(r Resource) bool { return r.ID == "late" }) {
		return errors.New("it has active endpoints")
	}
	return e.fakeEngine.RemoveNetwork(ctx, id)
}

// TestAnEngineThatIsStillAtWork: the engine finishes requests of a run that was
// killed, so things appear while undo is at it, and some time after it.
func TestAnEngineThatIsStillAtWork(t *testing.T) {
	r := newRun(t)
	before := r.world()
	l, err := Open(r.state, r.dir)
	if err != nil {
		t.Fatal(err)
	}
	had := r.engine.Resources_
	if err := errors.Join(l.Start("p", &had), l.Close()); err != nil {
		t.Fatal(err)
	}
	busy := &lateEngine{fakeEngine: r.engine, late: map[int]func(*Resources){
		0: func(e *Resources) { e.Networks = append(e.Networks, Resource{"n1", "p_default"}) },
		// Nothing was there for a while; then both come, and a container is made
		// once more under the name that was removed.
		6:  func(e *Resources) { e.Networks = append(e.Networks, Resource{"n2", "p_default"}) },
		7:  func(e *Resources) { e.Containers = append(e.Containers, Resource{"c1", "p-web-1"}) },
		14: func(e *Resources) { e.Containers = append(e.Containers, Resource{"c2", "p-web-1"}) },
	}}
	u := r.undoer()
	u.Engine = busy
	var slept time.Duration
	u.Sleep = func(_ context.Context, d time.Duration) error { slept += d; return nil }
	items, err := u.Undo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"removed network p_default", "removed container p-web-1"}, lines(items)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(before, r.world()); d != "" {
		t.Errorf("-before +after\n%s", d)
	}
	if slept < 2*time.Second {
		t.Errorf("the engine was given %v", slept)
	}
}

// TestWhatStoodInTheWay: a network that a late container held goes after it.
func TestWhatStoodInTheWay(t *testing.T) {
	r := newRun(t)
	before := r.world()
	l, err := Open(r.state, r.dir)
	if err != nil {
		t.Fatal(err)
	}
	had := r.engine.Resources_
	if err := errors.Join(l.Start("p", &had), l.Close()); err != nil {
		t.Fatal(err)
	}
	r.engine.Resources_.Networks = []Resource{{"n1", "p_default"}}
	busy := &lateEngine{fakeEngine: r.engine}
	u := r.undoer()
	u.Engine = busy
	u.Note = func(i Item) { // it appears just before the network is to go
		if i.Kind == KindNetwork && busy.late == nil {
			busy.late = map[int]func(*Resources){}
			r.engine.Resources_.Containers = append(r.engine.Resources_.Containers, Resource{"late", "p-web-1"})
		}
	}
	items, err := u.Undo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.Err != nil {
			t.Errorf("%+v", i)
		}
	}
	if d := cmp.Diff(before, r.world()); d != "" {
		t.Errorf("-before +after\n%s", d)
	}
}
