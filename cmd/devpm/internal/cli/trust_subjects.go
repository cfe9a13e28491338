package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/git"
	"github.com/devpm/devpm/prepare/trust"
)

// subjects is everything that trust is asked for, as it is on the disk now.
func (p *project) subjects(app *App) trust.Set {
	subjects := p.runs(p.ext.found.packages)
	if p.model != nil {
		for _, x := range p.model.Exposures(exposureOptions(app)) {
			if s, asks := p.exposed(x); asks {
				subjects = append(subjects, s)
			}
		}
		subjects = append(subjects, p.chosenDirs()...)
	}
	return trust.NewSet(append(subjects, p.repositoryPrograms()...)...)
}

// runs is what the project would run, packages of extensions included.
func (p *project) runs(packages []trust.Package) []trust.Subject {
	from := trust.Project{Manifest: p.manifest, Tree: trust.Tree{Dir: p.dir}, Packages: packages}
	if data, ok := p.dotenv, p.dotenv != nil; ok {
		from.Dotenv = &manifest.Layer{Name: dotenvName, Data: data}
	}
	root, err := os.OpenRoot(p.dir)
	if err != nil { // nothing is known to be as it was accepted
		return []trust.Subject{trust.New(trust.Hook, "project", "the project's directory cannot be read", diag.Range{File: manifestName}, cause(err))}
	}
	defer root.Close()
	from.Tree.Files = root.FS()
	return from.Subjects()
}

// exposed is a part of the host that a container gets. What the stack itself
// mounts from where repositories and backups are kept is devpm's doing; for a
// place that the project chose there is chosenDirs.
func (p *project) exposed(x compose.Exposure) (trust.Subject, bool) {
	text, written := exposureText(x), x.Written
	if x.Origin.Layer == compose.LayerBuiltin {
		for _, dir := range p.stackDirs() {
			if inside(followLinks(dir), x.Real) {
				return trust.Subject{}, false
			}
		}
		written = p.homely(written)
	}
	content := []string{string(x.Kind), x.Service, written}
	if x.Real != "" && p.standsInside(x.Value) {
		content = append(content, x.Real) // a link of the project leads there
		text += ", which leads to " + x.Real
	}
	key := strings.TrimSpace(x.Service + " " + string(x.Kind) + " " + p.homely(x.Value))
	s := trust.New(trust.Host, key, text, x.Range, content)
	if s.Range == (diag.Range{}) {
		s.Range = diag.Range{File: manifestName}
	}
	s.Step = "compose.up"
	return s, true
}

// standsInside reports whether a path of the document is one of the project's,
// wherever a link at it leads.
func (p *project) standsInside(path string) bool {
	switch rest, home := strings.CutPrefix(path, "~"); {
	case home && p.home != "":
		path = filepath.Join(p.home, rest)
	case !filepath.IsAbs(path):
		path = filepath.Join(p.dir, path)
	}
	return inside(p.dir, path) || inside(p.realDir(), path)
}

// homely writes the home directory as "~", so that a digest is the same on every
// machine.
func (p *project) homely(text string) string {
	if p.home == "" {
		return text
	}
	return strings.ReplaceAll(text, p.home, "~")
}

// stackDirs are the directories in which repositories and backups are kept, and
// which the stack mounts from, by the variable that chooses them.
func (p *project) stackDirs() map[string]string {
	return map[string]string{"ODOO_PROJECTS_DIR": p.projectsDir(), "BACKUP_DIR": p.directory("BACKUP_DIR", p.path(".odpm/backups"))}
}

// chosenDirs are those that lie outside of the project because its own `.env`
// says so.
func (p *project) chosenDirs() []trust.Subject {
	var out []trust.Subject
	for name, dir := range p.stackDirs() {
		value, at, ok := p.env.File(name)
		if p.layout == nil || !ok || value == "" || at.File != dotenvName || p.holds(dir) {
			continue
		}
		s := trust.New(trust.Host, name, "containers get what is kept in "+value+" ("+name+")", at, value)
		s.Step = "compose.up"
		out = append(out, s)
	}
	return out
}

func exposureText(x compose.Exposure) string {
	who := "service " + x.Service + " "
	if x.Service == "" {
		who = "the document "
	}
	switch x.Kind {
	case compose.ExposeHostPath:
		return who + "gets " + x.Value
	case compose.ExposeSocket:
		if x.Engine {
			return who + "gets the engine's socket, and so every right on this machine: " + x.Value
		}
		return who + "gets the socket " + x.Value
	case compose.ExposeDevice:
		return who + "gets the device " + x.Value
	case compose.ExposeCapability:
		return who + "gets the capability " + x.Value
	case compose.ExposeSecurity:
		return who + "loses a protection: " + x.Value
	case compose.ExposeVolume:
		return who + "gets the volume " + x.Value + " of another project"
	case compose.ExposeProgram:
		return who + "lets Compose start a program on this machine: " + x.Value
	case compose.ExposePrivileged:
		return who + "has every right on this machine's kernel: " + x.Value
	default:
		return who + "shares " + x.Value
	}
}

// repositoryPrograms are repositories that lie in the project, and so came with
// it, and whose own configuration would make git run programs.
func (p *project) repositoryPrograms() []trust.Subject {
	var repositories []prepare.Repository
	if p.layout != nil {
		repositories = slices.Clone(p.layout.Repositories)
	}
	for _, s := range p.sources() {
		if repo, ok := p.sourceRepository(s); ok {
			repositories = append(repositories, repo)
		}
	}
	var out []trust.Subject
	for _, repo := range repositories {
		if repo.Local || !p.holds(repo.Dir) { // git does not work in a file:// tree
			continue
		}
		programs := git.Programs(repo.Dir)
		if len(programs) == 0 {
			continue
		}
		name := repo.Name
		if rel, err := filepath.Rel(p.realDir(), followLinks(repo.Dir)); err == nil {
			name = filepath.ToSlash(rel)
		}
		s := trust.New(trust.Repository, name, "the git repository "+name+" names programs", repo.Range, programs)
		s.Notes, s.Step = programs, "git.materialize"
		if repo.Role == prepare.RoleSource {
			s.Step = "sources.materialize"
		}
		out = append(out, s)
	}
	return out
}
