//go:build engine

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestEngineSavedPlanIsRefusedWhenAContainerMoved: a plan is applied as it was
// saved, and refused by name when what runs is not what it was made from.
func TestEngineSavedPlanIsRefusedWhenAContainerMoved(t *testing.T) {
	p := newProject(t, map[string]string{"odpm.json": driftManifest})
	file := filepath.Join(p.home, "review.plan")
	p.must(0, "plan", "-o", file)
	p.must(0, "up", "--plan", file)
	p.settled()

	container := filepath.Base(p.dir) + "-web-1"
	refused := func(what, text string) {
		t.Helper()
		r := p.must(1, "up", "--plan", file)
		if !strings.Contains(r.stderr, "error DPM3501: since the plan was saved: "+text) {
			t.Errorf("%s: %s", what, r)
		}
	}
	save := func() {
		t.Helper()
		p.must(0, "plan", "-o", file)
	}
	save()
	p.docker("stop", "-t", "1", container)
	refused("stopped", "container "+container+" is exited, and was running")

	save() // a plan that starts it again
	p.must(0, "up", "--plan", file)
	p.settled()

	save()
	p.docker("update", "--memory", "64m", "--memory-swap", "128m", container)
	refused("updated", "container "+container+" was changed while it runs")

	save()
	p.must(0, "up", "--force-recreate")
	refused("recreated", "container "+container+" was recreated")

	save()
	p.docker("rm", "-f", container)
	refused("removed", "container "+container+" is gone")

	save()
	p.must(0, "up", "--plan", file)
	p.settled()
}
