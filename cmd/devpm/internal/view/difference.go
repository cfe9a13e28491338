package view

import (
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/saved"
)

// Difference prints what two plans do not agree on: a row for each step with
// its old and new outcome, then the changes of files.
func (p Printer) Difference(d saved.Difference) {
	if d.Empty() {
		return
	}
	if len(d.Steps) > 0 {
		p.line(p.Style.Bold("The saved plan and the plan of now differ:"))
		rows := [][]string{{"Saved", "Now", "ID", "Reason now"}}
		for _, s := range d.Steps {
			why := s.NewWhy
			if s.NewOutcome == "" {
				why = "the step is gone; it was: " + s.OldWhy
			}
			rows = append(rows, []string{outcomeWord(s.OldOutcome), outcomeWord(s.NewOutcome), termx.Plain(s.ID), termx.Plain(oneLine(why))})
		}
		p.columns(rows, func(row, _ int, text string) string {
			if row == 0 {
				return p.Style.Bold(text)
			}
			return text
		})
	}
	for _, f := range d.Files {
		p.line(p.Style.Bold(termx.Plain(f.Path)), " (", f.Summary, ")")
		p.unified(f.Unified)
	}
	p.line()
}

func outcomeWord(outcome string) string {
	if outcome == "" {
		return "-"
	}
	return outcome
}
