//go:build engine

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const driftManifest = `{
  "manifest_schema": 2, "requires_odpm": "4.5", "stack": "none",
  "services": {
    "web": {"image": "busybox:latest", "command": ["sleep", "600"], "init": true,
      "environment": {"GREETING": "Hello"}, "labels": {"a": "1", "b": "2"}, "volumes": ["/cache"]},
    "other": {"image": "busybox:latest", "command": ["sleep", "600"], "init": true}
  }
}
`

// cause is the part of a step's cause that the tests look at.
type cause struct {
	Key, Old, New, File, Effect string
	Line                        int
}

// composeUp is the plan's last word on the services.
func (p *project) composeUp() (outcome, reason string, causes []cause) {
	p.t.Helper()
	var plan struct {
		Steps []struct {
			ID, Outcome, Reason string
			Cause               []cause
		}
	}
	if err := json.Unmarshal([]byte(p.must(0, "plan", "--format", "json").stdout), &plan); err != nil {
		p.t.Fatal(err)
	}
	for _, s := range plan.Steps {
		if s.ID == "compose.up" {
			return s.Outcome, s.Reason, s.Cause
		}
	}
	p.t.Fatal("no compose.up")
	return "", "", nil
}

// TestEngineDriftIsToldByKey changes what runs, in the ways that people do, and
// wants the plan to name it; `up` puts it right each time.
func TestEngineDriftIsToldByKey(t *testing.T) {
	p := newProject(t, map[string]string{"odpm.json": driftManifest})
	p.must(0, "up")
	p.settled()
	container := filepath.Base(p.dir) + "-web-1"
	want := func(what, reason string, causes ...cause) {
		t.Helper()
		outcome, got, have := p.composeUp()
		if outcome != "run" || !strings.Contains(got, reason) {
			t.Errorf("%s: %s, %s", what, outcome, got)
		}
		for _, c := range causes {
			found := false
			for _, h := range have {
				found = found || h.Key == c.Key && h.Old == c.Old && h.New == c.New && h.Line == c.Line && h.Effect == c.Effect
			}
			if !found {
				t.Errorf("%s: no cause %+v in %+v", what, c, have)
			}
		}
	}
	id := func(service string) string {
		return p.docker("ps", "-q", "--filter", "name="+filepath.Base(p.dir)+"-"+service+"-1")
	}

	p.docker("stop", "-t", "1", container)
	want("stopped", "web has exited with", cause{Key: "services.web", Old: "exited with 143", New: "running", Effect: "start"})
	p.must(0, "up")
	p.settled()

	p.docker("update", "--memory", "64m", "--memory-swap", "128m", container)
	want("updated", "web was changed outside devpm: mem_limit", cause{Key: "services.web.mem_limit", Old: "67108864", New: "nothing", Effect: "recreate"})
	p.must(0, "up")
	p.settled()

	byHand := strings.ReplaceAll(p.read("docker-compose.yml"), "GREETING: Hello", "GREETING: Hey")
	if err := os.WriteFile(filepath.Join(p.home, "by-hand.yml"), []byte(byHand), 0o644); err != nil {
		t.Fatal(err)
	}
	p.docker("compose", "-f", filepath.Join(p.home, "by-hand.yml"), "--project-directory", p.dir, "-p", filepath.Base(p.dir), "up", "-d")
	want("made by hand", "web was changed outside devpm: environment.GREETING", cause{Key: "services.web.environment.GREETING", Old: "Hey", New: "Hello", Line: 5, Effect: "recreate"})
	p.must(0, "up")
	p.settled()

	// The order of keys and the white space of the manifest start nothing anew.
	before := id("web")
	p.write("odpm.json", strings.Replace(strings.Replace(driftManifest, `{"a": "1", "b": "2"}`, `{"b": "2",   "a": "1"}`, 1), `"init": true,
      `, `"init":true,
`, 1))
	if outcome, reason, _ := p.composeUp(); outcome != "noop" {
		t.Errorf("another order: %s, %s", outcome, reason)
	}
	p.must(0, "up")
	p.settled()
	if after := id("web"); after != before {
		t.Error("another order of keys recreated the container")
	}

	// A change of one service is told for that one, and it alone is recreated.
	web, other := id("web"), id("other")
	p.write("odpm.json", strings.Replace(driftManifest, `"Hello"`, `"Hi"`, 1))
	want("edited", "web is recreated for environment.GREETING", cause{Key: "services.web.environment.GREETING", Old: `"Hello"`, New: `"Hi"`, Line: 5, Effect: "recreate"})
	table := p.must(0, "plan", "-v").stdout
	if line := `services.web.environment.GREETING: "Hello" → "Hi" (odpm.json:5:35); the container is recreated`; !strings.Contains(table, line) {
		t.Errorf("the table lacks %q:\n%s", line, table)
	}
	p.must(0, "up", "other") // keeps what is known of web
	want("edited, after up of another", "web is recreated for environment.GREETING")
	p.must(0, "up")
	p.settled()
	if id("web") == web || id("other") != other {
		t.Error("not web alone was recreated")
	}
	if info, err := os.Stat(filepath.Join(p.dir, ".odpm/compose/applied.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}
