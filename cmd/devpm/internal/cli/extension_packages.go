package cli

import (
	"github.com/devpm/devpm/diag"
)

// findPackages finds the packages that the manifest requires.
func (p *project) findPackages(_ *App, f *foundExtensions, c *diag.Collector) error {
	if require := p.manifest.Extensions.Get("require"); require != nil && len(require.Members) > 0 {
		c.Add(diag.Diagnostic{
			Code: diag.NotAppliedYet, Severity: diag.Warning, Range: require.Range, Path: "extensions.require",
			Message: "extensions are not loaded: this version does not apply it", Fix: "remove the setting, or keep it for a version that does",
		})
	}
	return nil
}
