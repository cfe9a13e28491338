//go:build engine

package e2e

import (
	"fmt"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// odooProject is the fixture with a platform repository of its own and free
// ports for what the environment configures.
func odooProject(t *testing.T) (*project, int) {
	t.Helper()
	p := fixture(t, "testdata/fixtures/odoo-mailpit")
	platform := filepath.Join(filepath.Dir(p.dir), "platform")
	if err := os.CopyFS(platform, os.DirFS("../../../testdata/platform")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(platform, "odoo-bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", "-b", "17.0"}, {"add", "-A"}, {"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "platform"}} {
		cmd := exec.Command("git", append([]string{"-C", platform}, args...)...)
		cmd.Env = p.env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	port := freePort(t)
	p.write(".env", fmt.Sprintf("PLATFORM_DIR=%s\nODOO_PORT=%d\nPOSTGRES_PORT=%d\nGEVENT_PORT=%d\nDEBUGGER_PORT=%d\nODOO_PROJECTS_DIR=%s\n",
		platform, port, freePort(t), freePort(t), freePort(t), filepath.Join(p.home, "src")))
	return p, port
}

// TestEngineOdooStack is the main job: the seed's Mailpit service and
// service_patches example on the Odoo stack, from nothing to a mail delivered.
func TestEngineOdooStack(t *testing.T) {
	p, port := odooProject(t)

	plan := p.plan()
	want := []string{
		"git.lock_load", "git.ensure_present", "git.materialize", "sources.materialize", "hooks.post_clone",
		"project.map_folders", "git.lock_apply", "template.dockerfile", "template.dockerignore", "docker.engine.check",
		"docker.ports.release", "template.odoo_conf", "database.drift", "compose.template", "compose.fragment.mailpit",
		"compose.fragments", "secrets.fetch", "secrets.materialize", "compose.patch.odoo", "compose.service",
		"compose.generate", "compose.validate", "git.checkout", "git.lock_collect", "git.lock_verify", "project.update_links",
		"image.build.odoo", "compose.up",
	}
	got := slices.DeleteFunc(plan.ids(), func(id string) bool {
		return strings.HasPrefix(id, "ide.") || strings.HasPrefix(id, "vscode.") || strings.HasPrefix(id, "pycharm.")
	})
	if !slices.Equal(got, want) {
		t.Errorf("steps in order:\n got %s\nwant %s", strings.Join(got, " "), strings.Join(want, " "))
	}

	p.must(0, "up")

	if body := get(t, fmt.Sprintf("http://127.0.0.1:%d/", port)); !strings.Contains(body, "PostgreSQL 15") {
		t.Errorf("the platform's answer has no value from PostgreSQL: %s", body)
	}
	message := []byte("From: a@example.com\r\nTo: b@example.com\r\nSubject: hello from devpm\r\n\r\nbody\r\n")
	if err := smtp.SendMail("127.0.0.1:1025", nil, "a@example.com", []string{"b@example.com"}, message); err != nil {
		t.Fatal(err)
	}
	if body := get(t, "http://127.0.0.1:8025/api/v1/messages"); !strings.Contains(body, "hello from devpm") {
		t.Errorf("the mail is not shown: %s", body)
	}
	if out := p.must(0, "exec", "-T", "odoo", "printenv", "CUSTOM_METRIC").stdout; strings.TrimSpace(out) != "1" {
		t.Errorf("CUSTOM_METRIC in the container: %q", out)
	}
	if out := p.must(0, "explain", "services.odoo.environment.CUSTOM_METRIC").stdout; !strings.Contains(out, "odpm.json:") {
		t.Errorf("explain does not name the line: %s", out)
	}
	p.settled()

	// Running it again has nothing to do and says so; data survives a restart.
	p.must(0, "up")
	p.must(0, "restart", "odoo")
	get(t, fmt.Sprintf("http://127.0.0.1:%d/web/health", port))
	p.must(0, "down")
}
