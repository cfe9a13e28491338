//go:build engine

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestEngineRenamedProject changes the prefix of a project that runs. Its
// containers would go on beside the new ones, on the same directories: two
// servers of one database destroy it.
func TestEngineRenamedProject(t *testing.T) {
	p := newProject(t, map[string]string{
		"odpm.json": `{
  "manifest_schema": 2,
  "requires_odpm": "4.8.0",
  "stack": "none",
  "services": {"store": {"image": "busybox:latest", "command": ["sleep", "1000"], "volumes": ["./data:/data"]}}
}`,
	})
	p.must(0, "up")
	former := strings.TrimSpace(p.docker("inspect", "--format", `{{index .Config.Labels "com.docker.compose.project"}}`, p.container("store")))
	one, two := fmt.Sprintf("renamed-%d-one", os.Getpid()), fmt.Sprintf("renamed-%d-two", os.Getpid())
	t.Cleanup(func() {
		for _, name := range []string{one, two} {
			exec.Command("docker", "compose", "-p", name, "down", "--timeout", "0").Run()
		}
	})
	for _, name := range []string{one, two} {
		p.write(".env", "ODPM_COMPOSE_PREFIX="+name+"\n")
		if r := p.must(0, "plan"); !strings.Contains(r.stdout, "DPM5024") || !strings.Contains(r.stdout, "docker compose -p "+former+" down") {
			t.Errorf("the plan does not name %s: %s", former, r)
		}
		r := p.must(1, "up")
		if !strings.Contains(r.stderr, "error DPM5024") || !strings.Contains(r.stderr, "docker compose -p "+former+" down") {
			t.Errorf("up does not say why it does not begin: %s", r)
		}
		if n := len(p.ps()); n != 1 || p.ps()[0].Container != "" {
			t.Errorf("containers were started: %+v", p.ps())
		}
		p.docker("compose", "-p", former, "down", "--timeout", "0")
		p.must(0, "up")
		p.settled()
		former = name
	}
	// Taking the prefix away is a change of the name too.
	p.write(".env", "\n")
	p.must(1, "up")
	p.docker("compose", "-p", former, "down", "--timeout", "0")
	p.must(0, "up")
}
