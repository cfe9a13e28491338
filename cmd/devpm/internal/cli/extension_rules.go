package cli

import (
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/settings"
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

// refuses reports whether the rules of this machine keep a program from being
// started, not even to be asked; why is added to c.
func (p *project) refuses(s *settings.Settings, program *extensions.Program, c *diag.Collector) bool {
	var found diag.Collector
	// What plugins can do is not known before they are asked.
	p.judgeExtensions(program.Extensions, &found)
	if program.Start != nil {
		s.CheckSandbox(program.Name, sandbox.Probe(), &found)
	}
	if !found.HasErrors() {
		return false // warnings are said when all is known
	}
	c.Add(found.List()...)
	return true
}
