package cli

import (
	"context"
	"fmt"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/git"
)

// gitEffects is git as a run uses it.
type gitEffects struct {
	client   *git.Client
	options  git.Options
	progress *termx.Progress
}

var _ apply.Git = gitEffects{}

func (p *project) gitEffects(app *App, update bool, progress *termx.Progress) apply.Git {
	return gitEffects{
		client:   &git.Client{Runner: app.runner(), Env: app.Environ, Terminal: termx.IsTerminal(app.Streams.In) && termx.IsTerminal(app.Streams.Err)},
		options:  git.Options{Update: update},
		progress: progress,
	}
}

// Materialize implements apply.Git.
func (g gitEffects) Materialize(ctx context.Context, repos []prepare.Repository) (diag.List, error) {
	results := g.client.Materialize(ctx, repos, g.options, func(e git.Event) {
		text := e.Repository + ": " + e.Phase
		if e.Detail != "" {
			text += ", " + e.Detail
		}
		if e.Percent >= 0 {
			text += fmt.Sprintf(" %d%%", e.Percent)
		}
		g.progress.Update("git.materialize", text)
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list := git.Diagnostics(results)
	return list, list.Err()
}
