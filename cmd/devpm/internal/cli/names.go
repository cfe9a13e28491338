package cli

import (
	"context"
	"fmt"

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
}

// leftBehind tells that containers of this project run under a name that it had
// before its prefix was set, changed or taken away. Compose does not see them any
// more, and they write to the same directories.
func (p *project) leftBehind(ctx context.Context, eng *engine.Engine) {
	found, _ := eng.ProjectsOf(ctx, p.dir, documentName) // an engine that does not answer says so elsewhere
	for _, former := range found {
		if former.Name == p.name {
			continue
		}
		d := diag.Diagnostic{
			Code: diag.ProjectRenamed, Severity: diag.Warning, Range: p.names.Prefix.Range, Path: p.names.Prefix.Use.Name,
			Message: fmt.Sprintf("this project has containers under the name %s, which it had before; now it is %s", former.Name, p.name),
			Fix:     fmt.Sprintf("remove them with `docker compose -p %s down`; volumes and data/ stay", former.Name),
		}
		p.findings.Add(d)
		if former.Running {
			d.Severity = diag.Error
			d.Message += ": both would write to the same directories"
			p.former = append(p.former, d)
		}
	}
}

// refuseShared stops a command that would change the containers of another
// directory.
func (p *project) refuseShared() error {
	if p.shared == nil {
		return nil
	}
	return diag.List{*p.shared}.Err()
}
