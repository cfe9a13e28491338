package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
)

// Execute implements Extensions.
func (w *world) Execute(_ context.Context, extension, step string) error {
	return w.call("step " + extension + " " + step)
}

func TestStepsOfExtensionsRunBehindTheBuiltInOnes(t *testing.T) {
	w := newWorld(t)
	outcome := prepare.Noop
	w.desired.Extensions = []prepare.Extension{{Name: "tools", Source: "store", Runtime: "exec"}}
	steps := func() []prepare.ExtensionStep {
		return []prepare.ExtensionStep{
			{Extension: "tools", ID: "tools.seed", Description: "Seed", Order: 5, Outcome: outcome, Required: true, Reason: "because"},
			{Extension: "tools", ID: "tools.idle", Description: "Idle", Order: 1, Outcome: prepare.Skip, Reason: "not here"},
		}
	}
	w.desired.ExtensionSteps = steps()
	// What the step looks at is only there once the document is written.
	w.before = func(call string) error {
		if call == "write docker-compose.yml" {
			outcome = prepare.Update
		}
		return nil
	}
	tree, err := fsx.OpenTree(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	run := func() (*Result, error) {
		plan, err := w.plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return Run(t.Context(), plan, Options{
			Effects: Effects{Files: files{w, tree}, Git: w, Hooks: hookRunner{w}, Engine: w, Extensions: w}, Now: time.Now,
			Replan: func(ctx context.Context) (*prepare.Plan, error) {
				w.desired.ExtensionSteps = steps()
				return w.plan(ctx)
			},
		})
	}
	if _, err := run(); err != nil {
		t.Fatal(err)
	}
	at := func(call string) int { return slices.Index(w.calls, call) }
	if at("step tools tools.seed") < at("write docker-compose.yml") || at("step tools tools.seed") > at("hooks pre_up") {
		t.Errorf("calls: %v", w.calls)
	}
	if at("step tools tools.idle") >= 0 {
		t.Error("a step that takes no part was carried out")
	}

	w.desired.ExtensionSteps = steps()
	w.before = func(call string) error {
		if strings.HasPrefix(call, "step ") {
			return errors.New("boom")
		}
		return nil
	}
	_, err = run()
	var step *StepError
	if !errors.As(err, &step) || step.Step != "tools.seed" || step.Reason != "boom" {
		t.Errorf("got %v", err)
	}
}
