package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
)

// runner starts every process of a run.
func (a *App) runner() execx.Runner { return execx.System{Now: a.Now} }

// connect reaches the engine that the user's docker CLI would use.
func (a *App) connect(ctx context.Context, patience time.Duration) (*engine.Engine, error) {
	return a.connectWith(ctx, engine.ConnectOptions{Patience: patience})
}

// connectWith is connect with other options; the clock is the run's.
func (a *App) connectWith(ctx context.Context, o engine.ConnectOptions) (*engine.Engine, error) {
	endpoint, err := engine.ResolveEndpoint(a.Environ)
	if err != nil {
		return nil, err
	}
	o.Clock = engine.SystemClock(a.Now)
	return engine.Connect(ctx, endpoint, o)
}

// locateCompose finds the user's Compose; which version it is is remembered in
// devpm's state directory.
func (a *App) locateCompose(ctx context.Context) (engine.Tool, error) {
	return engine.Locate(ctx, engine.LocateOptions{
		Runner: a.runner(), Env: a.Environ, CacheDir: filepath.Join(stateRoot(a, homeDir(a)), "compose"),
	})
}

// composeTool drives Compose for the project.
func (p *project) composeTool(app *App, tool engine.Tool, progress func(engine.Event)) *engine.Compose {
	return engine.NewCompose(engine.Options{
		Runner: app.runner(), Tool: tool, Env: app.Environ, Dir: p.dir, File: documentName, ProjectName: p.name, Progress: progress,
	})
}

// nameFile keeps the project's Compose name from its first `up` on.
const nameFile = "name"

// chooseName settles the Compose project name (design §7): the one kept from the
// first `up`, else Compose's default unless the engine has that project from
// another directory, or another directory has claimed the name. A nil link asks
// no engine.
func (p *project) chooseName(ctx context.Context, app *App, link *engineLink) {
	p.former = nil
	defer func() {
		if eng, _ := link.get(); eng != nil {
			p.leftBehind(ctx, eng)
		}
	}()
	if p.names.Project() != "" {
		p.prefixName(ctx, app, link)
		return
	}
	if p.name = p.keptName(); p.name != "" {
		return
	}
	var dirs []string
	if eng, _ := link.get(); eng != nil {
		// Not knowing is no reason to fail: up asks again before it starts anything.
		dirs, _ = eng.ProjectDirs(ctx, engine.DefaultName(p.dir))
	}
	if dir := p.claimedBy(app, engine.DefaultName(p.dir)); dir != "" {
		dirs = append(dirs, dir)
	}
	p.name = engine.ChooseName(p.dir, dirs)
	if d, other := engine.NameElsewhere(p.dir, p.name, dirs); other {
		p.findings.Add(d)
	}
}

// keptName is the name that the first `up` wrote, or "".
func (p *project) keptName() string {
	kept, err := os.ReadFile(filepath.Join(p.stateDir, nameFile))
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(kept))
}

// keepName claims the chosen name and writes it, so that it never changes by
// itself. A prefix is kept by the dotenv file that sets it.
func (p *project) keepName(ctx context.Context, app *App) error {
	if p.names.Project() != "" {
		return p.claimName(ctx, app, true)
	}
	path := filepath.Join(p.stateDir, nameFile)
	_, err := os.Stat(path)
	if err := p.claimName(ctx, app, err == nil); err != nil {
		return err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(p.stateDir, 0o700); err != nil {
		return err
	}
	return fsx.WriteFileAtomic(path, []byte(p.name+"\n"), 0o600)
}

// documentProjectName is the `name:` of the document: only a name that Compose
// would not choose itself is written.
func (p *project) documentProjectName() string {
	if p.name == engine.DefaultName(p.dir) && p.names.Project() == "" {
		return ""
	}
	return p.name
}

// observeEngine asks the engine what planning wants to know. A nil eng with a
// nil err means that it was not asked.
func (p *project) observeEngine(ctx context.Context, eng *engine.Engine, connectErr error, services []compose.Service) prepare.EngineState {
	if connectErr != nil {
		return unreachable(connectErr)
	}
	if eng == nil {
		return prepare.EngineState{}
	}
	snapshot, err := eng.Observe(ctx, engine.ObserveOptions{Project: p.name, Images: p.imageNames(services), Names: p.nameWishes(), Details: true})
	if err != nil {
		return unreachable(err)
	}
	p.stock.addDigests(snapshot)
	state := prepare.EngineState{Asked: true, Reachable: true, Version: snapshot.Version, Images: snapshot.Images, Digests: snapshot.Digests, Identities: snapshot.Identities, Holders: map[string]string{}}
	for _, c := range snapshot.Containers {
		state.Containers = append(state.Containers, prepare.Container{
			ID: c.ID, Name: c.Name, Service: c.Service, State: c.State, Health: c.Health, ExitCode: c.ExitCode,
			ConfigHash: c.ConfigHash, ImageID: c.ImageID, ImageIdentity: c.Identity, OneOff: c.OneOff, StartedAt: c.StartedAt, Settings: c.Settings,
		})
	}
	for key, holder := range engine.PortHolders(ctx, portWishes(services), snapshot, engine.PortsByReading) {
		state.Holders[key] = holder.String()
	}
	state.Taken = takenNames(snapshot.Holders)
	return state
}

// unreachable is an engine that could not be asked, with the reason.
func unreachable(err error) prepare.EngineState {
	state := prepare.EngineState{Asked: true, Problem: oneLine(err)}
	if d, ok := engine.ProblemOf(err); ok {
		state.Problem, state.Fix = d.Message, d.Fix
	}
	return state
}

func (p *project) imageNames(services []compose.Service) []string {
	var names []string
	for _, s := range services {
		if name := p.imageOf(s); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func portWishes(services []compose.Service) []engine.PortWish {
	var wishes []engine.PortWish
	for _, s := range services {
		for _, port := range s.Ports {
			wishes = append(wishes, engine.PortWish{HostIP: port.HostIP, Published: port.Published, Protocol: port.Protocol})
		}
	}
	return wishes
}
