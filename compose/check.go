package compose

import "github.com/devpm/devpm/diag"

// Check judges the finished document.
func (m *Model) Check(c *diag.Collector) {}
