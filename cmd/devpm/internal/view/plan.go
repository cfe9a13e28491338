package view

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
)

// PlanOptions shape the table of a plan.
type PlanOptions struct {
	ShowDiff bool // print the changes of files too
	Causes   bool // print what differs, value by value
}

// planIDWidth is the least width of the ID column, planRule the line under the
// heading (spec §11).
const (
	planIDWidth = 22
	planRule    = 72
)

// Plan prints the table of spec §11: one line a step, then warnings, planned
// changes and a line that counts. The ID column grows to the longest id.
func (p Printer) Plan(plan *prepare.Plan, o PlanOptions) {
	width := planIDWidth
	for _, s := range plan.Steps {
		width = max(width, termx.Cells(s.ID))
	}
	p.line(p.Style.Bold("Action   Required  " + termx.Pad("ID", width) + " Reason"))
	p.line(strings.Repeat("-", planRule))
	for _, s := range plan.Steps {
		action := p.outcome(s.Outcome, fmt.Sprintf("%-8s", strings.ToUpper(string(s.Outcome))))
		reason := p.beside(len("Action   Required  ")+width+1, termx.Plain(p.masked(oneLine(s.Reason))))
		p.line(action, " ", fmt.Sprintf("%-8s", required(&s)), "  ", termx.Pad(termx.Plain(s.ID), width), " ", reason)
	}
	if len(plan.Warnings) > 0 {
		p.printf("\n%s\n", p.Style.Bold("Warnings:"))
		for _, d := range plan.Warnings.Sorted() {
			p.planWarning(d)
		}
	}
	if o.Causes {
		p.causes(plan)
	}
	if o.ShowDiff && len(plan.Diffs) > 0 {
		p.printf("\n%s\n", p.Style.Bold("Planned changes:"))
		for _, d := range plan.Diffs {
			p.line(p.Style.Bold(termx.Plain(d.Path)), " (", d.Summary, ")")
			p.unified(d.Unified)
		}
	}
	p.printf("\n%s\n", planCount(plan))
}

// beside breaks the text of a last column, so that it stays in its column on a
// terminal that has some room for it.
func (p Printer) beside(indent int, text string) string {
	const least = 24
	if room := p.Width - indent; p.Width > 0 && room >= least {
		text = strings.Join(termx.Wrap(text, room), "\n"+strings.Repeat(" ", indent))
	}
	return text
}

// required is the word of the column Required: it says nothing of a step that
// does nothing.
func required(s *prepare.Step) string {
	switch {
	case !s.Works():
		return "-"
	case s.Required:
		return "yes"
	default:
		return "no"
	}
}

// causes lists what differs, below the step that it concerns.
func (p Printer) causes(plan *prepare.Plan) {
	first := true
	for _, s := range plan.Steps {
		if len(s.Cause) == 0 {
			continue
		}
		if first {
			p.printf("\n%s\n", p.Style.Bold("Causes:"))
			first = false
		}
		p.line(p.Style.Bold(termx.Plain(s.ID)))
		for _, c := range s.Cause {
			p.line("  ", termx.Plain(oneLine(causeText(c))))
		}
	}
}

// causeText is one cause in a line: what, from what to what, where it is
// written, and what that does to containers.
func causeText(c prepare.Change) string {
	text := c.Key + ": "
	switch {
	case c.Effect == prepare.Orphan:
		text += c.Old
	case c.Old == "":
		text += "is new: " + c.New
	case c.New == "":
		text += "is gone: was " + c.Old
	default:
		text += c.Old + " → " + c.New
	}
	if at := c.Range.String(); at != "" {
		text += " (" + at + ")"
	}
	if words := effectWords[c.Effect]; words != "" {
		text += "; " + words
	}
	return text
}

var effectWords = map[prepare.Effect]string{
	prepare.Create:   "the container is made",
	prepare.Start:    "the container is started",
	prepare.Recreate: "the container is recreated",
	prepare.NewImage: "the container is recreated from another image",
	prepare.Wait:     "the container is waited for",
	prepare.Orphan:   "the container of a service that is no longer in the document stays",
}

func (p Printer) outcome(o prepare.Outcome, text string) string {
	switch o {
	case prepare.Update:
		return p.Style.Yellow(text)
	case prepare.Run:
		return p.Style.Blue(text)
	default:
		return p.Style.Dim(text)
	}
}

// planWarning is one diagnostic as a list item. The severity word is left out:
// the heading says it.
func (p Printer) planWarning(d diag.Diagnostic) {
	var b strings.Builder
	if at := d.Range.String(); at != "" {
		b.WriteString(p.Style.Cyan(termx.Plain(at)) + ": ")
	}
	b.WriteString(p.severity(d.Severity, string(d.Code)) + ": ")
	if d.Path != "" {
		b.WriteString(termx.Plain(d.Path) + ": ")
	}
	p.line("- ", b.String(), termx.Plain(oneLine(d.Message)))
	if d.Fix != "" {
		p.line("  ", p.Style.Green("fix:"), " ", strings.ReplaceAll(termx.Plain(d.Fix), "\n", "\n       "))
	}
}

// unified prints a diff, coloured as everywhere.
func (p Printer) unified(diff string) {
	for line := range strings.Lines(diff) {
		line = termx.Plain(strings.TrimSuffix(line, "\n"))
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
			line = p.Style.Bold(line)
		case strings.HasPrefix(line, "@@"):
			line = p.Style.Cyan(line)
		case strings.HasPrefix(line, "+"):
			line = p.Style.Green(line)
		case strings.HasPrefix(line, "-"):
			line = p.Style.Red(line)
		}
		p.printf("%s\n", line) // not line(): a diff keeps its spaces
	}
}

// planCount is the last line. Hooks and what extensions run each time change
// nothing of ours, so they are counted apart (design §4).
func planCount(plan *prepare.Plan) string {
	var hooks, steps, same, skipped int
	for i := range plan.Steps {
		switch s := &plan.Steps[i]; {
		case s.Repeats() && s.OfExtension:
			steps++
		case s.Repeats():
			hooks++
		case s.Works():
		case s.Outcome == prepare.Noop:
			same++
		default:
			skipped++
		}
	}
	text := fmt.Sprintf("%d to change, %d up to date, %d skipped", plan.Changes(), same, skipped)
	if hooks > 0 {
		text += ", hooks in " + plural(hooks, "phase")
	}
	if steps > 0 {
		text += ", " + plural(steps, "step") + " of extensions each time"
	}
	return text
}

// oneLine keeps a table a table.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// PlanJSON prints prepare's own JSON form (plan_version 1). Diffs are part of
// it only when they were asked for.
func (p Printer) PlanJSON(plan *prepare.Plan, o PlanOptions) error {
	if !o.ShowDiff && len(plan.Diffs) > 0 {
		short := *plan
		short.Diffs = nil
		plan = &short
	}
	return p.JSON(plan)
}
