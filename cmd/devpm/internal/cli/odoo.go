package cli

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/odoo"
)

// odooLayout joins what prepare/odoo computes with the ports of the
// environment.
type odooLayout struct {
	*odoo.Layout
	project   string
	scenario  string
	postgres  string
	service   string // physical name of the service odoo
	ports     compose.OdooPorts
	secrets   string // the copy that the container mounts; "" without one
	causes    compose.OdooCauses
	baseImage string         // DEVPM_BASE_IMAGE
	copied    compose.Reason // of the mount of secrets
}

// odooLayout computes the layout of the stack `odoo` from the manifest and the
// environment's files.
func (p *project) odooLayout(app *App) (*odooLayout, error) {
	settings := odoo.Settings{
		ProjectDir: p.dir, Scenario: p.manifest.Scenario,
		ProjectsDir: p.projectsDir(),
		BackupDir:   p.directory("BACKUP_DIR", p.path(".odpm/backups")),
		UID:         os.Getuid(), GID: os.Getgid(), Login: loginName(app),
	}
	settings.ProjectsDirBy, settings.BackupDirBy = p.env.FileChoice("ODOO_PROJECTS_DIR"), p.env.FileChoice("BACKUP_DIR")
	settings.Database, settings.Service = p.names.Service(compose.OdooDatabase), p.names.Service(compose.OdooService)
	if password := p.user.ManagerPassword; password != nil {
		settings.ManagerPassword = &password.Value
		settings.ManagerPasswordBy = manifest.Choice{Use: manifest.Use{Name: "db_manager_password"}, Range: p.user.Places["db_manager_password"]}
	}
	settings.ImageTag = app.ImageTag
	settings.ImageProfile = manifest.ReadImageProfile(p.env, p.findings)
	causes := p.odooCauses(settings)
	settings.Account, settings.DatabaseBy = causes.Account, p.names.By(compose.OdooDatabase)
	settings.BuildDate = app.BuildDate
	settings.BaseImage, _ = app.Lookup("DEVPM_BASE_IMAGE")
	conf, err := readConfig(p.path("odoo.conf"))
	if err != nil && !os.IsNotExist(err) {
		return nil, fault(diag.ManifestFile, "odoo.conf", "the configuration cannot be read: "+cause(err), "make it a file that you can read, or remove it")
	}
	l := &odooLayout{
		Layout: odoo.Plan(p.manifest, settings, conf, p.findings), project: p.dir, scenario: p.manifest.Scenario, postgres: p.manifest.Postgres,
		service: settings.Service,
		ports: compose.OdooPorts{
			Postgres: p.port("POSTGRES_PORT", 5432), Odoo: p.port("ODOO_PORT", 8069),
			Gevent: p.port("GEVENT_PORT", 8072), Debugger: p.port("DEBUGGER_PORT", 5678),
		},
	}
	l.baseImage = settings.BaseImage
	l.causes, l.copied = causes, p.secretsReason()
	return l, nil
}

// builtin is the layout as Compose services.
func (l *odooLayout) builtin(args []manifest.Text) *compose.Builtin {
	o := compose.OdooOptions{
		Scenario: l.scenario, Postgres: l.postgres, Image: l.Image, User: l.User, Home: l.Home, Ports: l.ports,
		PlatformName: l.PlatformName, ProjectDir: l.project, DatabaseDir: l.DatabaseDir, Args: args, By: l.causes,
	}
	if l.scenario != odoo.CI {
		o.BuildContext = l.project
	}
	if l.secrets != "" {
		o.Secrets = &compose.Mount{Source: l.secrets, Target: secrets.ContainerPath, ReadOnly: true, Why: l.copied}
	}
	for _, m := range l.Mounts {
		o.Mounts = append(o.Mounts, compose.Mount{Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly, Why: compose.Reason{Rule: m.Rule, Causes: m.By}})
	}
	return compose.Odoo(o)
}

// addTo adds to what the project wants.
func (l *odooLayout) addTo(d *prepare.Desired) {
	d.Repositories = append(d.Repositories, l.Repositories...)
	d.Files = append(d.Files, l.Files...)
	d.Directories = append(d.Directories, l.Directories...)
	d.Links = append(d.Links, l.Links...)
	for i := range d.Images {
		if d.Images[i].Service == l.service {
			// The Dockerfile copies nothing, so its text is all that counts; it
			// may not be on the disk yet.
			d.Images[i].Identity = l.Identity
		}
	}
}

// port reads a port from the environment's files (spec §3.5); a value that is
// none is a finding and the default stands.
func (p *project) port(name string, standard int) int {
	value, at, ok := p.env.File(name)
	if !ok || value == "" {
		return standard
	}
	port, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || port < 1 || port > 65535 {
		p.findings.Add(diag.Diagnostic{
			Code: diag.EnvironmentValue, Range: at, Path: name,
			Message: fmt.Sprintf("%q is not a port", value), Fix: fmt.Sprintf("give a number from 1 to 65535, such as %d", standard),
		})
		return standard
	}
	return port
}

// directory reads a directory from the environment's files; a relative one is
// below the project, "~" is the home directory.
func (p *project) directory(name, standard string) string {
	value, _, ok := p.env.File(name)
	if !ok || value == "" {
		return standard
	}
	if rest, found := strings.CutPrefix(value, "~/"); found && p.home != "" {
		return filepath.Join(p.home, rest)
	}
	if !filepath.IsAbs(value) {
		return p.path(value)
	}
	return filepath.Clean(value)
}

// loginName is the user's name on this host.
func loginName(app *App) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	name := "USER"
	if runtime.GOOS == "windows" {
		name = "USERNAME"
	}
	login, _ := app.Lookup(name)
	return login
}
