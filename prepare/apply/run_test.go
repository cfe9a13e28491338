package apply

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

func TestUpConvergesInOneRun(t *testing.T) {
	w := newWorld(t)
	result, err := w.up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"git.materialize", "hooks.post_clone", "project.map_folders", "template.dockerfile", "compose.fragments", "compose.service",
		"compose.generate", "compose.validate", "project.update_links", "hooks.pre_up", "image.build.web", "compose.up", "hooks.post_up",
	}
	if !slices.Equal(result.Done, want) {
		t.Errorf("done %v", result.Done)
	}
	plan, err := w.plan(t.Context())
	if err != nil || plan.Changes() != 0 {
		t.Errorf("a second plan has changes (%v):\n%s", err, plan)
	}
	if _, err := os.Stat(filepath.Join(w.dir, ".odpm/compose/fragments/old.yml")); err == nil {
		t.Error("the stale fragment is still there")
	}
	if found, err := ReadInterrupted(w.state); found != nil || err != nil {
		t.Errorf("interrupted: %+v, %v", found, err)
	}
	w.calls = nil
	if _, err := w.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"hooks post_clone", "hooks pre_up", "hooks post_up"}; !slices.Equal(w.calls, want) {
		t.Errorf("a second run did %v", w.calls)
	}
}

// TestUpConvergesAfterADeathAtAnyPoint dies before each effect in turn, the way
// kill -9 does: nothing after it runs, the journal has no end.
func TestUpConvergesAfterADeathAtAnyPoint(t *testing.T) {
	probe := newWorld(t)
	if _, err := probe.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range len(probe.calls) {
		if strings.HasPrefix(probe.calls[n], "write .odpm/compose/fragments") {
			continue // written at the same time as its neighbours: the order differs
		}
		t.Run(fmt.Sprintf("before %s", probe.calls[n]), func(t *testing.T) {
			w := newWorld(t)
			// A goroutine that never returns is as good as a dead process.
			dead := make(chan struct{})
			w.before = func(call string) error {
				if call == probe.calls[n] && len(w.calls) > n {
					w.mu.Unlock()
					close(dead)
					select {}
				}
				return nil
			}
			go w.up(t.Context())
			<-dead
			w.checkWhole()
			found, err := ReadInterrupted(w.state)
			if err != nil || found == nil || found.Step == "" || found.Command != "devpm up" {
				t.Fatalf("interrupted: %+v, %v", found, err)
			}
			again := &world{t: t, dir: w.dir, state: w.state, desired: w.desired, repos: w.repos, containers: w.containers, images: w.images}
			if _, err := again.up(t.Context()); err != nil {
				t.Fatal(err)
			}
			again.checkWhole()
			if plan, err := again.plan(t.Context()); err != nil || plan.Changes() != 0 {
				t.Errorf("still to do (%v):\n%s", err, plan)
			}
		})
	}
}

func TestAFailureNamesTheStepAndHowToGoOn(t *testing.T) {
	w := newWorld(t)
	w.before = func(call string) error {
		if call == "hooks pre_up" {
			return &Failed{Err: errors.New("make: no rule"), Tail: []string{"line"}, ExitCode: 7}
		}
		return nil
	}
	result, err := w.up(t.Context())
	var failed *StepError
	if !errors.As(err, &failed) {
		t.Fatalf("err = %v", err)
	}
	if failed.Step != "hooks.pre_up" || failed.ExitCode != 7 || failed.Reason != "make: no rule" || !slices.Equal(failed.Tail, []string{"line"}) || failed.Interrupted {
		t.Errorf("%+v", failed)
	}
	if !slices.Equal(failed.Done, result.Done) || !slices.Contains(failed.Done, "compose.generate") || slices.Contains(failed.Done, "compose.up") {
		t.Errorf("done %v", failed.Done)
	}
	if !strings.Contains(failed.Next, "hooks.pre_up") {
		t.Errorf("next: %s", failed.Next)
	}
	if slices.Contains(w.calls, "start") {
		t.Error("the services were started")
	}
}

func TestCtrlCStopsBetweenActions(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.before = func(call string) error {
		if call == "build web" {
			cancel()
			return errors.New("signal: interrupt")
		}
		return nil
	}
	result, err := w.up(ctx)
	var failed *StepError
	if !errors.As(err, &failed) || !failed.Interrupted || !result.Interrupted || !errors.Is(err, context.Canceled) || failed.Step != "image.build.web" {
		t.Errorf("result %+v, err %#v", result, failed)
	}
	if slices.Contains(w.calls, "start") {
		t.Error("the services were started")
	}
	w.before = nil
	if _, err := w.up(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestFaultsOfTheDiskAreDiagnostics(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code diag.Code
	}{
		{"full", fsx.ErrNoSpace, diag.DiskFull},
		{"read-only", fsx.ErrReadOnly, diag.NotWritable},
		{"leads out", fsx.ErrLeadsOut, diag.PathLeadsOut},
		{"a directory", fsx.ErrIsDirectory, diag.PathOccupied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.before = func(call string) error {
				if strings.HasPrefix(call, "write .odpm/compose/fragments") {
					return tt.err
				}
				return nil
			}
			_, err := w.up(t.Context())
			var failed *StepError
			if !errors.As(err, &failed) || len(failed.Diagnostics) == 0 {
				t.Fatalf("err = %v", err)
			}
			d := failed.Diagnostics[0]
			if d.Code != tt.code || d.Fix == "" || d.Range.File == "" || failed.Step != "compose.fragments" {
				t.Errorf("%s: %v", failed.Step, d)
			}
			if n := len(failed.Diagnostics); tt.code == diag.DiskFull && n != 1 || tt.code != diag.DiskFull && n != 4 {
				t.Errorf("%d diagnostics", n)
			}
		})
	}
	if _, ok := PathFault("x", syscall.EIO); ok {
		t.Error("an error of no known kind got a code")
	}
	d, ok := PathFault("x", &fsx.HeldError{Path: "x", Holder: fsx.Holder{PID: 12, Command: "devpm up"}})
	if !ok || d.Code != diag.ProjectHeld || !strings.Contains(d.Message, "process 12") {
		t.Errorf("held: %v", d)
	}
}

func TestARefusalStopsTheRun(t *testing.T) {
	w := newWorld(t)
	if err := os.Mkdir(filepath.Join(w.dir, "docker-compose.yml"), 0o755); err != nil {
		t.Fatal(err)
	}
	plan, err := w.plan(t.Context())
	if err != nil || len(plan.Refusals()) != 1 {
		t.Fatalf("refusals %v, %v", plan.Refusals(), err)
	}
	_, err = w.up(t.Context())
	var failed *StepError
	if !errors.As(err, &failed) || failed.Step != "compose.generate" || failed.Diagnostics[0].Code != diag.PathOccupied {
		t.Errorf("err = %v", err)
	}
}

func TestPlanningAgainHappensOnlyAfterSomethingRan(t *testing.T) {
	plans := 0
	step := func(id string, boundary bool, actions ...prepare.Action) prepare.Step {
		s := prepare.Step{ID: id, Outcome: prepare.Noop, Boundary: boundary, Actions: actions}
		if len(actions) > 0 {
			s.Outcome = prepare.Run
		}
		return s
	}
	hook := prepare.RunHooks{Phase: "x"}
	runner := &countingHooks{}
	options := Options{Effects: Effects{Hooks: runner}, Now: time.Now, Replan: func(context.Context) (*prepare.Plan, error) {
		plans++
		return &prepare.Plan{Steps: []prepare.Step{step("new", false, hook), step("b", true, hook), step("c", false, hook), step("d", false, hook)}}, nil
	}}
	if _, err := Run(t.Context(), &prepare.Plan{Steps: []prepare.Step{step("b", true), step("c", false)}}, options); err != nil || plans != 0 {
		t.Errorf("plans %d, %v", plans, err)
	}
	result, err := Run(t.Context(), &prepare.Plan{Steps: []prepare.Step{step("a", false, hook), step("b", true), step("c", false)}}, options)
	if err != nil || plans != 1 || !slices.Equal(result.Done, []string{"a", "c", "d"}) {
		t.Errorf("plans %d, done %v, %v", plans, result.Done, err)
	}
	// What the new plan put before the boundary has not run: who needs it must not.
	options.Replan = func(context.Context) (*prepare.Plan, error) {
		c := step("c", false, hook)
		c.DependsOn = []string{"new"}
		return &prepare.Plan{Steps: []prepare.Step{step("new", false, hook), step("b", true), c}}, nil
	}
	var failed *StepError
	if _, err := Run(t.Context(), &prepare.Plan{Steps: []prepare.Step{step("a", false, hook), step("b", true)}}, options); !errors.As(err, &failed) || failed.Step != "c" {
		t.Errorf("err = %v", err)
	}
}

type countingHooks struct {
	started []string
	fail    map[string]bool
}

func (h *countingHooks) Run(_ context.Context, phase string, _ []manifest.HookEntry) error {
	h.started = append(h.started, phase)
	if h.fail[phase] {
		return errors.New("no")
	}
	return nil
}

func TestAFailedStepNeverLetsADependentStart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20_000 {
		h := &countingHooks{fail: map[string]bool{}}
		plan := &prepare.Plan{}
		depends := map[string][]string{}
		for i := range 2 + random.IntN(10) {
			id := fmt.Sprint(i)
			s := prepare.Step{ID: id, Outcome: []prepare.Outcome{prepare.Run, prepare.Update, prepare.Noop, prepare.Skip}[random.IntN(4)]}
			for j := range i {
				if random.IntN(3) == 0 {
					s.DependsOn = append(s.DependsOn, fmt.Sprint(j))
				}
			}
			if s.Works() {
				s.Actions = []prepare.Action{prepare.RunHooks{Phase: id}}
				h.fail[id] = random.IntN(4) == 0
			}
			depends[id] = s.DependsOn
			plan.Steps = append(plan.Steps, s)
		}
		result, err := Run(t.Context(), plan, Options{Effects: Effects{Hooks: h}, Now: time.Now})
		failed := map[string]bool{}
		for _, id := range h.started {
			for _, d := range depends[id] {
				if failed[d] {
					t.Fatalf("round %d: %s started after %s failed", round, id, d)
				}
			}
			failed[id] = h.fail[id]
			if failed[id] == slices.Contains(result.Done, id) {
				t.Fatalf("round %d: %s is failed and done, or neither", round, id)
			}
		}
		anyFailed := slices.ContainsFunc(h.started, func(id string) bool { return h.fail[id] })
		if anyFailed != (err != nil) {
			t.Fatalf("round %d: err = %v", round, err)
		}
	}
}

func TestAJournalThatWasCutOffIsRead(t *testing.T) {
	dir := t.TempDir()
	text := `{"event":"begin","command":"devpm up","pid":7}
{"event":"step","step":"git.materialize"}
{"event":"done","step":"git.materialize"}
{"event":"step","step":"compose.fragments"}
{"event":"action","action":"write a.yml"}
{"event":"acti`
	if err := os.WriteFile(filepath.Join(dir, journalName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := ReadInterrupted(dir)
	if err != nil || found == nil || found.Step != "compose.fragments" || found.Action != "write a.yml" || found.PID != 7 {
		t.Fatalf("%+v, %v", found, err)
	}
	if d := found.Diagnostic(); d.Severity != diag.Notice || !strings.Contains(d.Message, "interrupted in compose.fragments") {
		t.Error(d)
	}
	if found, err := ReadInterrupted(filepath.Join(dir, "none")); found != nil || err != nil {
		t.Errorf("no journal: %+v, %v", found, err)
	}
}

// TestErrorsOfTheSystemAreTold in devpm's words too where they come from files
// that only devpm knows, as the journal.
func TestErrorsOfTheSystemAreTold(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code diag.Code
	}{
		{fmt.Errorf("recording a: %w", &fs.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC}), diag.DiskFull},
		{&fs.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, diag.NotWritable},
		{&fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOTDIR}, diag.PathOccupied},
	} {
		if d, ok := PathFault("a", tt.err); !ok || d.Code != tt.code {
			t.Errorf("%v: %v, %v", tt.err, d, ok)
		}
	}
}
