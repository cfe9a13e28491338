package cli

import "github.com/devpm/devpm/diag"

// notApplied says what stays undone because this version reads past a setting: a
// user who switches must not find out by surprise.
func (p *project) notApplied(severity diag.Severity, at diag.Range, path, effect string) {
	p.findings.Add(diag.Diagnostic{
		Code: diag.NotAppliedYet, Severity: severity, Range: at, Path: path,
		Message: effect + ": this version does not apply it", Fix: "remove the setting, or keep it for a version that does",
	})
}
