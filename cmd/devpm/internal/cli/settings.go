package cli

import (
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
)

// notApplied says what stays undone because this version reads past a setting: a
// user who switches must not find out by surprise.
func (p *project) notApplied(severity diag.Severity, at diag.Range, path, effect string) {
	p.findings.Add(diag.Diagnostic{
		Code: diag.NotAppliedYet, Severity: severity, Range: at, Path: path,
		Message: effect + ": this version does not apply it", Fix: "remove the setting, or keep it for a version that does",
	})
}

// warnNotApplied warns about what the project asks for and this version does
// not do.
func (p *project) warnNotApplied() {
	warn := func(at diag.Range, path, effect string) { p.notApplied(diag.Warning, at, path, effect) }
	if p.manifest == nil {
		return
	}
	if local := p.manifest.Extensions.Get("local"); p.manifest.Extended && (local != nil || len(p.plugins) > 0) {
		at := diag.Range{File: ".odpm/plugins"}
		if local != nil {
			at = local.Range
		}
		names := make([]string, len(p.plugins))
		for i, path := range p.plugins {
			names[i] = filepath.Base(path)
		}
		warn(at, "extensions.local", strings.TrimSpace("plugins are not loaded "+strings.Join(names, ", ")))
	}
	if require := p.manifest.Extensions.Get("require"); require != nil && len(require.Members) > 0 {
		warn(require.Range, "extensions.require", "extensions are not loaded")
	}
}
