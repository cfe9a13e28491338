package python

import (
	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"os"
	"testing"

	"github.com/devpm/devpm/extensions/protocol"
)

// plugins starts the plugins of a project and returns what they registered.
func plugins(t *testing.T, dir string, mode protocol.Mode, names ...string) (*client, protocol.Description) {
	t.Helper()
	return pluginsOf(t, interpreter(t), dir, mode, nil, names...)
}

func pluginsOf(t *testing.T, i Interpreter, dir string, mode protocol.Mode, dists []Distribution, names ...string) (*client, protocol.Description) {
	t.Helper()
	var found diag.Collector
	modules := Modules(dir, allow(names), &found)
	p := Program(i, dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, modules, dists)
	c := start(t, p.Argv, p.Dir, p.Env, p.Preamble)
	var opening protocol.Initialized
	c.must(protocol.MethodInitialize, opened(dir, mode), &opening)
	var d protocol.Description
	c.must(protocol.MethodDescribe, struct{}{}, &d)
	return c, d
}

func TestAPluginOfTheProjectRegistersAStep(t *testing.T) {
	dir := project(t, map[string]string{"marker.py": `
from dev_project.extensions import register_prepare_step
from dev_project.prepare.helpers import make_plan_step
print("hello")
class Step:
    id, description, order = "local.marker", "Marks", 5
    def evaluate(self, ctx):
        return make_plan_step(self.id, self.description, "run", True, "in " + ctx.policy)
    def execute(self, ctx):
        raise TypeError("x")
register_prepare_step(Step())
`})
	c, d := plugins(t, dir, protocol.ModePlan)
	want := protocol.Registration{
		Kind: protocol.KindStep, Name: "local.marker", Description: "Marks", Source: ".odpm/plugins/marker.py", Extension: "marker", Order: new(5),
	}
	if diff := cmp.Diff([]protocol.Registration{want}, d.Registrations); diff != "" {
		t.Error(diff)
	}
	var e protocol.Evaluation
	c.must(protocol.MethodEvaluate, protocol.StepParams{ID: "local.marker"}, &e)
	if e.Outcome != "run" || !e.Required || e.Reason != "in developer" {
		t.Errorf("got %+v", e)
	}
	fault := c.call(protocol.MethodExecute, protocol.StepParams{ID: "local.marker"}, nil)
	if fault == nil || fault.Message != "TypeError: x" || fault.Data.Source != ".odpm/plugins/marker.py" || fault.Data.Line != 10 {
		t.Errorf("got %+v", fault)
	}
	if diff := cmp.Diff([]string{"info .odpm/plugins/marker.py: hello"}, c.logs()); diff != "" {
		t.Error(diff)
	}
}

// allow is the allow-list of names; nil for none.
func allow(names []string) *manifest.Node {
	if names == nil {
		return nil
	}
	n := &manifest.Node{Kind: manifest.Array}
	for _, name := range names {
		n.Items = append(n.Items, &manifest.Node{Kind: manifest.String, Text: name, Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 1, Column: 1}}})
	}
	return n
}
