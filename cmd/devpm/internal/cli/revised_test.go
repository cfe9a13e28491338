package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

// TestWhatIsJudgedAnewIsSaidOnce: a port that was leased before dependencies
// were known, and another one after, is one message: the later.
func TestWhatIsJudgedAnewIsSaidOnce(t *testing.T) {
	at := func(line int) diag.Range {
		return diag.Range{File: "odpm.json", Start: diag.Position{Line: line, Column: 1}}
	}
	lease := func(line int, text string) diag.Diagnostic {
		return diag.Diagnostic{Code: diag.PortLeased, Severity: diag.Notice, Range: at(line), Path: "services.web.ports[0]", Message: text}
	}
	other := diag.Diagnostic{Code: diag.ModulesMissing, Severity: diag.Warning, Message: "before the repositories came"}
	again := other
	again.Message = "of something else"
	got := revised(diag.List{lease(1, "8070 is leased"), lease(2, "9000 is leased"), other}, diag.List{lease(1, "8071 is leased"), again})
	if d := cmp.Diff(diag.List{lease(2, "9000 is leased"), other, lease(1, "8071 is leased"), again}, got); d != "" {
		t.Error(d)
	}
}
