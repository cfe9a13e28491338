package view

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
)

// GitHub prints diagnostics as workflow commands of GitHub Actions, which turns
// each into an annotation at its line. File names are those of Printer.Files.
func (p Printer) GitHub(list diag.List) {
	titles := titles()
	for _, d := range list.Sorted() {
		var properties []string
		add := func(name, value string) {
			properties = append(properties, name+"="+githubProperty.Replace(termx.Plain(value)))
		}
		if file := p.file(d.Range.File); file != "" {
			add("file", file)
			if !d.Range.Start.IsZero() {
				add("line", fmt.Sprint(d.Range.Start.Line))
				add("col", fmt.Sprint(d.Range.Start.Column))
			}
		}
		add("title", strings.TrimSuffix(string(d.Code)+": "+titles[d.Code], ": "))
		p.printf("::%s %s::%s\n", d.Severity, strings.Join(properties, ","), githubMessage.Replace(termx.Plain(p.masked(sentence(d)))))
	}
}

// PlanGitHub prints what was found as annotations and, last, a notice that says
// what the plan would do.
func (p Printer) PlanGitHub(plan *prepare.Plan) {
	p.GitHub(planFindings(plan))
	lines := []string{planCount(plan)}
	for _, s := range plan.Steps {
		if s.Works() {
			lines = append(lines, s.ID+": "+oneLine(s.Reason))
		}
	}
	text := strings.Join(lines, "\n")
	p.printf("::notice title=devpm plan::%s\n", githubMessage.Replace(termx.Plain(p.masked(text))))
}

// What a workflow command cannot hold as it is: a message ends at a line break,
// a property also at a comma or colon.
var (
	githubMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// sentence is what a diagnostic says without its place: path, message, related
// places and fix.
func sentence(d diag.Diagnostic) string {
	text := d.Message
	if d.Path != "" {
		text = d.Path + ": " + text
	}
	for _, r := range d.Related {
		text += fmt.Sprintf("\n%s: %s", r.Range, r.Message)
	}
	if d.Fix != "" {
		text += "\nfix: " + d.Fix
	}
	return text
}

// titles are the titles of all codes.
func titles() map[diag.Code]string {
	out := make(map[diag.Code]string)
	for _, info := range diag.Codes() {
		out[info.Code] = info.Title
	}
	return out
}

// file is the name of a file for readers outside of the project; "" for one
// that they do not have, such as the user's own .env.
func (p Printer) file(name string) string {
	if name == "" || strings.HasPrefix(name, "~") {
		return ""
	}
	if p.Files != nil {
		return p.Files(name)
	}
	return name
}
