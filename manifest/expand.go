package manifest

import "github.com/devpm/devpm/diag"

// Expander expands strings against one environment.
type Expander struct{ env *Environment }

// NewExpander returns an expander over e.
func NewExpander(e *Environment) *Expander { return &Expander{env: e} }

// Expand expands one string that stands at a place and path.
func (x *Expander) Expand(text string, at diag.Range, path string, c *diag.Collector) (string, []Use) {
	return text, nil
}
