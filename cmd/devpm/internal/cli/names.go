package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// readNames reads what the environment says about physical names and published
// ports.
func (p *project) readNames(app *App) {
	p.names = manifest.ReadNames(p.env, p.findings)
	p.security = manifest.ReadSecurityProfile(app.SecurityProfile, p.env, p.findings)
}

// physical are the names that services have in the document, from the
// manifest's names or the document's.
func (p *project) physical(services []string) []string {
	if p.model == nil {
		return services
	}
	out := make([]string, len(services))
	for i, name := range services {
		out[i] = p.model.Physical(name)
	}
	return out
}

// prefixName takes the prefix for the project's name: so the user chose it, and
// nothing keeps or changes it. A project of that name from another directory
// would share its containers with this one; changing them is refused.
func (p *project) prefixName(ctx context.Context, app *App, link *engineLink) {
	p.name = p.names.Project()
	eng, _ := link.get()
	var dirs []string
	if eng != nil {
		dirs, _ = eng.ProjectDirs(ctx, p.name)
	}
	if dir := p.claimedBy(app, p.name); dir != "" {
		dirs = append(dirs, dir)
	}
	if d, shared := engine.NameShared(p.dir, p.name, dirs, p.names.Prefix.Range); shared {
		p.shared = &d
		d.Severity = diag.Warning
		p.findings.Add(d)
	}
	if eng != nil {
		p.leftBehind(ctx, eng)
	}
}

// leftBehind tells that containers of this project run under the name that it
// had before the prefix was set.
func (p *project) leftBehind(ctx context.Context, eng *engine.Engine) {
	former := p.keptName()
	if former == "" {
		former = engine.DefaultName(p.dir)
	}
	if former == p.name || former == "" {
		return
	}
	dirs, _ := eng.ProjectDirs(ctx, former)
	if !slices.ContainsFunc(dirs, func(dir string) bool { return filepath.Clean(dir) == p.dir }) {
		return
	}
	p.findings.Add(diag.Diagnostic{
		Code: diag.ProjectRenamed, Severity: diag.Warning, Range: p.names.Prefix.Range, Path: p.names.Prefix.Use.Name,
		Message: fmt.Sprintf("this project has containers under the name %s, which it had before the prefix", former),
		Fix:     fmt.Sprintf("remove them with `docker compose -p %s down`", former),
	})
}

// refuseShared stops a command that would change the containers of another
// directory.
func (p *project) refuseShared() error {
	if p.shared == nil {
		return nil
	}
	return diag.List{*p.shared}.Err()
}
