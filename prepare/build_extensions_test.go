package prepare

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
)

// extended is the Odoo project with extensions.
func extended() *Desired {
	d := odoo()
	d.Extensions = []Extension{
		{Name: "tools", Version: "0.3.0", Source: "store", Runtime: "exec", Capabilities: []string{"prepare.steps/1", "hooks/1"}, Sandbox: "full", Signature: "unsigned"},
		{Name: "mail", Source: ".odpm/plugins/mail.py", Runtime: "python", Left: "not trusted yet: up asks first", Untrusted: true},
		{Name: "data", Version: "1.0", Source: "store", Runtime: "declarative", Capabilities: []string{"compose.fragment/1"}},
	}
	d.ExtensionSteps = []ExtensionStep{
		{Extension: "tools", ID: "tools.late", Description: "Late", Order: 950, Outcome: Run, Required: true, Reason: "each time"},
		{Extension: "tools", ID: "tools.b", Description: "B", Order: 50, Outcome: Noop, Reason: "nothing to do"},
		{Extension: "tools", ID: "tools.a", Description: "A", Order: 50, Outcome: Update, Required: true, Reason: "stale"},
		{Extension: "other", ID: "tools.0", Description: "0", Order: 50, Outcome: Skip, Reason: "not here"},
	}
	d.Fragments = append(d.Fragments, Fragment{Service: "mailpit", Extension: "data"})
	d.Patches[0].Extensions = []string{"tools"}
	return d
}

func TestExtensionsInThePlan(t *testing.T) {
	for name, have := range map[string]func(*Desired) *Observed{
		"extended first": func(*Desired) *Observed { return nothing() },
		"extended done":  done,
	} {
		d := extended()
		plan := Build(d, have(d), Options{})
		testkit.Golden(t, filepath.Join("testdata", "plan", strings.ReplaceAll(name, " ", "_")+".txt"), []byte(plan.String()))
		checkSanity(t, plan)
		text, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, planSchema(t), text); err != nil {
			t.Errorf("%s: %#v", name, err)
		}
		if !strings.Contains(string(text), `"extension":{"name":"tools","version":"0.3.0","source":"store","runtime":"exec",`) {
			t.Errorf("%s: the extension's object is not there:\n%s", name, text)
		}
	}
}

// TestWhatAnExtensionRunsEachTimeIsNoChange: else no plan of such a project
// would ever settle. What it would bring up to date is one.
func TestWhatAnExtensionRunsEachTimeIsNoChange(t *testing.T) {
	d := extended()
	d.ExtensionSteps = d.ExtensionSteps[:1]
	plan := Build(d, done(d), Options{})
	if plan.Changes() != 0 || plan.Strict() {
		t.Errorf("`run` counts:\n%s", plan)
	}
	d.ExtensionSteps[0].Outcome = Update
	plan = Build(d, done(d), Options{})
	if plan.Changes() != 1 || !plan.Strict() {
		t.Errorf("`update` does not count:\n%s", plan)
	}
}

// TestBuiltinStep holds the list of ids to what Build makes.
func TestBuiltinStep(t *testing.T) {
	d := odoo()
	d.Secrets.Provider = "command"
	for _, opt := range []Options{{}, {Build: true}} {
		for _, s := range Build(d, nothing(), opt).Steps {
			if !BuiltinStep(s.ID) {
				t.Errorf("%s could be an extension's", s.ID)
			}
		}
	}
	for _, id := range []string{"mailpit.seed", "compose.mine", "local.marker", "git.mine"} {
		if BuiltinStep(id) {
			t.Errorf("%s is taken for devpm's", id)
		}
	}
}

// TestWhatExtensionStepsLookAt: the plan is made again before the first of
// them, since they look at what the built-in steps have made.
func TestWhatExtensionStepsLookAt(t *testing.T) {
	d := extended()
	delete(d.Hooks, manifest.PostPrepare)
	plan := Build(d, nothing(), Options{})
	if !plan.Step("project.update_links").Boundary {
		t.Error("nothing is planned again before extension steps")
	}
	if !plan.Step("tools.late").Boundary {
		t.Error("images are not looked at again after extension steps")
	}
	at := func(id string) int { return slices.IndexFunc(plan.Steps, func(s Step) bool { return s.ID == id }) }
	if at("ext.data") != 0 || at("tools.late") > at("image.build.web") || at("tools.late") < at("project.update_links") {
		t.Errorf("order:\n%s", plan)
	}
}
