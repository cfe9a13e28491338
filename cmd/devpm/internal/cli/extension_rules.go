package cli

import (
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions"
)

// judgeExtensions holds extensions to the rules of the user, once what they can
// do is known.
func (p *project) judgeExtensions(infos []*extensions.Info, c *diag.Collector) {
	if p.policy == nil {
		return
	}
	for _, i := range infos {
		if i.Left != "" {
			continue
		}
		var can []string
		for _, capability := range i.Capabilities {
			can = append(can, string(capability))
		}
		if i.Network {
			can = append(can, "network")
		}
		p.policy.CheckExtension(i.Name, can, i.Range, c)
	}
}
