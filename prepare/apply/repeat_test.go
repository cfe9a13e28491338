package apply

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/devpm/devpm/prepare"
)

// TestAStepIsRepeatedWhileItFindsMore: in rounds, and not for ever.
func TestAStepIsRepeatedWhileItFindsMore(t *testing.T) {
	for _, tc := range []struct {
		name         string
		rounds, want int // how often the step has work, how often it runs
		fails        bool
	}{
		{"three rounds", 3, 3, false},
		{"for ever", 1 << 30, mostRounds + 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ran, later := 0, 0
			left := tc.rounds
			plan := func(context.Context) (*prepare.Plan, error) {
				s := prepare.Step{ID: "more", Outcome: prepare.Noop, Boundary: true, Repeat: true, Reason: "another one"}
				if left > 0 {
					s.Outcome, s.Actions = prepare.Run, []prepare.Action{prepare.WriteManifest{Content: []byte("more")}}
				}
				last := prepare.Step{ID: "last", Outcome: prepare.Run, DependsOn: []string{"more"}, Actions: []prepare.Action{prepare.WriteManifest{}}}
				return &prepare.Plan{Steps: []prepare.Step{s, last}}, nil
			}
			first, _ := plan(t.Context())
			_, err := Run(t.Context(), first, Options{Now: time.Now, Replan: plan, Effects: Effects{Manifest: func(content []byte) error {
				if string(content) == "more" {
					ran, left = ran+1, left-1
				} else {
					later++
				}
				return nil
			}}})
			if ran != tc.want || (err != nil) != tc.fails || tc.fails && !strings.Contains(err.Error(), "another one") || !tc.fails && later != 1 {
				t.Errorf("ran %d times, the last step %d times: %v", ran, later, err)
			}
		})
	}
}
