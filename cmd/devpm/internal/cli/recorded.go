package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/undo"
)

// recorded makes effects note in the ledger what they are about to make.
func (p *project) recorded(app *App, ledger *undo.Ledger, effects apply.Effects, link *engineLink) apply.Effects {
	look := &git.Client{Runner: app.runner(), Env: app.Environ}
	out := effects // the secrets provider makes nothing but its file
	out.Files, out.Hooks, out.Extensions = ledger.Files(effects.Files), ledger.Hooks(effects.Hooks), ledger.Extensions(effects.Extensions)
	out.Git = recordedGit{effects.Git, ledger, look}
	out.Engine = &recordedEngine{Engine: effects.Engine, ledger: ledger, project: p, link: link}
	out.Manifest = func(content []byte) error {
		if err := ledger.Manifest(p.first.name, content); err != nil {
			return err
		}
		return effects.Manifest(content)
	}
	return out
}

type recordedGit struct {
	apply.Git
	ledger *undo.Ledger
	look   *git.Client
}

// Materialize implements apply.Git.
func (g recordedGit) Materialize(ctx context.Context, repos []prepare.Repository) (diag.List, error) {
	before := map[string]string{} // directory → commit, "" for a clone
	for _, r := range repos {
		if r.Local || before[r.Dir] != "" {
			continue
		}
		cloned, err := g.ledger.Clone(r.Dir)
		if err != nil {
			return nil, err
		}
		if head := g.look.State(ctx, r).Head; cloned || head != "" {
			before[r.Dir] = head
		}
	}
	list, err := g.Git.Materialize(ctx, repos)
	for _, r := range repos {
		old, known := before[r.Dir]
		if !known {
			continue
		}
		delete(before, r.Dir)
		now := g.look.State(context.WithoutCancel(ctx), r).Head
		var noted error
		_, absent := os.Lstat(r.Dir)
		switch {
		case old == "" && errors.Is(absent, fs.ErrNotExist):
			noted = g.ledger.NotCloned(r.Dir)
		case now == "" || now == old:
		case old == "":
			noted = g.ledger.Cloned(r.Dir, now)
		default:
			noted = g.ledger.Moved(r.Dir, old, now)
		}
		if err == nil {
			err = noted
		}
	}
	return list, err
}

type recordedEngine struct {
	apply.Engine
	ledger  *undo.Ledger
	project *project
	link    *engineLink
}

// Build implements apply.Engine.
func (e *recordedEngine) Build(ctx context.Context, build prepare.BuildImages) error {
	for _, s := range e.project.services() {
		if slices.Contains(build.Services, s.Name) {
			if err := e.noteImage(ctx, e.project.imageOf(s)); err != nil {
				return err
			}
		}
	}
	return e.Engine.Build(ctx, build)
}

// noteImage notes what an image's name means before it is built. One of which
// nothing can be known stays when the run is undone.
func (e *recordedEngine) noteImage(ctx context.Context, tag string) error {
	eng, _ := e.link.get()
	if eng == nil {
		return nil
	}
	id, err := eng.ImageID(ctx, tag)
	if err != nil {
		return nil
	}
	return e.ledger.Image(tag, id)
}

// Start implements apply.Engine.
func (e *recordedEngine) Start(ctx context.Context, start prepare.StartServices) error {
	var had *undo.Resources
	if eng, _ := e.link.get(); eng != nil {
		// An engine that does not say what it has is noted as unseen.
		if found, err := (undoEngine{eng}).Resources(ctx, e.project.name); err == nil {
			had = &found
		}
	}
	if err := e.ledger.Start(e.project.name, had); err != nil {
		return err
	}
	return e.Engine.Start(ctx, start)
}
