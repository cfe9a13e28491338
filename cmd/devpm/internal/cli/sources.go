package cli

import (
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/link"
	"github.com/devpm/devpm/prepare"
)

// sourcesFolder is where sources of services are cloned below the projects
// directory, and linked below the project (spec §6.5).
const sourcesFolder = "service-sources"

// projectsDir is where repositories are cloned.
func (p *project) projectsDir() string {
	return p.directory("ODOO_PROJECTS_DIR", filepath.Join(p.home, ".local/share/devpm/src"))
}

// sourceDir is the directory of a source of services, known before it is
// cloned; manifest.Tokens.Source is this.
func (p *project) sourceDir(name, text string) (dir string, ok bool) {
	parsed, err := link.Parse(text)
	switch {
	case err != nil:
		return "", false // said by the manifest
	case parsed.Kind == link.File:
		return filepath.FromSlash(parsed.Local()), true
	default:
		return filepath.Join(p.projectsDir(), sourcesFolder, name), true
	}
}

// sourceVariable is the variable that a hook knows a source by, and that
// says where it is when the user sets it.
func sourceVariable(name string) string { return "ODPM_SOURCE_" + strings.ToUpper(name) }

// source is one entry of service_sources with its directory.
type source struct {
	name  string
	text  manifest.Text
	dir   string
	given bool // by the user's own variable: nothing is cloned
	idle  bool // needed by nothing that is switched on
}

// sources are those of the manifest. What only services need that the user has
// switched off is idle, but not when a lock is written: the lock is for
// everybody, and switching off is one user's affair.
func (p *project) sources() []source {
	if p.manifest == nil || p.manifest.ServiceSources == nil {
		return nil
	}
	idle := map[string]bool{}
	if off := p.switchedOff(); len(off) > 0 && !p.everySource {
		idle = p.manifest.IdleSources(off)
	}
	var out []source
	for _, m := range p.manifest.ServiceSources.Members {
		s := source{name: m.Key, idle: idle[m.Key], text: manifest.Text{Value: m.Value.Text, Raw: m.Value.Text, Range: m.Value.Range, Path: "service_sources." + m.Key}}
		var ok bool
		if s.dir, _, s.given = p.env.Lookup(sourceVariable(m.Key)); s.given {
			ok = filepath.IsAbs(s.dir)
		} else {
			s.dir, ok = p.sourceDir(s.name, s.text.Value)
		}
		if ok {
			out = append(out, s)
		}
	}
	return out
}

// switchedOff are the services that user_settings.json leaves out.
func (p *project) switchedOff() map[string]bool {
	off := map[string]bool{}
	for _, gate := range p.user.Sidecars {
		if !gate.On {
			off[gate.Service] = true
		}
	}
	return off
}

// addSources adds the sources of services to what the project wants.
func (p *project) addSources(d *prepare.Desired) {
	for _, s := range p.sources() {
		repo, ok := p.sourceRepository(s)
		switch {
		case !ok:
		case s.idle:
			d.Idle = append(d.Idle, repo.URL)
		default:
			d.Repositories = append(d.Repositories, repo)
			d.Links = append(d.Links, prepare.Link{Path: sourcesFolder + "/" + s.name, Target: s.dir})
		}
	}
}

// sourceRepository is a source as a repository; ok is false for a link that the
// manifest has refused. One that the user's variable points elsewhere is used
// there, as a file:// link is.
func (p *project) sourceRepository(s source) (repo prepare.Repository, ok bool) {
	parsed, err := link.Parse(s.text.Value)
	if err != nil {
		return repo, false
	}
	repo = prepare.Repository{
		Name: s.name, Role: prepare.RoleSource, URL: parsed.URL, Branch: parsed.Branch, Commit: parsed.Commit, Dir: s.dir,
		Local: s.given || parsed.Kind == link.File, Range: s.text.Range, Path: s.text.Path,
	}
	switch {
	case repo.Local:
		repo.Branch, repo.Commit = "", ""
	case repo.Branch == "" && repo.Commit == "" && p.manifest.Stack == manifest.StackOdoo && p.manifest.OdooVersion != "0.0":
		repo.Branch = p.manifest.OdooVersion // spec §6.1
	}
	return repo, true
}

// sourceVariables tell hooks where sources are (spec §9). What the user has set
// is in the environment already.
func (p *project) sourceVariables() []string {
	var out []string
	for _, s := range p.sources() {
		if !s.given && !s.idle {
			out = append(out, sourceVariable(s.name)+"="+s.dir)
		}
	}
	return out
}
