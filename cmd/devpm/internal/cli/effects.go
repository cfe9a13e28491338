package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/hooks"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/apply"
)

// engineEffects is the engine with Compose, as a run uses it. Compose is looked
// for only when something is to be done with it.
type engineEffects struct {
	project  *project
	app      *App
	link     *engineLink
	up       upOptions
	progress *termx.Progress
	step     string // whose progress Compose's is; "" is compose.up

	located *engine.Compose
}

var _ apply.Engine = (*engineEffects)(nil)

// compose locates the user's Compose once.
func (e *engineEffects) compose(ctx context.Context) (*engine.Compose, error) {
	if e.located != nil {
		return e.located, nil
	}
	tool, err := e.app.locateCompose(ctx)
	if err != nil {
		return nil, err
	}
	e.located = e.project.composeTool(e.app, tool, showCompose(e.progress, cmp.Or(e.step, "compose.up")))
	return e.located, nil
}

// preflight finds what would make the run fail half way, before it begins: the
// engine, Compose, ports that others hold (design §4).
func (e *engineEffects) preflight(ctx context.Context, plan *prepare.Plan) error {
	starts := false
	for _, s := range plan.Steps {
		for _, a := range s.Actions {
			switch a.(type) {
			case prepare.StartServices, prepare.BuildImages, prepare.BakeImage:
				starts = starts || s.Works()
			}
		}
	}
	if !starts {
		return nil
	}
	if err := e.Check(ctx); err != nil {
		return err
	}
	if _, err := e.compose(ctx); err != nil {
		return err
	}
	e.checkDisk(ctx)
	if len(e.project.former) > 0 {
		return e.project.former.Err() // they hold the ports as well: one thing to do, said once
	}
	return e.checkPorts(ctx, plan)
}

// checkDisk warns when the engine's disk is nearly full.
func (e *engineEffects) checkDisk(ctx context.Context) {
	eng, _ := e.link.get()
	if eng == nil {
		return
	}
	if info, err := eng.Info(ctx); err == nil {
		if d, low := engine.DiskLow(info); low {
			e.project.findings.Add(d)
		}
	}
}

// settlePorts is how long preflight waits for a port that the engine itself
// holds for a container that it is still starting or removing, as after a run
// that was killed.
const settlePorts = 5 * time.Second

// checkPorts refuses host ports that somebody else holds, all at once.
func (e *engineEffects) checkPorts(ctx context.Context, plan *prepare.Plan) error {
	eng, _ := e.link.get()
	if eng == nil {
		return nil
	}
	var services []compose.Service
	for _, s := range e.project.services() {
		if startsService(plan, s.Name) {
			services = append(services, s)
		}
	}
	_, holders, err := e.settledHolders(ctx, eng, portWishes(services))
	if err != nil {
		return err
	}
	return portsTaken(services, holders).Err()
}

// settledHolders says who holds ports once the engine has finished what it is
// about, and what the engine said then.
func (e *engineEffects) settledHolders(ctx context.Context, eng *engine.Engine, wishes []engine.PortWish) (engine.Snapshot, map[string]engine.Holder, error) {
	clock := engine.SystemClock(e.app.Now)
	for deadline := clock.Now().Add(settlePorts); ; {
		snapshot, err := eng.Observe(ctx, engine.ObserveOptions{Project: e.project.name})
		if err != nil {
			return snapshot, nil, err
		}
		holders := engine.PortHolders(ctx, wishes, snapshot, engine.PortsByListening)
		if !heldByEngine(holders) || clock.Now().After(deadline) {
			return snapshot, holders, nil
		}
		if err := clock.Sleep(ctx, 200*time.Millisecond); err != nil {
			return snapshot, nil, err
		}
	}
}

// heldByEngine reports whether the engine's own proxy holds a port for a
// container that it does not list as running.
func heldByEngine(holders map[string]engine.Holder) bool {
	for _, h := range holders {
		if h.Container == "" && h.Process == "docker-proxy" {
			return true
		}
	}
	return false
}

func portsTaken(services []compose.Service, holders map[string]engine.Holder) (list diag.List) {
	for _, s := range services {
		for _, port := range s.Ports {
			wish := engine.PortWish{HostIP: port.HostIP, Published: port.Published, Protocol: port.Protocol}
			if holder, held := holders[wish.Key()]; held {
				list = append(list, engine.PortTaken(wish, holder, port.Range, port.Path))
			}
		}
	}
	return list
}

// startsService reports whether the plan's compose.up starts a service.
func startsService(plan *prepare.Plan, name string) bool {
	step := plan.Step("compose.up")
	if step == nil {
		return false
	}
	for _, a := range step.Actions {
		if start, ok := a.(prepare.StartServices); ok {
			return slices.ContainsFunc(start.Wanted, func(s prepare.Service) bool { return s.Name == name })
		}
	}
	return false
}

// Check implements apply.Engine. An engine over ssh cannot be asked and is
// Compose's to reach.
func (e *engineEffects) Check(context.Context) error {
	_, err := e.link.get()
	if d, ok := engine.ProblemOf(err); ok && d.Code == diag.EngineUnobserved {
		return nil
	}
	return err
}

// Validate implements apply.Engine.
func (e *engineEffects) Validate(ctx context.Context, _ string) error {
	var c diag.Collector
	compose.LoadCheck(ctx, e.project.model.YAML(), e.project.dir, e.project.model, &c)
	return c.Err()
}

// Build implements apply.Engine.
func (e *engineEffects) Build(ctx context.Context, build prepare.BuildImages) error {
	c, err := e.compose(ctx)
	if err != nil {
		return err
	}
	return commandFailed(c.Build(ctx, build.Services, build.Identities))
}

// Start implements apply.Engine: up, then waiting until every service is ready.
func (e *engineEffects) Start(ctx context.Context, start prepare.StartServices) error {
	if err := e.project.stillTrusted(e.app); err != nil {
		return err
	}
	c, err := e.compose(ctx)
	if err != nil {
		return err
	}
	eng, _ := e.link.get()
	if err := e.pullLocked(ctx, c, start); err != nil {
		return err
	}
	o := engine.UpOptions{Services: start.Services, Profiles: e.up.Profiles, Build: engine.BuildNever, ForceRecreate: start.ForceRecreate, Pull: e.app.pull()}
	if eng == nil && !e.up.NoWait {
		o.Wait = e.up.WaitTimeout
	}
	if len(start.Recreate) > 0 && !start.ForceRecreate {
		replace := o
		replace.Services, replace.ForceRecreate = start.Recreate, true
		if err := c.Up(ctx, replace); err != nil {
			return commandFailed(err)
		}
	}
	var names []string
	for _, s := range start.Wanted {
		names = append(names, s.Name)
	}
	if err := c.Up(ctx, o); err != nil {
		return e.upFailed(ctx, eng, names, err)
	}
	if eng == nil || e.up.NoWait {
		return nil
	}
	result, err := eng.Wait(ctx, engine.WaitOptions{
		Project: e.project.name, Services: names, Timeout: e.up.WaitTimeout,
		Changed: func(s engine.ServiceState) {
			text := fmt.Sprintf("%s is %s", s.Service, s.Phase)
			if s.Reason != "" {
				text += ": " + s.Reason
			}
			e.progress.Update("compose.up", text)
		},
	})
	return e.notReady(result, err)
}

// Look implements apply.Engine.
func (e *engineEffects) Look(ctx context.Context) (prepare.EngineState, error) {
	eng, err := e.link.get()
	return e.project.observeEngine(ctx, eng, err, e.project.services()), nil
}

// commandFailed keeps the last lines of a Compose command that failed.
func commandFailed(err error) error {
	if command, ok := errors.AsType[*engine.CommandError](err); ok {
		return &apply.Failed{Err: err, Tail: command.Lines, ExitCode: command.ExitCode}
	}
	return err
}

// upFailed looks for the services that made Compose's own `up` fail, as one
// does that others wait for: Compose names it and does not say why.
func (e *engineEffects) upFailed(ctx context.Context, eng *engine.Engine, services []string, err error) error {
	failed := commandFailed(err)
	if d, ok := engine.ProblemOf(err); !ok || d.Code != diag.ServiceDependencyFailed || eng == nil {
		return failed
	}
	result, waitErr := eng.Wait(ctx, engine.WaitOptions{Project: e.project.name, Services: services, Timeout: time.Nanosecond})
	result.Services = slices.DeleteFunc(result.Services, func(s engine.ServiceState) bool { return s.Phase != engine.Broken })
	var failure *diag.Failure
	if !errors.As(waitErr, &failure) {
		return failed
	}
	list := slices.DeleteFunc(slices.Clone(failure.List), func(d diag.Diagnostic) bool {
		return !slices.ContainsFunc(result.Services, func(s engine.ServiceState) bool { return d.Path == "services."+s.Service })
	})
	if len(list) == 0 {
		return failed
	}
	return e.notReady(result, list.Err())
}

// notReady places services that are not ready in the manifest, and keeps the
// last lines of their logs.
func (e *engineEffects) notReady(result engine.WaitResult, err error) error {
	var failure *diag.Failure
	if !errors.As(err, &failure) {
		return err
	}
	list := slices.Clone(failure.List)
	written := e.project.written()
	for i, d := range list {
		if name, ok := strings.CutPrefix(d.Path, "services."); ok && d.Range == (diag.Range{}) {
			list[i].Range = written[name]
		}
	}
	var tail []string
	for _, s := range result.Services {
		for _, line := range s.Logs {
			tail = append(tail, s.Service+" | "+line)
		}
	}
	return &apply.Failed{Err: list.Err(), Tail: tail}
}

// hooks runs the project's hooks; their output goes through the progress area.
func (p *project) hooks(app *App, effects *engineEffects, progress *termx.Progress) *hooks.Runner {
	return &hooks.Runner{
		Exec: app.runner(), Dir: p.dir, Environment: p.env, Tokens: p.runTokens(), Variables: app.offlineVariables(p.sourceVariables()), Findings: p.findings,
		Plugin: p.hook(app, progress),
		Line:   progress.Line, Mask: app.masking.text,
		Service: func(ctx context.Context, service string, argv []string, timeout time.Duration, line func(string)) (execx.Result, error) {
			c, err := effects.compose(ctx)
			if err != nil {
				return execx.Result{}, err
			}
			out := execx.Lines(line)
			defer out.Flush()
			return app.runner().Run(ctx, execx.Command{
				Argv: c.ExecCommand(p.physical([]string{service})[0], argv, engine.ExecOptions{NoTTY: true}), Dir: p.dir, Env: app.Environ,
				Stdout: out, Stderr: out, Timeout: timeout, Tail: 20,
			})
		},
	}
}
