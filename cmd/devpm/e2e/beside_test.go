//go:build engine

package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitIn runs git in a directory as somebody who may commit.
func (p *project) gitIn(dir string, args ...string) {
	p.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	cmd.Env = p.env
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// TestEngineWorkTrees is show 6: two work trees of one repository with the Odoo
// stack run at the same time, each on its own ports and volumes. Nothing in
// them differs but the directory.
func TestEngineWorkTrees(t *testing.T) {
	one, _ := odooProject(t)
	// Data folders, state and what is generated are nobody's to commit.
	one.write(".gitignore", ".odpm/\ndata/\ndocker-compose.yml\nDockerfile\n.dockerignore\nodoo.conf\ndependencies/\n.venv/\n")
	one.write("odpm.json", strings.Replace(one.read("odpm.json"), `"services": {`, `"ports": "auto",
  "services": {`, 1))
	one.gitIn(one.dir, "init", "-q", "-b", "main")
	one.gitIn(one.dir, "add", "-A")
	one.gitIn(one.dir, "add", "-f", ".env")
	one.gitIn(one.dir, "commit", "-qm", "project")

	two := &project{t: t, dir: filepath.Join(filepath.Dir(one.dir), "second", filepath.Base(one.dir)), home: one.home, env: one.env}
	one.gitIn(one.dir, "worktree", "add", "-q", "-b", "second", two.dir)
	t.Cleanup(func() {
		two.run("-q", "down", "--volumes", "--data")
		two.removeLeftovers()
	})

	one.must(0, "up")
	plan := two.must(0, "plan")
	if !strings.Contains(plan.stdout, "DPM5101") || !strings.Contains(plan.stdout, "is leased to "+one.dir) {
		t.Errorf("the plan does not say that ports are leased: %s", plan)
	}
	two.must(0, "up")

	// Both are settled: the second found the image that the first has built,
	// whose name they share.
	one.settled()
	two.settled()
	if s := two.step("image.build.odoo"); s.Outcome != "noop" {
		t.Errorf("the second work tree builds: %s: %s", s.Outcome, s.Reason)
	}
	// Also when one of them builds it again.
	two.must(0, "up", "--build")
	one.settled()
	two.settled()

	trees := []*project{one, two}
	volumes, containers, addresses := map[string]int{}, map[string]int{}, map[string]int{}
	for i, p := range trees {
		for _, row := range p.ps() {
			if row.State != "running" || row.Health != "healthy" && row.Health != "" {
				t.Errorf("tree %d: %s is %s %s", i, row.Service, row.State, row.Health)
			}
			containers[row.Container]++
			for _, a := range row.Addresses {
				addresses[a]++
			}
		}
		for volume := range strings.FieldsSeq(p.docker("inspect", "--format", `{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}`, p.container("db"))) {
			volumes[volume]++
		}
	}
	for what, seen := range map[string]map[string]int{"volume": volumes, "container": containers, "address": addresses} {
		if len(seen) < 2 {
			t.Errorf("too few of %s: %v", what, seen)
		}
		for name, n := range seen {
			if n != 1 {
				t.Errorf("both work trees have the %s %s", what, name)
			}
		}
	}

	// Each has a database of its own behind its own address.
	for i, p := range trees {
		p.must(0, "exec", "-T", "db", "psql", "-U", "postgres", "-c", fmt.Sprintf("create table mark as select %d as tree", i))
	}
	for i, p := range trees {
		if out := p.must(0, "exec", "-T", "db", "psql", "-U", "postgres", "-At", "-c", "select tree from mark").stdout; strings.TrimSpace(out) != fmt.Sprint(i) {
			t.Errorf("tree %d reads %q", i, out)
		}
		if body := get(t, "http://"+p.address("odoo", "8069")); !strings.Contains(body, "PostgreSQL 15") {
			t.Errorf("tree %d answers %q", i, body)
		}
	}
	before := two.address("odoo", "8069")

	// Taking one down leaves the other, and a lease outlives its containers.
	one.must(0, "down")
	get(t, "http://"+before)
	two.must(0, "down")
	two.must(0, "up")
	if after := two.address("odoo", "8069"); after != before {
		t.Errorf("the address was %s and is %s", before, after)
	}
}

// step is one step of a plan that is made now.
func (p *project) step(id string) (step struct{ ID, Outcome, Reason string }) {
	p.t.Helper()
	for _, s := range p.plan().Steps {
		if s.ID == id {
			step.ID, step.Outcome, step.Reason = s.ID, s.Outcome, s.Reason
		}
	}
	if step.ID == "" {
		p.t.Fatalf("no step %s", id)
	}
	return step
}

type psRow struct {
	Service, Container, State, Health string
	Addresses                         []string
}

func (p *project) ps() []psRow {
	p.t.Helper()
	var out struct{ Services []psRow }
	r := p.must(0, "ps", "--format", "json")
	if err := json.Unmarshal([]byte(r.stdout), &out); err != nil {
		p.t.Fatalf("ps: %v\n%s", err, r)
	}
	return out.Services
}

// container is the name of a service's container.
func (p *project) container(service string) string {
	p.t.Helper()
	for _, row := range p.ps() {
		if row.Service == service {
			return row.Container
		}
	}
	p.t.Fatalf("no container of %s", service)
	return ""
}

func (p *project) address(service, port string) string {
	p.t.Helper()
	return strings.TrimSpace(p.must(0, "port", service, port).stdout)
}
