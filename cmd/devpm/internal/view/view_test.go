package view_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

func at(file string, line, column, end int) diag.Range {
	r := diag.Range{File: file, Start: diag.Position{Line: line, Column: column}}
	if end > 0 {
		r.End = diag.Position{Line: line, Column: end}
	}
	return r
}

var findings = diag.List{
	{Code: "DPM1203", Range: at("odpm.json", 3, 12, 14), Path: "services.w.image", Message: "this must not be empty", Fix: "name an image,\nfor example nginx:1.27"},
	{Code: "DPM1204", Severity: diag.Warning, Range: at("odpm.json", 4, 3, 9), Message: "the tab and the wide 名 stand before", Fix: "look up",
		Related: []diag.Related{{Range: at("odpm.json", 2, 2, 0), Message: "first set here"}}},
	{Code: "DPM5001", Message: "the engine does not answer \x1b[31m", Fix: "start it"},
	{Code: "DPM1205", Severity: diag.Notice, Range: diag.Range{File: ".env"}, Message: "no such file"},
}

func sources() *view.Sources {
	s := view.NewSources()
	s.Add("odpm.json", []byte("{\n \"services\": {\n  \"image\": \"\",\n\t\"名字\": 1\r\n}\n"))
	return s
}

func plan() *prepare.Plan {
	return &prepare.Plan{
		Steps: []prepare.Step{
			{ID: "git.lock_load", Outcome: prepare.Skip, Reason: "skipped with --no-git-update"},
			{ID: "git.ensure_present", Description: "Check repositories", Outcome: prepare.Run, Required: true, Reason: "verify\nlocal directories"},
			{ID: "compose.fragment.a-rather-long-name", Outcome: prepare.Update, Required: true, Reason: "new"},
			{ID: "compose.generate", Outcome: prepare.Noop, Required: true, Reason: "up to date"},
			{ID: "hooks.pre_up", Outcome: prepare.Run, Reason: "1 command"},
		},
		Warnings: diag.List{{Code: "DPM1204", Severity: diag.Warning, Range: at("odpm.json", 4, 3, 0), Path: "services.w", Message: "odd", Fix: "remove it"}},
		Diffs:    []prepare.FileDiff{{Path: "docker-compose.yml", Summary: "+1 -1 lines", Unified: "--- a/docker-compose.yml\n+++ b/docker-compose.yml\n@@ -1 +1 @@\n-a: 1 \n+a: 2\n"}},
	}
}

var explanation = compose.Explanation{
	Path: "services.odoo.environment.CUSTOM_METRIC", Value: `"1"`,
	Origin: compose.Origin{
		Layer: compose.LayerPatch, Name: "service_patches.odoo", Range: at("odpm.json", 40, 25, 0), Raw: "${METRIC:-1}",
		Uses: []manifest.Use{{Name: "METRIC", Origin: "default"}, {Name: "@service:db", Origin: "x"}},
		Replaced: &compose.Replaced{Value: `"0"`, Origin: compose.Origin{
			Layer: compose.LayerManifest, Range: at("odpm.json", 9, 5, 0),
			Replaced: &compose.Replaced{Value: "null", Origin: compose.Origin{Layer: compose.LayerBuiltin, Name: "odoo", Reason: reason}},
		}},
	},
}

var reason = compose.Reason{Rule: "the image is named after what it is built for", Causes: []manifest.Choice{
	{Value: "3.11", Use: manifest.Use{Name: "python"}, Range: at("odpm.json", 6, 13, 0)},
	{Value: "developer", Use: manifest.Use{Name: "ODPM_SCENARIO", Origin: manifest.FromDefault}},
	{Use: manifest.Use{Name: "DEVPM_PORTS", Origin: "environment"}},
	{Value: "ci", Use: manifest.Use{Name: "--scenario"}},
}}

// ruled is a value that no file says.
var ruled = compose.Explanation{Path: "services.odoo.image", Value: `"odoo"`, Origin: compose.Origin{Layer: compose.LayerBuiltin, Name: "odoo", Reason: reason}}

var tree = compose.Explanation{Path: "services.web", Value: "{}", Children: []compose.Explanation{
	{Path: "services.web.image", Value: `"nginx"`, Origin: compose.Origin{Layer: compose.LayerManifest, Range: at("odpm.json", 5, 16, 0)}},
	ruled,
	{Path: "services.web.ports", Value: "[]", Children: []compose.Explanation{
		{Path: "services.web.ports[0]", Value: `"80:80"`, Origin: compose.Origin{Layer: compose.LayerExtension, Name: "proxy"}},
	}},
}}

var file = view.FileExplanation{
	Path: "odoo.conf", Writer: "template.odoo_conf", Description: "Write odoo.conf", Mode: 0o600, Now: "content differs", Reason: reason,
	Values: tree.Children[:1],
}

var rows = []view.ServiceRow{
	{Service: "db", Container: "shop-db-1", State: "running", Health: "healthy", Image: "postgres:15"},
	{Service: "job", Container: "shop-job-1", State: "exited", ExitCode: 3, Image: "job"},
	{Service: "web", State: "absent", Image: "nginx", Ports: []string{"8080->80/tcp", "8443->443/tcp"}},
}

var checks = []view.Check{
	{Name: "engine", Status: view.CheckFail, Detail: "no answer", Fix: "start Docker\nand try again"},
	{Name: "Compose", Status: view.CheckOK, Detail: "2.29.1"},
	{Name: "python3", Status: view.CheckWarn, Detail: "not found", Fix: "install Python"},
}

// odd are findings with what annotations must escape, and without a place.
var odd = append(diag.List{
	{Code: diag.ManifestUnknownKey, Range: diag.Range{File: "a b,c:d%.json", Start: diag.Position{Line: 2, Column: 3}, End: diag.Position{Line: 4, Column: 1}},
		Path: `services."x,y:z"`, Message: "50% of it\r\nis :: odd, <really>", Fix: "one\ntwo"},
	{Code: diag.ManifestScenario, Severity: diag.Notice, Range: diag.Range{File: "~/.odpm/.env", Start: diag.Position{Line: 1, Column: 1}}, Message: "in a file that no repository has"},
	{Code: diag.DotenvFile, Range: diag.Range{File: ".env"}, Message: "no line is known", Fix: "x"},
	{Code: "DPM0000", Message: "nothing is known"},
}, findings...)

func TestViewsPrintTheirGoldens(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]func(view.Printer){
		"diagnostics":       func(p view.Printer) { p.Diagnostics(findings) },
		"diagnostics.json":  func(p view.Printer) { must(p.DiagnosticsJSON(findings)) },
		"empty.json":        func(p view.Printer) { must(p.DiagnosticsJSON(nil)) },
		"plan":              func(p view.Printer) { p.Plan(plan(), view.PlanOptions{}) },
		"plan-diff":         func(p view.Printer) { p.Plan(plan(), view.PlanOptions{ShowDiff: true}) },
		"plan-80-columns":   func(p view.Printer) { p.Width = 80; p.Plan(plan(), view.PlanOptions{}) },
		"plan.json":         func(p view.Printer) { must(p.PlanJSON(plan(), view.PlanOptions{})) },
		"plan-diff.json":    func(p view.Printer) { must(p.PlanJSON(plan(), view.PlanOptions{ShowDiff: true})) },
		"explain":           func(p view.Printer) { p.Explain(explanation) },
		"explain.json":      func(p view.Printer) { must(p.ExplainJSON(explanation)) },
		"explain-rule":      func(p view.Printer) { p.Explain(ruled) },
		"explain-rule.json": func(p view.Printer) { must(p.ExplainJSON(ruled)) },
		"explain-file":      func(p view.Printer) { p.ExplainFile(file) },
		"explain-file.json": func(p view.Printer) { must(p.ExplainFileJSON(file)) },
		"explainable": func(p view.Printer) {
			p.Explainable([]view.FileExplanation{file, {Path: ".odpm/lock.json", Writer: "devpm lock update", Now: "missing"}}, tree.Children)
		},
		"explainable.json": func(p view.Printer) { must(p.ExplainableJSON([]view.FileExplanation{file}, tree.Children)) },
		"explain-tree":     func(p view.Printer) { p.Explain(tree) },
		"ps":               func(p view.Printer) { p.Ps(rows) },
		"ps.json":          func(p view.Printer) { must(p.PsJSON(rows)) },
		"ps-empty.json":    func(p view.Printer) { must(p.PsJSON(nil)) },
		"doctor":           func(p view.Printer) { p.Doctor(checks) },
		"doctor.json":      func(p view.Printer) { must(p.DoctorJSON(checks)) },
		"validate-faults":  func(p view.Printer) { p.Validate(view.Validation{File: "odpm.json", Diagnostics: findings}) },
		"validate": func(p view.Printer) {
			p.Validate(view.Validation{File: "odpm.json", Stack: "none", Services: 1, Diagnostics: findings[1:2]})
		},
		"validate.json": func(p view.Printer) {
			must(p.ValidateJSON(view.Validation{File: "odpm.json", Stack: "none", Diagnostics: findings[1:2]}))
		},
		"github": func(p view.Printer) {
			p.Files = func(name string) string { return "shop/" + name }
			p.GitHub(odd)
		},
		"sarif.json": func(p view.Printer) {
			p.Files = func(name string) string { return "shop/" + name }
			must(p.SARIF(odd))
		},
		"sarif-empty.json": func(p view.Printer) { must(p.SARIF(nil)) },
		"version": func(p view.Printer) {
			p.Version(view.VersionInfo{Version: "1.2.3", Contract: "4.8.0", Commit: "abc", Built: "2026-01-02", Go: "go1", Platform: "linux/amd64"})
		},
	}
	for name, print := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			print(view.Printer{W: &b, Sources: sources()})
			testkit.Golden(t, "testdata/"+name+".golden", b.Bytes())
			if strings.HasSuffix(name, ".json") && !json.Valid(b.Bytes()) {
				t.Error("this is not JSON")
			}
		})
	}
}

// A line that is broken within a secret would not be masked behind the printer.
func TestBrokenLinesKeepSecrets(t *testing.T) {
	var b bytes.Buffer
	mask := func(text string) string { return strings.ReplaceAll(text, "two words", "<secret:key>") }
	for width := range 120 {
		view.Printer{W: &b, Width: width, Mask: mask}.Plan(&prepare.Plan{Steps: []prepare.Step{{ID: "a.step", Reason: "the secret is two words long"}}}, view.PlanOptions{})
	}
	if strings.Contains(b.String(), "words") {
		t.Error(b.String())
	}
}

func TestColourChangesNothingButEscapes(t *testing.T) {
	show := func(on bool) string {
		var b bytes.Buffer
		p := view.Printer{W: &b, Style: termx.NewStyle(on), Sources: sources()}
		p.Diagnostics(findings)
		p.Plan(plan(), view.PlanOptions{ShowDiff: true})
		p.Explain(explanation)
		p.Explain(tree)
		p.Ps(rows)
		p.Doctor(checks)
		return b.String()
	}
	coloured := show(true)
	if !strings.Contains(coloured, "\x1b[33mUPDATE") {
		t.Errorf("the action is not coloured:\n%s", coloured)
	}
	for _, code := range []string{"0", "1", "2", "31", "32", "33", "34", "36"} {
		coloured = strings.ReplaceAll(coloured, "\x1b["+code+"m", "")
	}
	trimmed := func(s string) string { // padding before an escape at a line's end stays
		var b strings.Builder
		for line := range strings.Lines(s) {
			b.WriteString(strings.TrimRight(line, " \n") + "\n")
		}
		return b.String()
	}
	if plain := show(false); trimmed(coloured) != trimmed(plain) {
		t.Errorf("with colour:\n%s\nwithout:\n%s", coloured, plain)
	}
}

func TestSnippetOfALongLineShowsThePlace(t *testing.T) {
	s := view.NewSources()
	s.Add("f", []byte(strings.Repeat("a", 500)+"X"+strings.Repeat("b", 500)))
	var b bytes.Buffer
	view.Printer{W: &b, Sources: s}.Diagnostic(diag.Diagnostic{Code: "DPM1000", Range: at("f", 1, 501, 502), Message: "m"})
	lines := strings.Split(b.String(), "\n")
	x, caret := strings.IndexRune(strings.ReplaceAll(lines[1], "…", "."), 'X'), strings.IndexByte(lines[2], '^')
	if x < 0 || x != caret {
		t.Errorf("the caret stands at %d, the place at %d:\n%s", caret, x, b.String())
	}
	if len([]rune(lines[1])) > 120 {
		t.Errorf("the line has %d characters", len([]rune(lines[1])))
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add("{\n}", 1, 1, 1, 2)
	f.Add("a\tb", 1, 9, 2, 1)
	f.Add("\xff", 1, 1, 0, 0)
	f.Fuzz(func(t *testing.T, text string, line, column, endLine, endColumn int) {
		s := view.NewSources()
		s.Add("f", []byte(text))
		var b bytes.Buffer
		view.Printer{W: &b, Sources: s}.Diagnostic(diag.Diagnostic{Code: "DPM1000", Message: "m", Range: diag.Range{
			File: "f", Start: diag.Position{Line: line, Column: column}, End: diag.Position{Line: endLine, Column: endColumn},
		}})
		if strings.ContainsRune(b.String(), '\x1b') {
			t.Errorf("an escape sequence came through: %q", b.String())
		}
	})
}
