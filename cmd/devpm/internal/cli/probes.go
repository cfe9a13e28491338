package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/internal/execx"
)

// probeLimit is how long one program may take to tell its version.
const probeLimit = 10 * time.Second

// The space that doctor wants on the project's disk, in bytes. Below least
// images and repositories do not fit; below enough they soon will not.
const (
	diskLeast  = 1 << 30
	diskEnough = 5 << 30
)

// hostProbes look at what is on this machine besides the engine.
func hostProbes(app *App) []probe {
	one := func(look func(context.Context) view.Check) probe {
		return func(ctx context.Context) []view.Check { return []view.Check{look(ctx)} }
	}
	return []probe{
		one(func(ctx context.Context) view.Check { return checkGit(ctx, app, execx.System{Now: app.Now}) }),
		one(func(context.Context) view.Check { return checkPython(app) }),
		one(func(context.Context) view.Check {
			free, err := freeSpace(app.Dir)
			return checkDisk(app.Dir, free, err)
		}),
	}
}

// ask runs a program and returns the first line that it prints.
func ask(ctx context.Context, app *App, r execx.Runner, argv ...string) (string, error) {
	var out bytes.Buffer
	res, err := r.Run(ctx, execx.Command{Argv: argv, Env: app.Environ, Stdout: &out, Timeout: probeLimit, Grace: time.Second, Tail: 3})
	switch {
	case err != nil:
		return "", err
	case res.TimedOut:
		return "", fmt.Errorf("%s did not answer within %s", argv[0], probeLimit)
	case res.ExitCode != 0:
		return "", fmt.Errorf("%s ended with status %d: %s", argv[0], res.ExitCode, strings.Join(res.Tail, " "))
	}
	line, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	return line, nil
}

func checkGit(ctx context.Context, app *App, r execx.Runner) view.Check {
	version, err := ask(ctx, app, r, "git", "--version")
	if err != nil {
		return view.Check{Name: "git", Status: view.CheckFail, Detail: oneLine(err), Fix: "install git and make sure that it is in PATH"}
	}
	return view.Check{Name: "git", Status: view.CheckOK, Detail: strings.TrimPrefix(version, "git version ")}
}

// checkPython looks for the Python of extensions (design §7, Extensions).
// Without one everything else works. It starts nothing: a virtual environment
// may well have come with the project.
func checkPython(app *App) view.Check {
	found, fault := python.Find(app.Lookup, app.Dir)
	if fault != nil {
		return view.Check{Name: "Python", Status: view.CheckWarn, Detail: fault.Message, Fix: fault.Fix}
	}
	return view.Check{Name: "Python", Status: view.CheckOK, Detail: fmt.Sprintf("%s (from %s)", found, found.From)}
}

// checkDisk judges the free bytes of the disk that dir is on.
func checkDisk(dir string, free uint64, err error) view.Check {
	c := view.Check{Name: "disk", Status: view.CheckOK, Detail: fmt.Sprintf("%.1f GiB free in %s", float64(free)/(1<<30), dir)}
	const fix = "delete what you do not need; `docker system df` shows what images and volumes take"
	switch {
	case err != nil:
		c.Status, c.Detail, c.Fix = view.CheckWarn, "the free space cannot be told: "+cause(err), "check the disk that the project is on"
	case free < diskLeast:
		c.Status, c.Fix = view.CheckFail, fix
	case free < diskEnough:
		c.Status, c.Fix = view.CheckWarn, fix
	}
	return c
}
