//go:build engine

package e2e

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEngineDatabaseDrift notes a database, refuses to start another major over
// its files, and goes on when that is accepted. The other major's image is the
// same server under another name, so that it can be started at all.
func TestEngineDatabaseDrift(t *testing.T) {
	p, _ := odooProject(t)
	p.must(0, "up")
	var note struct {
		Major    int    `json:"postgres_major"`
		Scenario string `json:"odpm_scenario"`
	}
	noted := func(major int) {
		t.Helper()
		if err := json.Unmarshal([]byte(p.read(".odpm/database/last_run.json")), &note); err != nil || note.Major != major || note.Scenario != "developer" {
			t.Fatalf("%v %+v", err, note)
		}
	}
	noted(15)
	p.settled()

	manifest := p.read("odpm.json")
	p.write("odpm.json", strings.Replace(manifest, `"postgres": "15"`, `"postgres": "14"`, 1))
	if r := p.must(1, "up"); !strings.Contains(r.stderr, "error DPM3601") || !strings.Contains(r.stderr, "PostgreSQL 15, which it cannot read") {
		t.Fatalf("not refused: %s", r)
	}
	if strings.Contains(p.read("docker-compose.yml"), "postgres:14") {
		t.Error("a refused run wrote the document")
	}
	if exec.Command("docker", "image", "inspect", "postgres:14").Run() != nil {
		p.docker("tag", "postgres:15", "postgres:14")
		t.Cleanup(func() { exec.Command("docker", "rmi", "postgres:14").Run() })
	}
	p.must(0, "up", "--accept-database-drift=postgres_major")
	noted(14)

	// Back again; then the data goes, with devpm and behind its back.
	p.write("odpm.json", manifest)
	p.must(0, "up")
	p.must(0, "down", "--data")
	p.must(0, "up")
	p.must(0, "down")
	if out, err := exec.Command("rm", "-rf", filepath.Join(p.dir, "data")).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if r := p.must(1, "up"); !strings.Contains(r.stderr, "error DPM3602") {
		t.Fatalf("not refused: %s", r)
	}
	p.must(0, "up", "--accept-database-drift=data_dir_empty_changed")
	p.settled()
}

// TestEngineDebugProfile compares the debug profile with the container that it
// is about: the port is the published one, and each mapping leads to the same
// folder on both sides.
func TestEngineDebugProfile(t *testing.T) {
	p, _ := odooProject(t)
	p.must(0, "up")
	var profile struct {
		Port          int                                    `json:"port"`
		ContainerPort int                                    `json:"container_port"`
		Service       string                                 `json:"service"`
		Mappings      []struct{ Role, Local, Remote string } `json:"path_mappings"`
	}
	if err := json.Unmarshal([]byte(p.read(".odpm/runtime/debug-profile.json")), &profile); err != nil {
		t.Fatal(err)
	}
	if out := p.docker("port", strings.TrimSpace(p.docker("ps", "-q", "--filter", "label=com.docker.compose.service=odoo", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir))), "5678/tcp"); profile.ContainerPort != 5678 || !strings.Contains(out, ":"+strconv.Itoa(profile.Port)) {
		t.Errorf("port %d, the engine says %s", profile.Port, out)
	}
	if len(profile.Mappings) < 2 || profile.Mappings[0].Role != "environment" && profile.Mappings[0].Role != "platform" {
		t.Fatalf("%+v", profile)
	}
	for _, m := range profile.Mappings {
		mark := filepath.Join(m.Local, "devpm-mark")
		if out, err := exec.Command("touch", mark).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		p.must(0, "exec", "-T", "odoo", "test", "-e", m.Remote+"/devpm-mark")
		exec.Command("rm", mark).Run()
	}
	launch := p.read(".vscode/launch.json")
	if !strings.Contains(launch, `"port": `+strconv.Itoa(profile.Port)) || !strings.Contains(launch, `"remoteRoot": "`+profile.Mappings[0].Remote+`"`) {
		t.Error(launch)
	}
	p.settled()
}
