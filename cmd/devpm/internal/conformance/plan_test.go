package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

var scenarios = []string{"developer", "server", "ci"}

var planCases = []testCase{
	passes("PLAN-01", "--skip-start --no-git-update: exit 0 in each scenario", func(t *testing.T) {
		p := newProject(t, minimal)
		for _, scenario := range scenarios {
			p.plan(t, "--skip-start", "--no-git-update", "--scenario", scenario)
		}
	}),
	passes("PLAN-02", "the same: no compose.up, database.drift is there", func(t *testing.T) {
		p := newProject(t, minimal)
		for _, scenario := range scenarios {
			got := p.plan(t, "--skip-start", "--no-git-update", "--scenario", scenario)
			if got.index("compose.up") >= 0 || got.index("database.drift") < 0 {
				t.Errorf("%s: %+v", scenario, got.Steps)
			}
		}
	}),
	lockPlanCase("PLAN-04"),
	passes("PLAN-05", "--format json: plan_version 1, steps, warnings", func(t *testing.T) {
		got := newProject(t, minimal).plan(t)
		for _, key := range []string{"plan_version", "steps", "warnings"} {
			if got.keys[key] == nil {
				t.Errorf("no key %s", key)
			}
		}
		if reason := got.Steps[max(got.index("project.map_folders"), 0)].Reason; strings.Count(reason, ".odpm/database") != 1 {
			t.Errorf("a folder is named twice: %s", reason)
		}
		if got.PlanVersion != 1 || len(got.Steps) < 24 {
			t.Errorf("version %d, %d steps", got.PlanVersion, len(got.Steps))
		}
	}),
	lockPlanCase("PLAN-07"),
	lockPlanCase("PLAN-08"),
	passes("PLAN-10", "--no-docker: a warning, force_recreate is null", func(t *testing.T) {
		got := newProject(t, minimal).plan(t)
		if !got.warns("stack health was not probed") || got.ComposeUp == nil || got.ComposeUp.ForceRecreate != nil {
			t.Errorf("%q %s", got.Warnings, got.keys["compose_up"])
		}
	}),
	passes("PLAN-11", "secrets.materialize would update in developer and server, not in ci", func(t *testing.T) {
		p := newProject(t, minimal)
		p.write(t, ".odpm/secrets.json", secretsOf(`"a":"value-of-a"`))
		for scenario, outcome := range map[string]string{"developer": "update", "server": "update", "ci": "skip"} {
			p.plan(t, "--scenario", scenario).wantOutcomes(t, map[string]string{"secrets.materialize": outcome})
		}
	}),
	passes("PLAN-13", "a new service: compose.fragments and its own step would update", func(t *testing.T) {
		got := newProject(t, with(`"services":{`+mailpit+`}`)).plan(t)
		got.wantOutcomes(t, map[string]string{"compose.fragments": "update", "compose.fragment.mailpit": "update"})
		if got.index("compose.fragment.mailpit") > got.index("compose.fragments") {
			t.Error("the service's step comes after compose.fragments")
		}
	}),
	differs("PLAN-14", "--skip-start: hooks.pre_up is skipped, as it will be", func(t *testing.T) {
		p := newProject(t, with(`"hooks":{"post_clone":[["true"]],"post_prepare":[["true"]],"pre_up":[["true"]]}`))
		p.plan(t, "--skip-start").wantOutcomes(t, map[string]string{"hooks.post_clone": "run", "hooks.post_prepare": "run", "hooks.pre_up": "skip"})
		p.plan(t).wantOutcomes(t, map[string]string{"hooks.pre_up": "run"})
	}),
	passes("PLAN-16", "a step of an extension comes last among the prepare steps", func(t *testing.T) {
		p := plugged(t, oneService, map[string]string{"late": localStep("late.step", "950", "")}).trusted(t)
		if got := p.plan(t); got.following()[0] != "late.step" {
			t.Errorf("steps %v", got.ids())
		}
	}),
	passes("PLAN-17", "a plan writes nothing, the runtime configuration neither", func(t *testing.T) {
		p := newProject(t, with(`"services":{`+mailpit+`}`))
		before := p.tree(t)
		p.plan(t)
		if d := cmp.Diff(before, p.tree(t)); d != "" {
			t.Error(d)
		}
		if p.has(".odpm/runtime/config.json") {
			t.Error("the runtime configuration was written")
		}
	}),
	passes("PLAN-19", "vscode.settings in developer, not in ci", func(t *testing.T) {
		p := newProject(t, minimal)
		p.plan(t).wantOutcomes(t, map[string]string{"ide.debug_profile": "update", "vscode.settings": "update", "pycharm.settings": "update"})
		server := p.plan(t, "--scenario", "server")
		server.wantOutcomes(t, map[string]string{"vscode.settings": "update", "pycharm.settings": "skip"})
		ci := p.plan(t, "--scenario", "ci")
		if server.index("ide.debug_profile") >= 0 || ci.index("ide.debug_profile") >= 0 || ci.index("vscode.settings") >= 0 || ci.index("pycharm.settings") >= 0 {
			t.Errorf("server: %+v\nci: %+v", server.Steps, ci.Steps)
		}
	}),
	passes("PLAN-20", "--build-image: ci.build_image in ci, before a start that is none; elsewhere refused", func(t *testing.T) {
		p := newProject(t, with(`"hooks":{"post_prepare":[["true"]],"pre_up":[["true"]]}`))
		got := p.plan(t, "--build-image", "--scenario", "ci")
		got.wantOutcomes(t, map[string]string{"ci.build_image": "update", "hooks.post_prepare": "run", "hooks.pre_up": "skip"})
		if got.index("compose.up") >= 0 || got.index("ci.build_image") < got.index("hooks.post_prepare") || got.index("ci.build_image") > got.index("hooks.pre_up") {
			t.Errorf("%+v", got.Steps)
		}
		if p.plan(t, "--scenario", "ci").index("ci.build_image") >= 0 {
			t.Error("a step without the flag")
		}
		for _, scenario := range []string{"developer", "server"} {
			status, stdout, stderr := p.devpm(t, "plan", "--build-image", "--scenario", scenario)
			if status != 1 || !strings.Contains(stderr, string(diag.CIImageElsewhere)) || strings.Contains(stdout, "ci.build_image") {
				t.Errorf("%s: exit status %d\n%s%s", scenario, status, stdout, stderr)
			}
		}
	}),
	passes("PLAN-22", "a patch of odoo: compose.patch.odoo before compose.service", func(t *testing.T) {
		got := newProject(t, with(`"service_patches":{"odoo":{"environment":{"A":"1"}}}`)).plan(t)
		got.wantOutcomes(t, map[string]string{"compose.patch.odoo": "run"})
		if i := got.index("compose.patch.odoo"); i < 0 || i > got.index("compose.service") {
			t.Errorf("compose.patch.odoo is step %d, compose.service %d", i, got.index("compose.service"))
		}
	}),
	passes("PLAN-23", "a secrets file that is not ignored by git: a warning", func(t *testing.T) {
		p := newProject(t, minimal)
		p.write(t, ".odpm/secrets.json", secretsOf(""))
		p.write(t, ".odpm/.gitignore", "/runtime/\n")
		if !slices.ContainsFunc(p.plan(t).Diagnostics, func(d planDiagnostic) bool {
			return d.Code == string(diag.SecretsNotIgnored) && d.File == ".odpm/.gitignore" && strings.Contains(d.Message, "secrets.json")
		}) {
			t.Error("no warning")
		}
		p.write(t, ".odpm/.gitignore", "/runtime/\nsecrets.json\n")
		if p.plan(t).warns("git does not ignore") {
			t.Error("a warning all the same")
		}
	}),
	lockPlanCase("PLAN-25"),
	lockPlanCase("PLAN-26"),
	differs("PLAN-28", "--strict: exit 1 before, 0 once everything is prepared", func(t *testing.T) {
		p := newProject(t, "")
		platform := filepath.Join(p.home, "platform")
		for _, name := range []string{"odoo-bin", "odoo/release.py"} {
			path := filepath.Join(platform, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		p.write(t, "odpm.json", changed(t, "https://github.com/odoo/odoo.git 19.0", "file://"+filepath.ToSlash(platform)))
		strict := []string{"plan", "--no-docker", "--skip-start", "--strict"}
		if status, stdout, stderr := p.devpm(t, strict...); status != 1 {
			t.Fatalf("before: exit status %d\n%s%s", status, stdout, stderr)
		}
		p.prepare(t, 0)
		if status, stdout, stderr := p.devpm(t, strict...); status != 0 {
			t.Errorf("after: exit status %d\n%s%s", status, stdout, stderr)
		}
	}),
	differs("PLAN-29", "two services, both written: each compose.fragment.* is a no-op", func(t *testing.T) {
		p := newProject(t, plus(plain, `"services":{`+mailpit+`,"adminer":{"image":"adminer"}}`))
		p.prepare(t, 0)
		p.plan(t).wantOutcomes(t, map[string]string{"compose.fragments": "noop", "compose.fragment.mailpit": "noop", "compose.fragment.adminer": "noop"})
		// A change of one shows at that one.
		p.write(t, "odpm.json", plus(plain, `"services":{`+mailpit+`,"adminer":{"image":"adminer:5"}}`))
		p.plan(t).wantOutcomes(t, map[string]string{"compose.fragments": "update", "compose.fragment.mailpit": "noop", "compose.fragment.adminer": "update"})
	}),
}
