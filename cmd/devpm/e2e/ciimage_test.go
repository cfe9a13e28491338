//go:build engine

package e2e

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted is in every secret of this test.
const planted = "planted-value"

// ciProject is an Odoo project for the scenario ci with one repository of
// add-ons, and with secrets wherever a user may have them.
func ciProject(t *testing.T) (p *project, image string, port int) {
	t.Helper()
	p, port = odooProject(t)
	root := filepath.Dir(p.dir)
	image = filepath.Base(p.dir) + "-ci:1"
	t.Cleanup(func() { exec.Command("docker", "image", "rm", "-f", image).Run() })
	place := func(name, content string) {
		p.write("../"+name, content)
	}
	place("addons/shop/__manifest__.py", "{'name': 'marker-of-the-add-on'}\n")
	place("addons/.env", "PASSWORD="+planted+"-addons\n")
	place("addons/.odpm/secrets.json", planted)
	place("platform/.gitignore", "/local.env\n")
	place("platform/local.env", "PASSWORD="+planted+"-platform\n")
	p.write("odpm.json", fmt.Sprintf(`{
  "manifest_schema": 2, "requires_odpm": "4.8.0", "stack": "odoo", "odoo_version": "17.0",
  "platform": {"git": "file://${PLATFORM_DIR}"}, "dependencies": ["file://%s"],
  "python": "3.11", "distro": {"name": "debian", "version": "12"}, "postgres": "15",
  "odoo_conf": {"options": {"redis_url": "${@secret:redis}", "smtp_password": "${SMTP_PASSWORD}", "limit_request": 8192}},
  "scenarios": {"ci": {"service_patches": {"odoo": {"image": %q}}}}
}
`, filepath.Join(root, "addons"), image))
	p.write(".env", p.read(".env")+"ODPM_SCENARIO=ci\nSMTP_PASSWORD="+planted+"-smtp\n")
	p.write("user_settings.json", `{"db_manager_password": "`+planted+`-manager"}`+"\n")
	p.write(".odpm/secrets.json", `{"schema_version": 1, "secrets": {"redis": "`+planted+`-redis"}}`+"\n")
	p.write("odoo.conf", "[options]\nlog_level = info\nproxy_password = "+planted+"-own\n")
	return p, image, port
}

// TestEngineCIImage builds the image of the scenario ci, looks for secrets in
// every layer of it, takes the sources away and comes up from it.
func TestEngineCIImage(t *testing.T) {
	t.Parallel() // most of it is waiting; its images and ports are its own
	p, image, port := ciProject(t)
	platform := filepath.Join(filepath.Dir(p.dir), "platform")

	if r := p.run("up"); r.code != 1 || !strings.Contains(r.stderr, "DPM3652") {
		t.Fatalf("up without an image: %s", r)
	}
	plan := p.plan("--build-image")
	if ids := strings.Join(plan.ids(), " "); !strings.Contains(ids, "ci.build_image") || strings.Contains(ids, "compose.up") {
		t.Errorf("the plan: %s", ids)
	}
	r := p.must(0, "up", "--build-image")
	for _, want := range []string{"DPM3655", "redis_url", "smtp_password", "DPM3656", "proxy_password"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("up --build-image does not tell %s: %s", want, r)
		}
	}
	if out := p.docker("ps", "-aq", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir)); out != "" {
		t.Errorf("a build has started containers: %s", out)
	}
	id := p.docker("image", "inspect", "--format", "{{.Id}}", image)
	step := func(want string, args ...string) {
		t.Helper()
		for _, s := range p.plan(append([]string{"--build-image"}, args...)...).Steps {
			if s.ID == "ci.build_image" && s.Outcome != want {
				t.Errorf("ci.build_image is %s, not %s: %s", s.Outcome, want, s.Reason)
			}
		}
	}
	step("noop")
	step("update", "--build")
	p.must(0, "up", "--build-image")
	if again := p.docker("image", "inspect", "--format", "{{.Id}}", image); again != id {
		t.Error("a second up --build-image has built again")
	}

	found := p.inImage(image, planted, "marker-of-the-add-on")
	if found[planted] || !found["marker-of-the-add-on"] {
		t.Errorf("found in the layers: %v", found)
	}
	if out, err := exec.Command("grep", "-r", "-l", planted, filepath.Join(p.dir, ".odpm/ci-build-context")).Output(); err == nil {
		t.Errorf("in the build context: %s", out)
	}

	// The sources are gone: what runs is in the image.
	kept := platform + "-kept"
	if err := os.Rename(platform, kept); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(platform, 0o755), os.RemoveAll(filepath.Join(filepath.Dir(p.dir), "addons/shop")), os.RemoveAll(filepath.Join(p.dir, ".odpm/ci-build-context"))); err != nil {
		t.Fatal(err)
	}
	p.must(0, "up")
	if body := get(t, fmt.Sprintf("http://127.0.0.1:%d/", port)); !strings.Contains(body, "PostgreSQL 15") {
		t.Errorf("the platform's answer has no value from PostgreSQL: %s", body)
	}
	container := strings.TrimSpace(p.docker("ps", "-q", "--filter", "label=com.docker.compose.project="+filepath.Base(p.dir), "--filter", "label=com.docker.compose.service=odoo"))
	if out := p.docker("inspect", "--format", "{{json .Mounts}} {{.Config.User}}", container); strings.TrimSpace(out) != "[] odoo" {
		t.Errorf("mounts and user of the container: %s", out)
	}
	if out := p.must(0, "exec", "-T", "odoo", "cat", "/home/odoo/extra-addons/addons/shop/__manifest__.py").stdout; !strings.Contains(out, "marker") {
		t.Errorf("the add-on is not in the image: %s", out)
	}
	if log := p.docker("logs", container); strings.Contains(log, "virtual environment") || strings.Contains(log, "installing") {
		t.Errorf("the environment was not in the image: %s", log)
	}
	p.settled()

	// Another source is another image.
	if err := errors.Join(os.Remove(platform), os.Rename(kept, platform)); err != nil {
		t.Fatal(err)
	}
	p.write("../addons/shop/models.py", "# new\n")
	step("update")
	p.must(0, "up", "--build-image")
	if again := p.docker("image", "inspect", "--format", "{{.Id}}", image); again == id {
		t.Error("a changed source has not built the image again")
	}
	step("noop")
	p.must(0, "down")

	// A push brings it to a registry; one that refuses says so.
	hub := newRegistry(t)
	name := hub.host + "/team/shop:42"
	t.Cleanup(func() { exec.Command("docker", "image", "rm", "-f", name).Run() })
	ci := strings.Replace(p.read("odpm.json"), fmt.Sprintf("%q", image), fmt.Sprintf("%q", name), 1)
	own := p.read("odpm.json")
	p.write("odpm.json", ci)
	p.must(0, "up", "--build-image", "--image-push")
	if err := hub.pushed("team/shop:42"); err != nil {
		t.Error(err)
	}
	hub.refuse = true
	p.docker("tag", "busybox:latest", name) // layers that are there are not sent again
	if r := p.run("up", "--build-image", "--image-push"); r.code != 1 || !strings.Contains(r.stderr, "ci.push_image") || !strings.Contains(r.stderr, "denied") {
		t.Errorf("a registry that refuses: %s", r)
	}
	p.write("odpm.json", own)

	// A build that fails says why, and can be taken back.
	id = p.docker("image", "inspect", "--format", "{{.Id}}", image)
	p.write("../platform/requirements.txt", "/nowhere/missing-1.0-py3-none-any.whl\n")
	context := filepath.Join(p.dir, ".odpm/ci-build-context")
	if err := os.RemoveAll(context); err != nil {
		t.Fatal(err)
	}
	if r := p.run("up", "--build-image"); r.code != 1 || !strings.Contains(r.stderr, "missing-1.0") || !strings.Contains(r.stderr, "ci.build_image") {
		t.Errorf("a build that fails: %s", r)
	}
	if _, err := os.Stat(context); err != nil {
		t.Errorf("the build context is not there to look at: %v", err)
	}
	p.must(0, "undo", "--yes")
	if _, err := os.Stat(context); err == nil {
		t.Error("undo has left the build context")
	}
	if again := p.docker("image", "inspect", "--format", "{{.Id}}", image); again != id {
		t.Error("the image of before is gone")
	}
}

// inImage tells which texts stand in a layer, or the configuration, of an image.
func (p *project) inImage(image string, texts ...string) map[string]bool {
	p.t.Helper()
	cmd := exec.Command("docker", "save", image)
	cmd.Env = p.env
	out, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	found := map[string]bool{}
	archive := tar.NewReader(out)
	for {
		if _, err := archive.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			p.t.Fatal(err)
		}
		entry := bufio.NewReader(archive)
		from := io.Reader(entry)
		if magic, err := entry.Peek(2); err == nil && bytes.Equal(magic, []byte{0x1f, 0x8b}) {
			if from, err = gzip.NewReader(entry); err != nil {
				p.t.Fatal(err)
			}
		}
		scan(p.t, from, found, texts)
	}
	if err := cmd.Wait(); err != nil {
		p.t.Fatal(err)
	}
	return found
}

// scan looks for texts in a stream; what lies across two reads counts.
func scan(t *testing.T, from io.Reader, found map[string]bool, texts []string) {
	t.Helper()
	const overlap = 64
	buffer := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := from.Read(buffer[kept:])
		seen := buffer[:kept+n]
		for _, text := range texts {
			found[text] = found[text] || bytes.Contains(seen, []byte(text))
		}
		kept = copy(buffer, seen[max(0, len(seen)-overlap):])
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
