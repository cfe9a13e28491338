package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

// atOnce is how many files are written at the same time: most of the time goes
// into waiting for the disk.
const atOnce = 8

func (r *run) writeFiles(ctx context.Context, files []prepare.WriteFile) error {
	errs := make([]error, len(files))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, f := range files {
		g.Go(func() error {
			if ctx.Err() != nil {
				return nil // said once, below
			}
			r.note("write " + f.Path)
			errs[i] = pathError(f.Path, r.Effects.Files.WriteFile(f.Path, f.Content, f.Mode))
			return nil
		})
	}
	_ = g.Wait() // errors are in errs, by file
	if err := joinPaths(errs); err != nil {
		return err
	}
	return ctx.Err()
}

func (r *run) materialize(ctx context.Context, actions []prepare.Materialize) error {
	repos := make([]prepare.Repository, len(actions))
	names := make([]string, len(actions))
	for i, a := range actions {
		repos[i], names[i] = a.Repository, a.Repository.Name
	}
	r.note("materialize " + strings.Join(names, ", "))
	found, err := r.Effects.Git.Materialize(ctx, repos)
	r.result.Warnings = append(r.result.Warnings, found...)
	return err
}

// action carries out one action that runs by itself.
func (r *run) action(ctx context.Context, action prepare.Action) error {
	files, engine := r.Effects.Files, r.Effects.Engine
	switch a := action.(type) {
	case prepare.RemoveFile:
		r.note("remove " + a.Path)
		return pathError(a.Path, files.RemoveFile(a.Path))
	case prepare.MakeDirectory:
		r.note("make directory " + a.Path)
		return pathError(a.Path, files.MakeDirectory(a.Path, a.Mode))
	case prepare.MakeLink:
		r.note("link " + a.Path)
		return pathError(a.Path, files.MakeLink(a.Path, a.Target))
	case prepare.WriteManifest:
		r.note("write the manifest")
		return r.Effects.Manifest(a.Content)
	case prepare.FetchSecrets:
		r.note("fetch secrets")
		content, err := r.Effects.Secrets.Fetch(ctx)
		if err != nil {
			return err
		}
		return pathError(prepare.SecretsPath, files.WriteFile(prepare.SecretsPath, content, 0o600))
	case prepare.RunHooks:
		r.note("hooks " + a.Phase)
		return r.Effects.Hooks.Run(ctx, a.Phase, a.Entries)
	case prepare.ExecuteStep:
		r.note("step " + a.ID + " of the extension " + a.Extension)
		return r.Effects.Extensions.Execute(ctx, a.Extension, a.ID)
	case prepare.CheckEngine:
		r.note("check engine")
		return engine.Check(ctx)
	case prepare.ValidateDocument:
		r.note("validate " + a.Path)
		if err := engine.Validate(ctx, a.Path); err != nil {
			return err
		}
		return r.keep(prepare.VerdictPath, prepare.Verdict{DocumentHash: a.Hash})
	case prepare.BuildImages:
		r.note("build " + strings.Join(a.Services, ", "))
		if err := engine.Build(ctx, a); err != nil {
			return err
		}
		r.result.Record = r.result.Record.AfterBuild(a)
		return r.keep(prepare.RecordPath, r.result.Record)
	case prepare.BakeImage:
		r.note("build " + a.Image.Tag)
		return engine.Bake(ctx, a.Image)
	case prepare.PushImage:
		r.note("push " + a.Tag)
		return engine.Push(ctx, a.Tag)
	case prepare.LoadImages:
		r.note("load images")
		return engine.Load(ctx, a.Images)
	case prepare.LoadWheels:
		r.note("bring Python packages")
		return engine.LoadWheels(ctx, a.Wheels)
	case prepare.AdoptImages:
		r.result.Record = r.result.Record.AfterBuild(prepare.BuildImages{Identities: a.Identities})
		return r.keep(prepare.RecordPath, r.result.Record)
	case prepare.StartServices:
		r.note("start")
		return r.start(ctx, a)
	case prepare.Refuse:
		return &diag.Failure{List: a.Diagnostics.Sorted()}
	default:
		return fmt.Errorf("no effect for the action %T", action)
	}
}

// start starts the services and records what runs then. A start that cannot be
// looked at afterwards is a success all the same: without a record the next
// plan only does more than needed.
func (r *run) start(ctx context.Context, a prepare.StartServices) error {
	if err := r.Effects.Engine.Start(ctx, a); err != nil {
		return err
	}
	state, err := r.Effects.Engine.Look(ctx)
	if err != nil || !state.Reachable {
		return nil
	}
	r.result.Record = r.result.Record.AfterStart(a, state)
	r.result.Applied = r.result.Applied.AfterStart(a, state)
	if err := r.keep(prepare.AppliedPath, r.result.Applied); err != nil {
		return err
	}
	return r.keep(prepare.RecordPath, r.result.Record)
}

// keep writes one of devpm's own files, for the user alone: what a service was
// started from may hold passwords.
func (r *run) keep(name string, content any) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return pathError(name, r.Effects.Files.WriteFile(name, append(text, '\n'), 0o600))
}

func (r *run) note(action string) { r.Journal.note(entry{Event: "action", Action: action}, false) }
