package extensions

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
)

// HasPolicies reports whether anybody judges the document.
func (c *Collected) HasPolicies() bool { return c != nil && len(c.policies) > 0 }

// Judge shows the final document to every policy. at says where the value at a
// path of it is written. A policy that fails is an error: nobody has judged
// the document then.
func (c *Collected) Judge(ctx context.Context, document json.RawMessage, at func(path string) diag.Range, found *diag.Collector) {
	for _, p := range c.policies {
		list, err := p.session.Policy(ctx, p.Name, document)
		if err != nil {
			found.Add(findings(p.owner, err)...)
			continue
		}
		for _, f := range list {
			found.Add(objection(p, f, at))
		}
	}
}

func objection(p *registered, f protocol.Finding, at func(string) diag.Range) diag.Diagnostic {
	d := diag.Diagnostic{
		Code: diag.ExtensionPolicy, Path: f.Path, Range: at(f.Path),
		Message: fmt.Sprintf("%s (policy %s of the extension %s)", f.Message, p.Name, p.owner.Name),
		Fix:     f.Fix,
	}
	if f.Severity != "error" {
		d.Severity = diag.Warning
	}
	if d.Fix == "" {
		d.Fix = "change the value, or ask the authors of the extension what they want instead"
	}
	return d
}
