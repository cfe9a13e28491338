package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare"
)

// engineLink is a connection to the engine that is being made while the
// manifest is read.
type engineLink struct {
	done chan struct{}
	eng  *engine.Engine
	err  error
}

// How long an engine may take to answer. A plan is a look that many things
// wait for; a run can wait for an engine that is waking up.
const (
	patienceToLook = time.Second
	patienceToRun  = 10 * time.Second
)

// dial starts connecting. The caller closes the link.
func (a *App) dial(ctx context.Context, patience time.Duration) *engineLink {
	return a.dialWith(ctx, engine.ConnectOptions{Patience: patience})
}

func (a *App) dialWith(ctx context.Context, o engine.ConnectOptions) *engineLink {
	l := &engineLink{done: make(chan struct{})}
	go func() {
		defer close(l.done)
		l.eng, l.err = a.connectWith(ctx, o)
	}()
	return l
}

// get waits for the connection. A nil link was never dialled.
func (l *engineLink) get() (*engine.Engine, error) {
	if l == nil {
		return nil, nil
	}
	<-l.done
	return l.eng, l.err
}

func (l *engineLink) close() {
	if eng, _ := l.get(); eng != nil {
		eng.Close()
	}
}

// open reads the project and builds its document: what every command that looks
// at a project starts with. args are for odoo-bin.
func (a *App) open(ctx context.Context, link *engineLink, args []string) (*project, error) {
	go compose.Warm()
	p, err := readProject(a, "", "")
	if err != nil {
		return nil, err
	}
	if err := p.build(ctx, a, link, args); err != nil {
		return p, err
	}
	return p, p.trustAhead(ctx, a, link, args)
}

// build names the project and makes its document. It does so for a manifest
// with faults too, so that those of the document are told in the same run. All
// end in findings; the error is theirs.
func (p *project) build(ctx context.Context, app *App, link *engineLink, args []string) error {
	if p.manifest == nil {
		return p.findings.Err()
	}
	p.chooseName(ctx, app, link)
	if app.leavesAlone(p) {
		p.leaveAlone(app)
	} else if err := p.extend(ctx, app); err != nil {
		return err
	}
	if p.manifest == nil {
		return p.findings.Err()
	}
	in := compose.Input{
		Manifest: p.manifest, ProjectName: p.documentProjectName(), ProjectDir: p.dir, HomeDir: p.home, Partial: p.partial(),
		Sidecars: p.user.Sidecars, Names: p.names, Security: p.security,
		LeasePorts: p.leasePorts(ctx, app, link),
	}
	in.LeasedBy = p.leasedBy(app)
	p.extensionParts(&in)
	if p.manifest.Stack == manifest.StackOdoo {
		layout, err := p.odooLayout(app)
		if err != nil {
			return err
		}
		p.layout = layout
		if p.copiesSecrets() {
			layout.mountSecrets(p.path(secrets.RuntimePath))
		}
		in.Builtin = layout.builtin(p.odooArgs(args))
	}
	var found diag.Collector
	if p.model = compose.Build(in, &found); p.model != nil {
		p.model.Check(&found)
	}
	p.warnOverrides()
	p.checkPolicy(app, &found)
	p.judgeByExtensions(ctx, &found)
	p.findings.Add(unsaid(p.manifest.Located(found.List()), p.findings.List())...)
	p.maskFindings()
	return p.findings.Err()
}

// unsaid leaves out what only repeats, or follows from, an error that was found
// before: at the same place, above it or below it, or that nothing is left.
func unsaid(found, before diag.List) diag.List {
	below := func(path, top string) bool {
		rest, ok := strings.CutPrefix(path, top)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	}
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool {
		return slices.ContainsFunc(before, func(e diag.Diagnostic) bool {
			if e.Severity != diag.Error {
				return false
			}
			if d.Code == diag.DocumentEmpty {
				return true
			}
			same := e.Range.Start == d.Range.Start && e.Range.File == d.Range.File && !d.Range.Start.IsZero()
			return same || e.Path != "" && d.Path != "" && (below(d.Path, e.Path) || below(e.Path, d.Path))
		})
	})
}

// partial reports whether services may be missing because this version leaves
// out what brings them, or because a dependency that may is not here yet.
func (p *project) partial() bool {
	return p.manifest.StackImplied || p.manifest.Extended || len(p.manifest.Pending) > 0 ||
		p.wantsStack() && (p.ext.collected == nil || p.ext.collected.Stack == nil)
}

// services returns the document's services in its order.
func (p *project) services() []compose.Service {
	if p.left != nil {
		return p.left
	}
	return p.model.Services()
}

// checkServices refuses names that neither the manifest nor the document has.
func (p *project) checkServices(names []string) error {
	var known []string
	for _, s := range p.services() {
		known = append(known, s.Logical)
	}
	for _, name := range names {
		if !slices.ContainsFunc(p.services(), func(s compose.Service) bool { return s.Name == name || s.Logical == name }) {
			return faultUnknownService(name, known)
		}
	}
	return nil
}

func runRender(ctx context.Context, app *App, o renderOptions) error {
	app.Secrets = secretOptions{Use: o.ShowSecrets, Need: o.ShowSecrets}
	p, err := app.open(ctx, nil, nil)
	if err != nil {
		return err
	}
	app.warn(p.findings.List())
	app.masking.shown.Store(o.ShowSecrets)
	out := p.model.YAML()
	if o.Format == "json" {
		out = p.model.JSON()
	}
	_, err = app.Streams.Out.Write(out)
	return err
}

// warn prints findings that end nothing: on stderr, so that stdout stays the
// result.
func (a *App) warn(list diag.List) {
	if a.Verbosity >= 0 && len(list) > 0 {
		a.diagnose(list)
	}
}

// engineObserver adapts the engine to what planning asks for.
type engineObserver struct {
	project *project
	link    *engineLink
}

// Observe implements observe.Engine.
func (o engineObserver) Observe(ctx context.Context, _ *prepare.Desired) prepare.EngineState {
	eng, err := o.link.get()
	return o.project.observeEngine(ctx, eng, err, o.project.services())
}
