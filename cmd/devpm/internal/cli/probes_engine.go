package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose/engine"
)

// engineProbes look at the engine and at Compose.
func engineProbes(app *App) []probe {
	return []probe{
		func(ctx context.Context) []view.Check { return checkEngine(ctx, app) },
		func(ctx context.Context) []view.Check {
			tool, err := app.locateCompose(ctx)
			if err != nil {
				return []view.Check{problem("compose", err)}
			}
			return []view.Check{{Name: "compose", Status: view.CheckOK, Detail: fmt.Sprintf("%s, version %s", strings.Join(tool.Argv, " "), tool.Version)}}
		},
	}
}

func checkEngine(ctx context.Context, app *App) []view.Check {
	eng, err := app.connect(ctx, patienceToRun)
	if err != nil {
		return []view.Check{problem("engine", err)}
	}
	defer eng.Close()
	info, err := eng.Info(ctx)
	if err != nil {
		return []view.Check{problem("engine", err)}
	}
	checks := []view.Check{{
		Name: "engine", Status: view.CheckOK,
		Detail: fmt.Sprintf("version %s at %s, %d CPUs, %d MiB memory, %d of %d containers running", info.Version, eng.Endpoint.Host, info.CPUs, info.MemoryBytes>>20, info.Running, info.Containers),
	}}
	if d, low := engine.DiskLow(info); low {
		checks = append(checks, view.Check{Name: "engine disk", Status: view.CheckWarn, Detail: d.Message, Fix: d.Fix})
	}
	return checks
}

// problem is a check that failed with a diagnostic.
func problem(name string, err error) view.Check {
	check := view.Check{Name: name, Status: view.CheckFail, Detail: oneLine(err), Fix: "see `docker info`"}
	if d, ok := engine.ProblemOf(err); ok {
		check.Detail, check.Fix = d.Message, d.Fix
	}
	return check
}

// portProbes look at the host ports that the project wants. Outside a project,
// or with one that has faults, there is nothing to look at.
func portProbes(app *App) []probe {
	return []probe{func(ctx context.Context) []view.Check {
		link := app.dial(ctx, patienceToLook)
		defer link.close()
		p, err := app.open(ctx, link, nil)
		if err != nil {
			return nil
		}
		wishes := portWishes(p.services())
		snapshot := engine.Snapshot{}
		if eng, err := link.get(); err == nil {
			if snapshot, err = eng.Observe(ctx, engine.ObserveOptions{Project: p.name}); err != nil {
				return nil
			}
		}
		holders := engine.PortHolders(ctx, wishes, snapshot, engine.PortsByListening)
		var held []string
		for key, holder := range holders {
			held = append(held, fmt.Sprintf("%s is held by %s", key, holder))
		}
		slices.Sort(held)
		switch {
		case len(wishes) == 0:
			return nil
		case len(held) > 0:
			return []view.Check{{
				Name: "ports", Status: view.CheckFail, Detail: strings.Join(held, "; "),
				Fix: "stop what holds them, or publish other ports in odpm.json or .env",
			}}
		}
		return []view.Check{{Name: "ports", Status: view.CheckOK, Detail: "all that the project publishes are free or its own"}}
	}}
}
