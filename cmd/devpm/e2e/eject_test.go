//go:build engine

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// byHand is Compose as a person runs it, in a project without devpm.
func (p *project) byHand(args ...string) {
	p.t.Helper()
	for _, name := range []string{"odpm.json", ".odpm", ".env"} {
		if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
			p.t.Fatal(err)
		}
	}
	cmd := exec.Command("docker", append([]string{"compose"}, args...)...)
	cmd.Dir, cmd.Env = p.dir, p.env
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("docker compose %v: %v\n%s", args, err, out)
	}
}

// volumes are the project's, by name and when they were made.
func (p *project) volumes() string {
	p.t.Helper()
	names := strings.Fields(p.docker("volume", "ls", "-q", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir)))
	if len(names) == 0 {
		p.t.Fatal("the project has no volume, so this is no test")
	}
	return p.docker(append([]string{"volume", "inspect", "--format", "{{.Name}} {{.CreatedAt}}"}, names...)...)
}

func TestEngineEjectHello(t *testing.T) {
	p := fixture(t, "examples/hello")
	port := freePort(t)
	p.write(".env", fmt.Sprintf("HELLO_PORT=%d\n", port))
	p.must(0, "up")
	before := p.volumes()
	container := p.docker("ps", "-q", "--no-trunc", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir))
	p.must(0, "eject")
	p.byHand("up", "-d", "--wait")
	if after := p.volumes(); after != before {
		t.Errorf("volumes before:\n%safter:\n%s", before, after)
	}
	if now := p.docker("ps", "-q", "--no-trunc", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir)); now != container {
		t.Errorf("nothing changed for the container, and it was replaced: %s, was %s", now, container)
	}
	get(t, fmt.Sprintf("http://127.0.0.1:%d/", port))
	p.byHand("down", "--volumes")
}

func TestEngineEjectOdoo(t *testing.T) {
	p, port := odooProject(t)
	// The fixture's fixed ports belong to another test.
	p.write("odpm.json", strings.NewReplacer(`"8025:8025"`, `"8025"`, `"1025:1025"`, `"1025"`).Replace(p.read("odpm.json")))
	p.must(0, "up")
	before := p.volumes()
	p.must(0, "eject")
	notes := p.read("EJECTED.md")
	if !strings.Contains(notes, "platform is used where it is") {
		t.Errorf("the notes do not name the platform:\n%s", notes)
	}
	document := p.read("docker-compose.yml")
	if strings.Contains(document, ".odpm") || strings.Contains(document, "pull_policy") || !strings.Contains(document, "./docker/odoo/entrypoint.sh:") {
		t.Errorf("the document is not plain:\n%s", document)
	}
	p.byHand("up", "-d", "--wait")
	if after := p.volumes(); after != before {
		t.Errorf("volumes before:\n%safter:\n%s", before, after)
	}
	if body := get(t, fmt.Sprintf("http://127.0.0.1:%d/", port)); !strings.Contains(body, "PostgreSQL 15") {
		t.Errorf("the platform's answer has no value from PostgreSQL: %s", body)
	}
	p.byHand("down", "--volumes")
}
