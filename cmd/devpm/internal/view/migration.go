package view

import "github.com/devpm/devpm/diag"

// Migration is the result of `devpm manifest migrate`.
type Migration struct {
	File        string
	Written     bool
	Diff        string // unified
	Diagnostics diag.List
}

// Migration prints the diff alone, so that it can be applied.
func (p Printer) Migration(m Migration) { p.unified(m.Diff) }

// MigrationJSON prints {"version": 1, "file": …, "written": …, "diff": …, "diagnostics": […]}.
func (p Printer) MigrationJSON(m Migration) error {
	return p.JSON(struct {
		Version     int              `json:"version"`
		File        string           `json:"file"`
		Written     bool             `json:"written"`
		Diff        string           `json:"diff"`
		Diagnostics []DiagnosticJSON `json:"diagnostics"`
	}{Version, m.File, m.Written, m.Diff, DiagnosticsOf(m.Diagnostics)})
}
