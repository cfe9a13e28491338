package cli

import (
	"context"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
)

// gitEffects is git as a run uses it.
type gitEffects struct{}

func (p *project) gitEffects(app *App, update bool, progress *termx.Progress) apply.Git {
	return gitEffects{}
}

func (gitEffects) Materialize(ctx context.Context, repos []prepare.Repository) (diag.List, error) {
	return nil, nil
}
