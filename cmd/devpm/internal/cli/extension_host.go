package cli

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/devpm/devpm/extensions"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/termx"
)

// extensionPrograms are the programs of extensions in one run of devpm. They
// all end with the run, however it ends.
type extensionPrograms struct {
	mu   sync.Mutex
	host *host.Host // nil until the first one starts
	// python is the interpreter of plugins; nil until one is needed. answers are
	// those of interpreters that packages may choose.
	python  *python.Interpreter
	answers map[string]pythonAnswer

	// shown is where what they write goes; nil while planning. step is the one
	// that goes on.
	shown *termx.Progress
	step  string
}

// extensionHost is the host of this run.
func (a *App) extensionHost() *host.Host {
	e := &a.programs
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.host == nil {
		e.host = host.New(host.Options{Self: a.Self, Log: a.extensionSaid, Progress: a.extensionProgress})
	}
	return e.host
}

// closeExtensions ends all programs of extensions. One that did not end as it
// should was made to; that is said to who wants to know.
func (a *App) closeExtensions() {
	e := &a.programs
	e.mu.Lock()
	running := e.host
	e.host = nil
	e.mu.Unlock()
	if running == nil {
		return
	}
	if err := running.Close(); err != nil && a.Verbosity > 0 {
		a.say(oneLine(err))
	}
}

// show makes what extensions write part of a run's output, under the name of
// the extension. The returned function ends that.
func (e *extensionPrograms) show(progress *termx.Progress) func() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shown = progress
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.shown = nil
	}
}

func (e *extensionPrograms) at(step string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.step = step
}

func (e *extensionPrograms) where() (*termx.Progress, string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shown, e.step
}

// extensionSaid shows a line of an extension's log: all but debugging while it
// does something, and while planning only what it finds wrong, unless -v asks
// for more.
func (a *App) extensionSaid(extension, level, message string) {
	shown, _ := a.programs.where()
	wanted := map[string]int{"debug": 2, "info": 1}[level]
	if shown != nil && level == "info" {
		wanted = 0
	}
	if a.Verbosity < wanted {
		return
	}
	switch {
	case shown != nil:
		shown.Line(extension, message)
	case a.LogFormat == LogJSON:
		a.log().Message(termx.Level(level), extension+": "+message)
	default:
		fmt.Fprintf(a.Streams.Err, "%s | %s\n", extension, message)
	}
}

// extensionProgress shows how far an extension is with what it does.
func (a *App) extensionProgress(extension, message string, percent *float64) {
	shown, step := a.programs.where()
	if shown == nil || step == "" {
		return
	}
	if percent != nil {
		message = fmt.Sprintf("%s %.0f%%", message, *percent)
	}
	shown.Update(step, extension+": "+message)
}

// startExtension starts the program of extensions, held in by the sandbox: while
// planning it can only read. While executing it writes in the project and in its
// own cache, starts programs, and has the network if profile says so.
func (a *App) startExtension(ctx context.Context, p *project, program host.Program, mode protocol.Mode, initialize protocol.Initialize, profile sandbox.Profile) (extensions.Session, error) {
	if mode == protocol.ModeExecute {
		profile.Spawn = true
		profile.Write = append(profile.Write, p.dir, followLinks(p.dir))
		if cache := extensionCache(a, p.home, program.Name); cache != "" {
			if err := makeCache(cache); err != nil {
				return nil, err
			}
			initialize.CacheDir = cache
			profile.Write = append(profile.Write, cache)
		}
	} else {
		profile = sandbox.Profile{AddressSpace: profile.AddressSpace}
	}
	program.Profile = profile
	program.Dir = cmp.Or(program.Dir, p.dir)
	session, err := a.extensionHost().Start(ctx, program, initialize)
	if err != nil {
		return nil, err
	}
	return session, nil
}
