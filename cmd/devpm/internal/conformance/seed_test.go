package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/internal/testkit"
)

const fixtures = "../../../../testdata/fixtures"

// seeds are the manifests that odpm's page on plugins and extensions prints,
// completed to whole files where it prints a part, each with the steps that a
// plan must have because of it. The last one has all of them together.
var seeds = map[string]map[string]string{
	"seed-mailpit":        {"compose.fragments": "update", "compose.fragment.mailpit": "update"},
	"seed-sidecar":        {"compose.fragment.armtek_test": "update"},
	"seed-patch":          {"compose.patch.odoo": "run", "compose.generate": "update"},
	"seed-worker":         {"compose.fragment.worker": "update"},
	"seed-hooks":          {"hooks.post_clone": "run", "hooks.post_prepare": "run", "hooks.pre_up": "run"},
	"seed-hook-variables": {"hooks.post_prepare": "run"},
	"seed-local-plugins":  {"git.materialize": "noop"},
	"seed-together": {
		"git.materialize": "run", "hooks.post_clone": "run", "compose.fragment.armtek_test": "update", "compose.fragment.mailpit": "update",
		"compose.fragment.worker": "update", "compose.patch.odoo": "run", "hooks.post_prepare": "run", "hooks.pre_up": "run", "compose.up": "run",
	},
}

// TestTheSeedsManifests loads, plans and renders each of them.
func TestTheSeedsManifests(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(fixtures, "seed-*"))
	if err != nil || len(dirs) != len(seeds) {
		t.Fatalf("%d fixtures, want %d (%v)", len(dirs), len(seeds), err)
	}
	for name, steps := range seeds {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(fixtures, name)
			src, err := os.ReadFile(filepath.Join(dir, "odpm.json"))
			if err != nil {
				t.Fatal(err)
			}
			p := newProject(t, string(src))
			if env, err := os.ReadFile(filepath.Join(dir, "dotenv")); err == nil {
				p.write(t, ".env", string(env))
			}
			if status, stdout, stderr := p.devpm(t, "manifest", "validate"); status != 0 {
				t.Errorf("validate: exit status %d\n%s%s", status, stdout, stderr)
			}
			p.plan(t).wantOutcomes(t, steps)
			testkit.Golden(t, filepath.Join(dir, "want.yaml"), []byte(p.render(t)))
		})
	}
}

// render is the document of a project in words that do not depend on where and
// for whom it is made.
func (p project) render(t *testing.T) string {
	t.Helper()
	status, yaml, stderr := p.devpm(t, "render")
	if status != 0 {
		t.Fatalf("exit status %d\n%s%s", status, yaml, stderr)
	}
	yaml = strings.ReplaceAll(yaml, p.dir, "/home/ana/shop")
	yaml = strings.ReplaceAll(yaml, p.home, "/home/ana")
	var document struct {
		Services map[string]struct {
			User       string
			WorkingDir string `json:"working_dir"`
		}
	}
	_, data, _ := p.devpm(t, "render", "--format", "json")
	if err := json.Unmarshal([]byte(data), &document); err != nil {
		t.Fatal(err)
	}
	odoo, ok := document.Services["odoo"]
	if !ok {
		return yaml
	}
	// In the container the user is called as on the host.
	before, after, _ := strings.Cut(yaml, "\n  odoo:\n")
	after = strings.Replace(after, "    user: "+odoo.User+"\n", "    user: ana\n", 1)
	after = strings.ReplaceAll(after, "data"+filepath.ToSlash(filepath.Join("/odoo/home", filepath.Base(odoo.WorkingDir))), "data/odoo/home/ana")
	after = strings.ReplaceAll(after, odoo.WorkingDir, "/home/ana")
	return before + "\n  odoo:\n" + after
}

// A page prints parts of manifests, and people try them as they are: such a
// file loads, and what it asks for is done; no container is started, so no
// engine is needed.
func TestAManifestWithoutServicesIsAProjectWithoutContainers(t *testing.T) {
	t.Run("hooks alone run", func(t *testing.T) {
		p := newProject(t, `{"manifest_schema":2,"requires_odpm":"4.5.0","hooks":{"post_prepare":[["touch","prepared"]],"pre_up":[["touch","started"]]}}`)
		p.plan(t).wantOutcomes(t, map[string]string{"docker.engine.check": "skip", "compose.generate": "skip", "compose.validate": "skip", "hooks.pre_up": "run", "compose.up": "skip"})
		status, stdout, stderr := p.devpm(t, "up", "--trust")
		if status != 0 || !p.has("prepared") || !p.has("started") || p.has("docker-compose.yml") {
			t.Errorf("exit status %d\n%s%s%q", status, stdout, stderr, p.tree(t))
		}
		if !strings.Contains(stderr, "no container is started") {
			t.Error(stderr)
		}
	})
	t.Run("patches for the odoo stack load with a warning", func(t *testing.T) {
		p := newProject(t, `{"manifest_schema":2,"requires_odpm":"4.6.0","service_patches":{"odoo":{"environment":{"CUSTOM_METRIC":"1"}}}}`)
		if got := p.plan(t); !got.warns("of the odoo stack, which this file does not use") {
			t.Errorf("%q", got.Warnings)
		}
	})
	t.Run("a file that asks for nothing is still refused", func(t *testing.T) {
		status, _, stderr := newProject(t, `{"manifest_schema":2,"requires_odpm":"4.5.0"}`).devpm(t, "plan", "--no-docker")
		if status != 1 || !strings.Contains(stderr, "DPM2201") {
			t.Errorf("exit status %d\n%s", status, stderr)
		}
	})
}
