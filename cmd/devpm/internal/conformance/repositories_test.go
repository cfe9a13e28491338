package conformance

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// repositoryCases are those of the groups TOK and LCK that need a repository or
// a server.
var repositoryCases = []testCase{
	passes("TOK-04", "a source of services that is cloned: its directory, in the document and in hooks", func(t *testing.T) {
		remote := gitRepository(t, "17.0")
		p := newProject(t, plus(plain, `"service_sources":{"autoparts_env":"https://git.example.com/acme/autoparts-env.git 17.0"},
			"services":{"web":{"image":"nginx","volumes":["${@source:autoparts_env}/data:/data:Z"]}},
			"hooks":{"post_prepare":[["touch","${@source:autoparts_env}/from-hook"]]}`))
		p.write(t, ".env", "ODOO_PROJECTS_DIR=../src\n")
		p.insteadOf(t, "https://git.example.com/acme/autoparts-env.git", remote)
		if status, _, stderr := p.devpm(t, "up", "--trust", "--skip-start"); status != 0 {
			t.Fatalf("status %d\n%s", status, stderr)
		}
		dir := filepath.Join(filepath.Dir(p.dir), "src", "service-sources", "autoparts_env")
		for _, name := range []string{"README", "from-hook"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(p.read(t, "docker-compose.yml"), "- "+dir+"/data:/data:Z") {
			t.Errorf("the directory is not in\n%s", p.read(t, "docker-compose.yml"))
		}
		if target, err := os.Readlink(filepath.Join(p.dir, "service-sources", "autoparts_env")); err != nil || target != dir {
			t.Errorf("linked to %s: %v", target, err)
		}
		p.plan(t, "--skip-start").wantOutcomes(t, map[string]string{"sources.materialize": "noop", "project.update_links": "noop"})
	}),
	passes("TOK-25", "a remote provider that no token needs: planning asks nobody", func(t *testing.T) {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		t.Cleanup(server.Close)
		p := newProject(t, plus(plain, `"services":{"web":{"image":"nginx"}},
			"secrets":{"provider":{"type":"infisical","host":"`+server.URL+`","project_id":"p","environment_slug":"dev"}}`))
		p.plan(t)
		if asked.Load() != 0 {
			t.Errorf("%d requests", asked.Load())
		}
	}),
	passes("LCK-17", "a branch named like odoo_version that is absent: an error of git, with the branches there are", func(t *testing.T) {
		remote := gitRepository(t, "16.0")
		p := newProject(t, strings.Replace(plus(minimal, `"odoo_version":"17.0"`), "odoo.git 19.0", "odoo.git", 1))
		p.write(t, ".env", "ODOO_PROJECTS_DIR=../src\n")
		p.insteadOf(t, "https://github.com/odoo/odoo.git", remote)
		status, _, stderr := p.devpm(t, "up", "--trust", "--skip-start")
		if status != 1 || !strings.Contains(stderr, `DPM3104: platform.git: https://github.com/odoo/odoo.git has no branch or tag "17.0"`) || !strings.Contains(stderr, "16.0") {
			t.Errorf("status %d\n%s", status, stderr)
		}
	}),
}

// gitRepository makes a repository with one commit on a branch.
func gitRepository(t *testing.T, branch string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "README"), []byte("here\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q", "-b", branch}, {"add", "-A"}, {"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one"}} {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return dir
}

// insteadOf makes the project's git find an address at a path.
func (p project) insteadOf(t *testing.T, url, path string) {
	t.Helper()
	config := "[url \"file://" + filepath.ToSlash(path) + "\"]\n\tinsteadOf = " + url + "\n"
	if err := os.WriteFile(filepath.Join(p.home, ".gitconfig"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
}
