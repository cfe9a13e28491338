// Package odoo computes what the built-in stack `odoo` needs beside its
// Compose services: the image's Dockerfile, .dockerignore, odoo.conf, the
// runtime configuration, the container's entrypoint, the folders that are
// mounted, and the repositories to have (spec §5, §6.2, §7.2; design decision 10).
//
// It is pure: values in, bytes out. It writes nothing, clones nothing, and does
// not know what a Compose service looks like.
package odoo

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

const requirementsPath = ".odpm/runtime/requirements.txt"

// Scenarios (spec §14).
const (
	Developer = "developer"
	Server    = "server"
	CI        = "ci"
)

// RoleEnvironment is the virtual environment among the code of a container.
const RoleEnvironment = "environment"

// Settings are what the environment, not the manifest, decides.
type Settings struct {
	ProjectDir  string // absolute
	ProjectsDir string // absolute: ODOO_PROJECTS_DIR, where repositories are cloned
	BackupDir   string // absolute: BACKUP_DIR
	Scenario    string
	Login       string // of the user on the host; the container's user has the same
	UID, GID    int    // -1 where the host has none (Windows)
	BuildDate   string // --odoo-build-date; "": the manifest's
	BaseImage   string // DEVPM_BASE_IMAGE; "" is Debian's python of the manifest
	Service     string // the Compose service that the files are for; "odoo" when ""
	Database    string // host name of the database; "db" when ""
	ImageTag    string // --image-tag: name of the ci image; "" is odpm's
	// ImageProfile is how the image's name ends outside of ci; the zero Choice
	// leaves it to the scenario.
	ImageProfile manifest.Choice
	// ProjectsDirBy and BackupDirBy are the settings of the two directories.
	ProjectsDirBy, BackupDirBy manifest.Choice
	// Account and DatabaseBy are what decided on the container's user and on the
	// database's name.
	Account    []manifest.Choice
	DatabaseBy manifest.Choice
	// ManagerPassword is admin_passwd of odoo.conf; nil leaves it to the user.
	ManagerPassword   *string
	ManagerPasswordBy manifest.Choice
}

// Mount is a folder of the host inside the container.
type Mount struct {
	Source   string // absolute
	Target   string
	ReadOnly bool
	Rule     string            // why it is there
	By       []manifest.Choice // the settings that decided it
}

// Code is a folder whose code runs in the container: what a debugger maps and an
// editor looks imports up in.
type Code struct {
	Role   string // platform, developing, dependency, environment
	Source string // absolute
	Target string
}

// Layout is everything that the stack needs, computed.
type Layout struct {
	Image        string // tag of the odoo service's image
	User, Home   string // inside the container
	PlatformName string
	Mounts       []Mount
	DatabaseDir  string // absolute: device of the volume postgres-data
	Repositories []prepare.Repository
	Files        []prepare.File
	Directories  []prepare.Directory
	Links        []prepare.Link
	Identity     string // of the image: a hash over everything it is built from
	Code         []Code // what runs in the container, in the order of the mounts; none in ci

	Conf    []Option // every option of odoo.conf
	Runtime []Option // every value of the runtime configuration, Key is its path

	// CIImage is what the scenario ci runs, nil in others; CIConf are the options of
	// the odoo.conf in it, and CIFound tells what is left out of it.
	CIImage *prepare.CIImage
	CIConf  []Option
	CIFound diag.List

	baked    []Code            // the sources of the ci image
	addonsBy []manifest.Choice // the links of the add-ons' repositories
	date     string            // of the platform: YYYYMMDD, "" for the newest commit
}

// Plan computes the layout. existingConf is odoo.conf as it is on disk, nil
// when there is none: the user's own lines in it are kept. Links that do not
// parse are the manifest room's to report and are left out here.
func Plan(m *manifest.Manifest, s Settings, existingConf []byte, c *diag.Collector) *Layout {
	s.Service, s.Database = cmp.Or(s.Service, "odoo"), cmp.Or(s.Database, "db")
	l := &Layout{PlatformName: m.PlatformName, Image: imageName(m, s)}
	l.User, l.Home = containerUser(s)
	l.DatabaseDir = filepath.Join(s.ProjectDir, databaseDir(m.Postgres))
	l.date = buildDate(m, s, c)
	platform, ok := l.repository(m.Platform.Git, "platform", m.OdooVersion, s, c)
	if s.Scenario != CI {
		l.mount(Mount{Source: filepath.Join(s.ProjectDir, confName), Target: path.Join(l.Home, confName),
			Rule: "Odoo reads its configuration from the project", By: []manifest.Choice{m.ScenarioBy}})
		l.mount(Mount{Source: filepath.Join(s.ProjectDir, filepath.FromSlash(requirementsPath)), Target: "/run/odpm/requirements.txt", ReadOnly: true,
			Rule: "the container installs the manifest's requirements", By: []manifest.Choice{m.Setting("requirements"), m.ScenarioBy}})
	}
	if ok && s.Scenario == CI {
		l.baked = append(l.baked, Code{platform.Role, platform.Dir, path.Join(l.Home, m.PlatformName)})
	}
	if ok && s.Scenario != CI {
		l.Code = append(l.Code, Code{platform.Role, platform.Dir, path.Join(l.Home, m.PlatformName)})
		l.mount(Mount{Source: platform.Dir, Target: path.Join(l.Home, m.PlatformName),
			Rule: "the platform runs from its working tree", By: append(directorySettings(platform, m.Platform.Git, s), m.Setting("platform_name"))})
	}
	addons := l.folders(m, s, c)
	image := dockerfile(m, s)
	configuration, options := conf(m, s, l, addons, existingConf, c)
	l.Conf, l.Runtime = options, runtimeOptions(m, s, l, addons)
	l.Files = append(l.Files,
		prepare.File{Step: "template.dockerfile", Path: "Dockerfile", Content: image, Mode: 0o644, Marked: true},
		prepare.File{Step: "template.dockerignore", Path: ".dockerignore", Content: []byte(dockerignore), Mode: 0o644, Marked: true},
		prepare.File{Step: "template.odoo_conf", Path: confName, Content: configuration, Mode: 0o600, Service: s.Service},
		prepare.File{Step: "compose.service", Path: ".odpm/runtime/config.json", Content: runtimeConfig(m, s, l, addons), Mode: 0o644, Service: s.Service},
		prepare.File{Step: "compose.service", Path: ".odpm/runtime/entrypoint.sh", Content: entrypoint, Mode: 0o755, Service: s.Service},
		prepare.File{Step: "compose.service", Path: requirementsPath, Content: requirements(m), Mode: 0o644, Service: s.Service},
	)
	if s.Scenario == CI {
		l.CIImage, l.CIConf, l.CIFound = ciImage(m, s, l, addons, options)
	}
	sum := sha256.Sum256(image) // it copies nothing, so its text is all there is
	l.Identity = hex.EncodeToString(sum[:])
	return l
}

// buildDate is the day whose last commit of the platform's branch is wanted,
// "" for the newest commit (spec §2.3, §6.4).
func buildDate(m *manifest.Manifest, s Settings, c *diag.Collector) string {
	text := m.Platform.BuildDate
	if s.BuildDate != "" {
		text = manifest.Text{Value: s.BuildDate, Path: "--odoo-build-date"}
	}
	date := strings.TrimSpace(text.Value)
	if date == "latest" {
		return ""
	}
	if _, err := time.Parse("20060102", date); err != nil {
		c.Add(diag.Diagnostic{
			Code: diag.OdooBuildDate, Range: text.Range, Path: text.Path,
			Message: fmt.Sprintf("%q is no build date", text.Value), Fix: "write a day as YYYYMMDD, such as 20251223, or `latest`",
		})
		return ""
	}
	return date
}

// folders fills in what is mounted, made, linked and cloned, in spec §7.2's
// order, and returns the container's add-on directories.
func (l *Layout) folders(m *manifest.Manifest, s Settings, c *diag.Collector) (addons []string) {
	project := func(rel string) string { return filepath.Join(s.ProjectDir, filepath.FromSlash(rel)) }
	home := "data/odoo/home/" + path.Base(l.Home)
	const kept = "what Odoo writes there is kept on the host"
	by := []manifest.Choice{m.ScenarioBy}
	own := []Mount{
		{Source: project(".venv"), Target: path.Join(l.Home, ".venv"), Rule: "the container's Python packages are kept in the project", By: by},
		{Source: project("data/odoo/tmp/odoo_tests"), Target: "/tmp/odoo_tests", Rule: kept, By: by},
		{Source: s.BackupDir, Target: path.Join(l.Home, "backups"), Rule: kept, By: []manifest.Choice{s.BackupDirBy}},
		{Source: project(home + "/.local"), Target: path.Join(l.Home, ".local"), Rule: kept, By: by},
		{Source: project(home + "/.cache"), Target: path.Join(l.Home, ".cache"), Rule: kept, By: by},
	}
	l.directory(l.DatabaseDir)
	if s.Scenario != CI {
		l.directory(project(".odpm/database"))
		for _, o := range own {
			l.directory(o.Source)
			l.mount(o)
		}
		l.Code = append(l.Code, Code{RoleEnvironment, own[0].Source, own[0].Target})
	}
	var found []prepare.Repository
	var links []manifest.Text
	add := func(text manifest.Text, role string) {
		if repo, ok := l.repository(text, role, m.OdooVersion, s, c); ok {
			found, links = append(found, repo), append(links, text)
		}
	}
	if m.Developing != nil {
		add(*m.Developing, "developing")
	}
	for _, dependency := range m.Dependencies {
		add(dependency, "dependency")
	}
	for i, name := range folderNames(found) {
		target := path.Join(l.Home, "extra-addons", name)
		addons = append(addons, target)
		l.addonsBy = append(l.addonsBy, links[i].Setting())
		if s.Scenario == CI {
			l.baked = append(l.baked, Code{found[i].Role, found[i].Dir, target})
		} else {
			l.Code = append(l.Code, Code{found[i].Role, found[i].Dir, target})
			l.mount(Mount{Source: found[i].Dir, Target: target, Rule: "add-ons are read from the repository's working tree", By: directorySettings(found[i], links[i], s)})
		}
		if found[i].Role == "dependency" {
			l.Links = append(l.Links, prepare.Link{Path: "dependencies/" + name, Target: found[i].Dir})
		}
	}
	return addons
}

func (l *Layout) mount(m Mount) { l.Mounts = append(l.Mounts, m) }

func (l *Layout) directory(path string) {
	l.Directories = append(l.Directories, prepare.Directory{Path: path, Mode: 0o755})
}

// containerUser is the user and home inside the container. ci has a user of
// its own; root stays root, whose home is /root.
func containerUser(s Settings) (user, home string) {
	switch {
	case s.Scenario == CI:
		return "odoo", "/home/odoo"
	case s.Login == "root" || s.UID == 0:
		return "root", "/root"
	default:
		name := accountName(s.Login)
		return name, "/home/" + name
	}
}

// databaseDir is where the volume postgres-data is bound; from PostgreSQL 18 on
// the image wants its parent (spec §5).
func databaseDir(postgres string) string {
	if major(postgres) >= 18 {
		return "data/postgresql/var/lib/postgresql"
	}
	return "data/postgresql/var/lib/postgresql/data"
}

func major(version string) int {
	n := 0
	for _, r := range version {
		if r < '0' || r > '9' {
			break
		}
		n = n*10 + int(r-'0')
	}
	return n
}
