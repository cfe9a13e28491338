package apply

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

// Options are what a run works with. Effects and Now are needed; Replan too
// when the plan has boundaries.
type Options struct {
	Effects  Effects
	Journal  *Journal // nil: none is kept
	Reporter Reporter // nil: silent
	Now      func() time.Time
	// Replan observes and builds again, at the boundaries that the plan names.
	Replan func(ctx context.Context) (*prepare.Plan, error)
}

// Result is what a run came to, also when it failed.
type Result struct {
	Done        []string      // ids of the steps that were carried out, in order
	Plan        *prepare.Plan // the plan followed at the end
	Warnings    diag.List     // found while doing
	Record      prepare.Record
	Applied     prepare.Applied
	Interrupted bool
}

// Run carries the plan out. A step starts only if all that it depends on
// succeeded or had nothing to do; after a failure none starts. The error is a
// *StepError; with a cancelled context it says so and wraps context.Canceled.
// Everything done is kept: running again continues.
func Run(ctx context.Context, plan *prepare.Plan, o Options) (*Result, error) {
	if o.Reporter == nil {
		o.Reporter = silent{}
	}
	r := &run{Options: o, plan: plan, result: &Result{Plan: plan, Record: plan.Record, Applied: plan.Applied}, succeeded: map[string]bool{}}
	err := r.walk(ctx)
	if err == nil {
		return r.result, nil
	}
	err.Done = slices.Clone(r.result.Done)
	err.Next = next(err.Step, err.Interrupted)
	r.result.Interrupted = err.Interrupted
	return r.result, err
}

// mostRounds bounds how often one step is repeated.
const mostRounds = 50

type run struct {
	Options
	plan      *prepare.Plan
	result    *Result
	succeeded map[string]bool // ids that a dependent may rely on
	dirty     bool            // something ran since the plan was made
}

func (r *run) walk(ctx context.Context) *StepError {
	if err := r.removeLeftovers(); err != nil {
		return stepError(ctx, "removing temporary files", err)
	}
	rounds := 0
	for i := 0; i < len(r.plan.Steps); i++ {
		step := r.plan.Steps[i]
		if err := r.step(ctx, step); err != nil {
			return stepError(ctx, step.ID, err)
		}
		r.succeeded[step.ID] = true
		if !step.Boundary || !r.dirty || r.Replan == nil {
			continue
		}
		plan, err := r.Replan(ctx)
		if err != nil {
			return stepError(ctx, step.ID, fmt.Errorf("planning again: %w", err))
		}
		// The steps up to the boundary are behind us in either plan.
		i = slices.IndexFunc(plan.Steps, func(s prepare.Step) bool { return s.ID == step.ID })
		if i < 0 {
			return stepError(ctx, step.ID, errors.New("planning again: the new plan has no such step"))
		}
		for _, s := range plan.Steps[:i] {
			if !s.Works() {
				r.succeeded[s.ID] = true
			}
		}
		r.plan, r.result.Plan, r.dirty = plan, plan, false
		r.Reporter.Replanned(plan)
		if step.Repeat && plan.Steps[i].Works() {
			if rounds++; rounds > mostRounds {
				return stepError(ctx, step.ID, fmt.Errorf("after %d rounds there is still something to do: %s", mostRounds, plan.Steps[i].Reason))
			}
			i-- // the same step of the new plan
		}
	}
	return nil
}

// removeLeftovers deletes temporary files of a killed run wherever this plan
// writes.
func (r *run) removeLeftovers() error {
	if r.Effects.Files == nil {
		return nil
	}
	dirs := []string{".", prepare.StateDir, path.Dir(prepare.VerdictPath)}
	for _, s := range r.plan.Steps {
		for _, a := range s.Actions {
			if w, ok := a.(prepare.WriteFile); ok && !slices.Contains(dirs, path.Dir(w.Path)) {
				dirs = append(dirs, path.Dir(w.Path))
			}
		}
	}
	for _, dir := range dirs {
		if err := pathError(dir, r.Effects.Files.RemoveLeftovers(dir)); err != nil {
			return err
		}
	}
	return nil
}

// step carries one step out, if the plan says so.
func (r *run) step(ctx context.Context, s prepare.Step) error {
	if !s.Works() || len(s.Actions) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, id := range s.DependsOn {
		if !r.succeeded[id] {
			return fmt.Errorf("%s, which this step depends on, has not been carried out", id)
		}
	}
	began := r.Now()
	r.Reporter.StepStarted(s)
	r.Journal.note(entry{Event: "step", Step: s.ID}, true)
	r.dirty = true
	err := r.Journal.fault()
	if err != nil {
		err = pathError("the journal", err)
	} else {
		err = r.actions(ctx, s.Actions)
	}
	r.Reporter.StepEnded(s, r.Now().Sub(began), err)
	if err != nil {
		r.Journal.note(entry{Event: "failed", Step: s.ID}, true)
		return err
	}
	r.Journal.note(entry{Event: "done", Step: s.ID}, true)
	r.result.Done = append(r.result.Done, s.ID)
	return nil
}

// actions carries a step's actions out in their order. Neighbours of one kind
// that may run at the same time, files and repositories, do.
func (r *run) actions(ctx context.Context, actions []prepare.Action) error {
	for len(actions) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		files, n := leading[prepare.WriteFile](actions)
		repos, m := leading[prepare.Materialize](actions)
		switch {
		case n > 0:
			err = r.writeFiles(ctx, files)
			actions = actions[n:]
		case m > 0:
			err = r.materialize(ctx, repos)
			actions = actions[m:]
		default:
			err = r.action(ctx, actions[0])
			actions = actions[1:]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leading returns the actions of one type at the head of the list.
func leading[A prepare.Action](actions []prepare.Action) (out []A, n int) {
	for _, a := range actions {
		typed, ok := a.(A)
		if !ok {
			break
		}
		out = append(out, typed)
	}
	return out, len(out)
}
