package view_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

// hostile is a plan with everything that a comment or an annotation could take
// for its own language.
func hostile() *prepare.Plan {
	p := plan()
	p.Steps = append(p.Steps,
		prepare.Step{ID: "hooks.post_up", Description: "Run the post_up hooks", Outcome: prepare.Run, Required: true, Reason: "3 hooks, run each time; not trusted yet: up asks first", Untrusted: true,
			Actions: []prepare.Action{prepare.RunHooks{Phase: "post_up", Entries: []manifest.HookEntry{
				{Run: []manifest.Text{{Raw: "sh"}, {Raw: "-c"}, {Raw: "a | b `c` ${D}"}}, Service: "web", Range: at("odpm.json", 9, 3, 0)},
				{Plugin: "acme.warm*up*"},
				{Run: []manifest.Text{{Raw: "echo"}, {Raw: "hunter|22"}}},
			}}}},
		prepare.Step{ID: "compose.up", Description: "Start the services", Outcome: prepare.Run, Required: true, Reason: "web is recreated for `a|b`, see #12 and @service\n| next | row", Cause: []prepare.Change{
			{Key: "services.web.environment.A|B", Old: `"<b>*x*</b>"`, New: `"a|b\` + "`c`\"", Range: at("odpm.json", 9, 35, 0), Effect: prepare.Recreate},
			{Key: "services.web.environment.C", New: `"hunter|22"`, Effect: prepare.Recreate},
			{Key: "services.web.user", Old: `"1000"`, Effect: prepare.Recreate},
			{Key: "services.gone", Old: "container p-gone-1 is running", Effect: prepare.Orphan},
		}},
		prepare.Step{ID: "docker.engine.check", Outcome: prepare.Run, Required: true, Reason: "r", Actions: []prepare.Action{prepare.Refuse{Diagnostics: diag.List{
			{Code: "DPM3201", Range: at("a|b.json", 1, 2, 0), Message: "100% <script>alert(1)</script> ${A} and ${B}", Fix: "run `x`\nthen y"}}}}},
	)
	refused := p.Refusals()[0]
	refused.Severity = diag.Warning
	p.Warnings = append(p.Warnings, refused, diag.Diagnostic{Code: "DPM5001", Severity: diag.Notice, Message: "hunter|22 \x1b[31m", Related: []diag.Related{{Range: at("odpm.json", 2, 2, 0), Message: "first set here"}}})
	p.Diffs = append(p.Diffs,
		prepare.FileDiff{Path: "a`<b>_.md", Summary: "+3 -0 lines", Unified: "+```\n+````sh\n+</details>\n+hunter|22\n"},
		prepare.FileDiff{Path: "secret.json", Summary: "content not shown: it holds secrets"})
	return p
}

// hide masks as the command line does, with a value that escaping would change.
func hide(text string) string { return strings.ReplaceAll(text, "hunter|22", "<secret:password>") }

func TestPlansForCodeHostsPrintTheirGoldens(t *testing.T) {
	for name, print := range map[string]func(view.Printer){
		"plan.md":        func(p view.Printer) { p.PlanMarkdown(hostile(), view.PlanOptions{}) },
		"plan-diff.md":   func(p view.Printer) { p.PlanMarkdown(hostile(), view.PlanOptions{ShowDiff: true}) },
		"plan-same.md":   func(p view.Printer) { p.PlanMarkdown(&prepare.Plan{}, view.PlanOptions{ShowDiff: true}) },
		"findings.md":    func(p view.Printer) { p.FindingsMarkdown(odd) },
		"plan-github":    func(p view.Printer) { p.PlanGitHub(hostile()) },
		"plan-orphans":   func(p view.Printer) { p.Plan(hostile(), view.PlanOptions{Causes: true}) },
		"plan-nothing":   func(p view.Printer) { p.PlanGitHub(&prepare.Plan{}) },
		"findings-no.md": func(p view.Printer) { p.FindingsMarkdown(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			print(view.Printer{W: &b, Mask: hide})
			testkit.Golden(t, "testdata/"+name+".golden", b.Bytes())
			if name != "plan-orphans" && strings.Contains(strings.ReplaceAll(b.String(), `\`, ""), "hunter") {
				t.Errorf("a secret is shown:\n%s", b.String())
			}
		})
	}
}

// A comment that is longer is refused by GitHub, whatever it holds.
func TestACommentIsNeverLongerThanOneMayBe(t *testing.T) {
	long := strings.Repeat("名`|<@x", 1000)
	big := func(steps, causes, diffs, lines int) *prepare.Plan {
		p := &prepare.Plan{}
		for i := range steps {
			s := prepare.Step{ID: fmt.Sprintf("step.%d", i), Outcome: prepare.Run, Required: true, Reason: long, Untrusted: true, Description: long,
				Actions: []prepare.Action{prepare.RunHooks{Phase: "post_up", Entries: []manifest.HookEntry{{Run: []manifest.Text{{Raw: long}}}}}}}
			for range causes {
				s.Cause = append(s.Cause, prepare.Change{Key: "services.web", Old: long, New: long, Effect: prepare.Recreate})
			}
			p.Steps = append(p.Steps, s)
			p.Warnings = append(p.Warnings, diag.Diagnostic{Code: "DPM3007", Severity: diag.Severity(i % 3), Path: long, Message: fmt.Sprint(i, long), Fix: long})
		}
		for i := range diffs {
			p.Diffs = append(p.Diffs, prepare.FileDiff{Path: fmt.Sprintf("file-%d", i), Summary: "s", Unified: strings.Repeat("+ 名 `a line`\n", lines)})
		}
		return p
	}
	for _, tt := range []struct {
		steps, causes, diffs, lines int
		want                        []string
	}{
		{1, 1, 1, 10, []string{"<details><summary><code>file-0</code>"}},
		{200, 40, 0, 0, []string{"and 28 more", "which a comment has no room for", "### Errors", "### Warnings", "### Notices", "### Hooks that run", "### Not trusted yet"}},
		{0, 0, 2, 40000, []string{"file-0", "file-1", "more lines; `devpm plan --show-diff` prints all of them"}},
		{0, 0, 3000, 30, []string{"file-0", "more files change"}},
		{300, 40, 3000, 3000, []string{"more files change"}},
	} {
		var b bytes.Buffer
		view.Printer{W: &b}.PlanMarkdown(big(tt.steps, tt.causes, tt.diffs, tt.lines), view.PlanOptions{ShowDiff: true})
		text := b.String()
		if n := utf8.RuneCountInString(text); n > view.CommentLimit {
			t.Errorf("%+v: %d characters", tt, n)
		}
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%+v: %q is missing", tt, want)
			}
		}
		if open, closed := strings.Count(text, "<details>"), strings.Count(text, "</details>"); open != closed || strings.Count(text, "\n```")%2 != 0 {
			t.Errorf("%+v: %d details opened and %d closed, %d fences", tt, open, closed, strings.Count(text, "\n```"))
		}
	}
	var b bytes.Buffer
	view.Printer{W: &b}.PlanMarkdown(big(0, 0, 2, 4000), view.PlanOptions{ShowDiff: true})
	if n := utf8.RuneCountInString(b.String()); n < view.CommentLimit-1000 {
		t.Errorf("of %d characters only %d are used", view.CommentLimit, n)
	}
}
