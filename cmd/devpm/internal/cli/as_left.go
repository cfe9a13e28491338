package cli

import (
	"context"
	"slices"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Commands that are typed all day work on what the last `up` left. They start no
// program of an extension, so a plugin that is slow or broken cannot hold up who
// wants to see the logs. What extensions have added stands in the document.

// leavesAlone reports whether this command leaves the extensions of the project
// alone.
func (a *App) leavesAlone(p *project) bool { return a.unasked != nil && a.unasked(p) }

// nobody is the choice of a command that asks no extension.
func nobody(*project) bool { return true }

// leaveAlone is what stands in for asking extensions. Something of the document
// may come from them as long as there are any.
func (p *project) leaveAlone(app *App) {
	p.unasked = p.manifest.Extended || p.wantsStack() || len(installedPackages(app)) > 0
	if p.unasked && !p.manifest.Extended {
		p.options.Extended = true
		p.again()
	}
}

// readLeft reads the services of the document that the last `up` left, for a
// project whose extensions were not asked. A service that the manifest renames
// is known by both of its names.
func (p *project) readLeft(app *App) error {
	if !p.unasked || p.generated(app) != nil {
		return nil
	}
	text, err := readConfig(p.path(documentName))
	if err != nil {
		return faultManifestFile(documentName, err)
	}
	left, err := compose.ReadServices(text, p.dir)
	if err != nil {
		return err
	}
	for _, s := range p.model.Services() {
		if i := slices.IndexFunc(left, func(l compose.Service) bool { return l.Name == s.Name }); i >= 0 {
			left[i].Logical = s.Logical
		}
	}
	p.left = left
	return nil
}

// withoutGuesses leaves out what is only not known because no extension was
// asked.
func (p *project) withoutGuesses(list diag.List) diag.List {
	if !p.unasked {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool { return d.Code == diag.ManifestDependsOn && d.Severity != diag.Error })
}

// endsWithPlugin reports whether taking the project down runs a hook of an
// extension.
func (p *project) endsWithPlugin() bool {
	for _, phase := range []string{manifest.PreDown, manifest.PostDown} {
		if slices.ContainsFunc(p.manifest.Hooks[phase], func(e manifest.HookEntry) bool { return e.Plugin != "" }) {
			return true
		}
	}
	return false
}

// ends reports whether hooks run when the project is taken down.
func (p *project) ends() bool {
	hooks := p.hooksOfAll()
	return len(hooks[manifest.PreDown])+len(hooks[manifest.PostDown]) > 0
}

// openToEnd is openRunning for down. Extensions are asked only for their hooks,
// and for what trust is asked about when it has to be asked.
func (a *App) openToEnd(ctx context.Context, link *engineLink) (p *project, sound bool, err error) {
	a.unasked = func(p *project) bool { return !p.endsWithPlugin() }
	if p, sound, err = a.openRunning(ctx, link); err != nil || !sound || !p.unasked {
		return p, sound, err
	}
	if err := p.findEnding(ctx, a); err != nil {
		return nil, false, err
	}
	if !p.ends() || p.endsTrusted(a) {
		return p, true, nil
	}
	a.unasked = nil
	return a.openRunning(ctx, link)
}

// findEnding finds the commands that packages run when the project is taken
// down, which needs none of their programs.
func (p *project) findEnding(ctx context.Context, app *App) error {
	found, err := p.findExtensions(ctx, app)
	p.ext.found.hooks, p.ext.found.packages = found.hooks, found.packages
	return err
}

// endsTrusted reports whether the hooks that would run have been trusted, as far
// as that is known with no extension asked.
func (p *project) endsTrusted(app *App) bool {
	t := &trustState{set: p.subjects(app), store: p.trustStore(app)}
	t.decision = t.store.Load()
	t.accepted = t.decision != nil && t.decision.Accepts(t.set)
	if t.accepted {
		p.trust = t
	}
	return t.accepted
}
