package view

import (
	"fmt"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
)

// Validation is the result of `devpm manifest validate`.
type Validation struct {
	File        string
	Stack       string // "" when the manifest could not be read that far
	Services    int    // of the generated document
	Diagnostics diag.List
}

// Validate prints the findings, or one line that says all is well.
func (p Printer) Validate(v Validation) {
	p.Diagnostics(v.Diagnostics)
	if v.Diagnostics.HasErrors() {
		return
	}
	p.line(p.Style.Green("valid"), ": ", termx.Plain(v.File), fmt.Sprintf(" (stack %s, %s)", termx.Plain(v.Stack), plural(v.Services, "service")))
}

// ValidateJSON prints {"version": 1, "valid": …, "file": …, "diagnostics": […]}.
func (p Printer) ValidateJSON(v Validation) error {
	return p.JSON(struct {
		Version     int              `json:"version"`
		Valid       bool             `json:"valid"`
		File        string           `json:"file"`
		Diagnostics []DiagnosticJSON `json:"diagnostics"`
	}{Version, !v.Diagnostics.HasErrors(), v.File, DiagnosticsOf(v.Diagnostics)})
}
