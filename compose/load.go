package compose

import (
	"context"

	"github.com/devpm/devpm/diag"
)

// LoadCheck runs Compose's own loader over a document.
func LoadCheck(ctx context.Context, yaml []byte, workingDir string, m *Model, c *diag.Collector) {}
