package prepare

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
)

// planSchema is the published form of a plan.
func planSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "schema", "plan.v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := jsonschema.CompileString("plan.v1.json", string(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestEveryPlanObeysThePublishedSchema(t *testing.T) {
	s := planSchema(t)
	for _, d := range []*Desired{hello(), odoo()} {
		for _, o := range []*Observed{nothing(), done(d), {}} {
			for _, opt := range []Options{{}, {SkipStart: true}, {NoDocker: true, Diff: true, Differ: fakeDiffer}, {NoGitUpdate: true}, {Build: true, UpdateGit: true}} {
				text, err := json.Marshal(Build(d, o, opt))
				if err != nil {
					t.Fatal(err)
				}
				if err := validate(t, s, text); err != nil {
					t.Errorf("%s %+v: %#v", d.Stack, opt, err)
				}
			}
		}
	}
	for _, bad := range []string{
		`{}`,
		`{"plan_version":2,"mode":"plan","steps":[],"warnings":[],"diagnostics":[]}`,
		`{"plan_version":1,"mode":"plan","steps":null,"warnings":[],"diagnostics":[]}`,
		`{"plan_version":1,"mode":"plan","steps":[],"warnings":[],"diagnostics":[],"diffs":[]}`,
		`{"plan_version":1,"mode":"plan","steps":[],"warnings":[],"diagnostics":[],"x":1}`,
	} {
		if validate(t, s, []byte(bad)) == nil {
			t.Errorf("accepted: %s", bad)
		}
	}
}

func TestPlanJSON(t *testing.T) {
	force := false
	tests := []struct {
		name string
		plan Plan
	}{
		{"empty", Plan{}},
		{"full", Plan{
			Steps: []Step{{
				ID: "compose.generate", Description: "Write docker-compose.yml", Outcome: Update, Required: true, Reason: "a < b & c",
				DependsOn: []string{"compose.fragments"}, KnownAfter: "git.materialize",
				Cause:  []Change{{Key: "services.web.image", Old: "a", New: "b", Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 3, Column: 5}}}},
				Inputs: []Input{{Name: "odpm.json", Hash: "aa"}},
			}, {ID: "compose.up", Description: "Start", Outcome: Run, Required: true, Reason: "web is not created"}},
			Warnings: diag.List{{
				Code: diag.HostPortTaken, Severity: diag.Warning, Range: diag.Range{File: "odpm.json", Start: diag.Position{Line: 7, Column: 1}},
				Path: "services.web.ports[0]", Message: "in use", Fix: "stop it",
			}},
			ComposeUp: &ComposeUp{ForceRecreate: &force},
			Leases:    []PortLease{{Service: "web", HostIP: "127.0.0.1", Protocol: "tcp", Container: 80, Written: 8080, Published: 28080, Count: 1}},
			Diffs:     []FileDiff{{Path: "docker-compose.yml", Summary: "+1 -1 lines", Unified: "--- a\n"}, {Path: "s", Summary: masked}},
		}},
		{"engine not asked", Plan{ComposeUp: &ComposeUp{}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			enc := json.NewEncoder(&b)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(&tt.plan); err != nil {
				t.Fatal(err)
			}
			if err := validate(t, planSchema(t), []byte(b.String())); err != nil {
				t.Errorf("%#v", err)
			}
			testkit.Golden(t, filepath.Join("testdata", "json", strings.ReplaceAll(tt.name, " ", "_")+".json"), []byte(b.String()))
			if strings.Contains(b.String(), "null") != (tt.name == "engine not asked") {
				t.Error("only an unknown force_recreate is null")
			}
		})
	}
}
