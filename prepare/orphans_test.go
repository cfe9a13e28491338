package prepare

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContainersThatAreLeftOverAreToldAndChangeNothing(t *testing.T) {
	d, o := running()
	o.Engine.Containers = append(o.Engine.Containers,
		Container{Name: "p-gone-2", Service: "gone", State: "exited"},
		Container{Name: "p-once-run-1", Service: "once", State: "running", OneOff: true},
		Container{Name: "p-away-1", Service: "away", State: "running"},
		Container{Name: "p-gone-1", Service: "gone", State: "running"},
	)
	plan := Build(d, o, Options{})
	up := plan.Step("compose.up")
	want := []Change{
		{Key: "services.away", Old: "container p-away-1 is running", Effect: Orphan},
		{Key: "services.gone", Old: "container p-gone-1 is running", Effect: Orphan},
		{Key: "services.gone", Old: "container p-gone-2 is exited", Effect: Orphan},
	}
	if diff := cmp.Diff(want, up.Cause); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	if up.Outcome != Noop || len(up.Actions) > 0 || *plan.ComposeUp.ForceRecreate || plan.Changes() != 0 {
		t.Errorf("the step is %s with %d actions, recreating %t", up.Outcome, len(up.Actions), *plan.ComposeUp.ForceRecreate)
	}
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, planSchema(t), text); err != nil {
		t.Errorf("the published schema refuses it: %v", err)
	}
}
