package view

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/apply"
)

// Failure prints a run that stopped in a step: which, why, the last lines of
// the command, what was done and how to go on (design §4).
func (p Printer) Failure(e *apply.StepError) {
	head, style := "failed", p.Style.Red
	if e.Interrupted {
		head, style = "interrupted", p.Style.Yellow
	}
	fmt.Fprintf(p.W, "%s %s\n", style("devpm: "+head+" in"), p.Style.Bold(e.Step))
	p.Diagnostics(e.List())
	if len(e.Tail) > 0 && !e.Interrupted {
		fmt.Fprintln(p.W, "last lines:")
		for _, line := range e.Tail {
			fmt.Fprintf(p.W, "    %s\n", termx.Plain(line))
		}
	}
	if len(e.Done) > 0 {
		fmt.Fprintf(p.W, "done:  %s\n", strings.Join(e.Done, ", "))
	}
	if e.Next != "" {
		fmt.Fprintf(p.W, "next:  %s\n", e.Next)
	}
}
