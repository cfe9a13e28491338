package cli

import (
	"context"
	"fmt"
	"path/filepath"

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
	fetched  map[string]bool // working trees that this run has been at
	stock    *vendorStock    // with --offline
	progress *termx.Progress
}

var _ apply.Git = gitEffects{}

func (p *project) gitEffects(app *App, update bool, fetched map[string]bool, progress *termx.Progress) apply.Git {
	client := p.gitClient(app)
	client.Terminal = termx.IsTerminal(app.Streams.In) && termx.IsTerminal(app.Streams.Err)
	return gitEffects{
		client:   client,
		options:  git.Options{Update: update},
		fetched:  fetched,
		stock:    p.stock,
		progress: progress,
	}
}

// gitClient is git on this machine, with --offline from the vendor directory.
func (p *project) gitClient(app *App) *git.Client {
	return &git.Client{
		Runner: app.runner(), Env: app.Environ, Store: gitStore(app, p.home),
		Offline: app.Offline, Mirrors: p.stock.mirrors(),
	}
}

// gitStore is the directory of the objects that all projects share; "" without
// a home directory. It may be deleted at any time (ADR 12).
func gitStore(app *App, home string) string {
	if dir, ok := app.Lookup("XDG_CACHE_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "devpm", "git")
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".cache", "devpm", "git")
}

// Materialize implements apply.Git.
func (g gitEffects) Materialize(ctx context.Context, repos []prepare.Repository) (diag.List, error) {
	step := "git.materialize"
	if len(repos) > 0 && repos[0].Role == prepare.RoleSource {
		step = "sources.materialize"
	}
	if err := g.stock.checkMirrors(repos).Err(); err != nil {
		return nil, err
	}
	results := g.client.Materialize(ctx, repos, g.options, func(e git.Event) {
		text := e.Repository + ": " + e.Phase
		if e.Detail != "" {
			text += ", " + e.Detail
		}
		if e.Percent >= 0 {
			text += fmt.Sprintf(" %d%%", e.Percent)
		}
		g.progress.Update(step, text)
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if g.fetched != nil { // init clones without a plan that would want to know
		for _, r := range results {
			g.fetched[r.Repository.Dir] = true
		}
	}
	list := git.Diagnostics(results)
	return list, list.Err()
}
