package conformance

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// localStep is a plugin that registers one step.
func localStep(id, order, version string) string {
	if version != "" {
		version = `EXTENSION_API_VERSION = "` + version + `"` + "\n"
	}
	return version + `
from dev_project.extensions import register_prepare_step
from dev_project.prepare.helpers import make_plan_step

class Step:
    id = "` + id + `"
    description = "A step"
    order = ` + order + `

    def evaluate(self, ctx):
        return make_plan_step(self.id, self.description, "run", True, "always run")

    def execute(self, ctx):
        open("` + id + `.ran", "a").write("x")

register_prepare_step(Step())
`
}

// needPython skips a case on a machine without the language that it is about.
func needPython(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("this case needs python3")
	}
}

// plugged is a project with plugins, by name and source.
func plugged(t *testing.T, manifest string, plugins map[string]string) project {
	t.Helper()
	needPython(t)
	p := newProject(t, manifest)
	for name, source := range plugins {
		p.write(t, ".odpm/plugins/"+name+".py", source)
	}
	return p
}

// trusted brings a project as far as it goes without containers, so that plans
// ask its extensions.
func (p project) trusted(t *testing.T) project {
	t.Helper()
	if status, out, err := p.devpm(t, "up", "--skip-start", "--trust"); status != 0 {
		t.Fatalf("up: %d\n%s%s", status, out, err)
	}
	return p
}

// accepted trusts a project as it is, and again once its extensions have said
// what they add.
func (p project) accepted(t *testing.T) project {
	t.Helper()
	for range 2 {
		_, shown, _ := p.devpm(t, "trust", "--show", "--format", "json")
		var report struct{ Digest string }
		if err := json.Unmarshal([]byte(shown), &report); err != nil {
			t.Fatal(err, shown)
		}
		p.environ = []string{"DEVPM_TRUST=" + report.Digest}
		p.devpm(t, "trust")
	}
	return p
}

// refusedUp is what a run says that does not begin.
func (p project) refusedUp(t *testing.T, words ...string) {
	t.Helper()
	status, _, said := p.devpm(t, "up", "--skip-start", "--trust")
	if status != 1 {
		t.Errorf("status %d", status)
	}
	for _, word := range words {
		if !strings.Contains(said, word) {
			t.Errorf("does not say %q:\n%s", word, said)
		}
	}
}

func (p plan) ids() []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.ID)
	}
	return out
}

// following are the steps behind the last built-in prepare step.
func (p plan) following() []string { return p.ids()[p.index("project.update_links")+1:] }

var oneService = plus(plain, `"services":{"w":{"image":"i"}}`)

// extensionCases are about plugins of the project; those of packages and of the
// protocol have tests of their own.
var extensionCases = []testCase{
	passes("EXT-01", "the API versions 1.0 and 1.1 are accepted", func(t *testing.T) {
		p := plugged(t, oneService, map[string]string{
			"old": localStep("old.step", "1", "1.0"), "new": localStep("new.step", "2", "1.1"), "undeclared": localStep("bare.step", "3", ""),
		}).trusted(t)
		if got := p.plan(t).following()[:3]; !slices.Equal(got, []string{"old.step", "new.step", "bare.step"}) {
			t.Errorf("steps %v", got)
		}
	}),
	passes("EXT-02", "the API version 2.0 is refused by name", func(t *testing.T) {
		plugged(t, oneService, map[string]string{"future": localStep("x.step", "1", "2.0")}).
			refusedUp(t, ".odpm/plugins/future.py", "DPM7311", "2.0", "1.0, 1.1")
	}),
	passes("EXT-04", "a local plugin with the API version 9.9 is refused", func(t *testing.T) {
		p := plugged(t, oneService, map[string]string{"bad": localStep("x.step", "1", "9.9")})
		p.refusedUp(t, ".odpm/plugins/bad.py", "DPM7311", "9.9")
		if p.has("docker-compose.yml") {
			t.Error("the run began")
		}
	}),
	passes("EXT-05", "the step that a local plugin registers is in the plan", func(t *testing.T) {
		p := plugged(t, oneService, map[string]string{"marker": localStep("local.marker", "100", "")}).trusted(t)
		p.plan(t).wantOutcomes(t, map[string]string{"local.marker": "run", "ext.marker": "noop"})
		if p.read(t, "local.marker.ran") != "x" {
			t.Error("the step did not run once")
		}
	}),
	passes("EXT-07", "a module of the allow-list that is missing: a warning", func(t *testing.T) {
		p := plugged(t, plus(oneService, `"extensions":{"local":["missing","here"]}`), map[string]string{"here": localStep("here.step", "1", "")}).trusted(t)
		got := p.plan(t)
		got.wantOutcomes(t, map[string]string{"here.step": "run"})
		if !slices.ContainsFunc(got.Diagnostics, func(d planDiagnostic) bool { return d.Code == "DPM7305" }) {
			t.Errorf("%+v", got.Diagnostics)
		}
	}),
	passes("EXT-08", "an empty allow-list loads nothing", func(t *testing.T) {
		p := plugged(t, plus(oneService, `"extensions":{"local":[]}`), map[string]string{"here": "raise SystemExit(3)"}).trusted(t)
		if got := p.plan(t); got.index("ext.here") >= 0 {
			t.Errorf("steps %v", got.ids())
		}
	}),
	passes("EXT-10", "an extension's step stands behind every built-in one, whatever its order", func(t *testing.T) {
		p := plugged(t, oneService, map[string]string{"early": localStep("early.step", "50", "")}).trusted(t)
		if got := p.plan(t); got.following()[0] != "early.step" {
			t.Errorf("steps %v", got.ids())
		}
	}),
	passes("EXT-11", "two extension steps with one id are refused", func(t *testing.T) {
		plugged(t, oneService, map[string]string{"a": localStep("same.step", "1", ""), "b": localStep("same.step", "2", "")}).
			refusedUp(t, "same.step", ".odpm/plugins/b.py")
	}),
	passes("EXT-13", "extension steps go by order, then by extension and id", func(t *testing.T) {
		p := plugged(t, oneService, map[string]string{
			"a": localStep("z.ten", "10", ""), "b": localStep("a.ten", "10", ""), "c": localStep("c.five", "5", ""),
			"d": localStep("d.two", "10", "") + localStep("d.one", "10", ""),
		}).trusted(t)
		if got := p.plan(t).following()[:5]; !slices.Equal(got, []string{"c.five", "z.ten", "a.ten", "d.one", "d.two"}) {
			t.Errorf("steps %v", got)
		}
	}),
}
