package policy

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
)

// CheckExtension judges what an extension can do: capabilities of the protocol,
// such as "compose.fragment/1", which a pattern may name without the version,
// and "network". at is where the project names the extension.
func (p *Policy) CheckExtension(extension string, capabilities []string, at diag.Range, c *diag.Collector) {
	j := &judge{policy: p, c: c}
	for _, capability := range capabilities {
		name, _, _ := strings.Cut(capability, "/")
		v, rule := p.ExtensionCapabilities.judge(func(pattern string, _ Verdict) bool {
			return glob(pattern, capability) || glob(pattern, name)
		})
		what := fmt.Sprintf("%s of the extension %s", capability, extension)
		j.report(v, diag.ExtensionDenied, at, "", what, "extension_capabilities "+rule, compose.Origin{})
	}
}
