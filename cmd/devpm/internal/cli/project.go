package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/policy"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/python"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/trust"
)

const (
	manifestName  = "odpm.json"
	documentName  = "docker-compose.yml"
	dotenvName    = ".env"
	homeDotenv    = "~/.odpm/.env"
	maxConfigSize = 10 << 20 // manifest and dotenv files; the reader refuses more
)

// project is the manifest that a command works on, as found on disk.
type project struct {
	dir       string // absolute; where the manifest (or the link to it) stands
	home      string // the user's home directory, "" when unknown
	name      string // of the Compose project; set by chooseName
	stateDir  string // what must not be forged by a clone: project names, journals (design §7)
	env       *manifest.Environment
	names     manifest.Names
	security  manifest.Choice        // the security profile
	shared    *diag.Diagnostic       // why the project's name is not this directory's alone
	former    diag.List              // why nothing may start: containers run under a name that the project had before
	tokens    manifest.Tokens        // what ${@…} stands for, in the manifest and in hooks
	user      *manifest.UserSettings // never nil once read
	options   manifest.Options       // that the manifest was read with
	first     reading                // what the manifest is read from, again when repositories have come
	manifest  *manifest.Manifest
	model     *compose.Model        // set by build
	layout    *odooLayout           // of the stack odoo; nil otherwise
	leased    portLeases            // set by build
	profiles  []string              // --profile
	plugins   []string              // .odpm/plugins/*.py, absolute
	installed []python.Distribution // that extend every project of the named interpreter
	inputs    []prepare.Input
	dotenv    []byte            // the project's own .env; nil without one
	policy    *policy.Policy    // of this machine; nil without one
	trust     *trustState       // set by judgeTrust
	decided   *trust.Decision   // of this run; nil before anything was accepted
	ext       extended          // what extensions add
	unasked   bool              // there may be extensions, and nobody asked them
	left      []compose.Service // of the document that the last up left, where it is needed for unasked
	held      bool              // a saved plan decides what this run does
	// everySource: also the sources that only switched off services need
	everySource bool
	// seen is what the last plan was made from.
	seen struct {
		desired  *prepare.Desired
		observed *prepare.Observed
	}
	// findings gathers everything that was judged so far; errors in it end the
	// command before anything happens.
	findings *diag.Collector
	secrets  projectSecrets
	stock    *vendorStock // the vendor directory, once read; with --offline only
	known    diag.List    // what was found before secrets were read
}

// readProject finds, reads and checks the project's manifest, without a
// verdict: the manifest may be nil, and findings may hold errors. With a file, that manifest is read in place of the
// project's; contract is manifest.Options.Contract.
func readProject(app *App, file, contract string) (*project, error) {
	p := &project{home: homeDir(app), findings: &diag.Collector{}}
	var err error
	if p.policy, err = readPolicy(app); err != nil {
		return nil, err
	}
	name := manifestName
	if file != "" {
		path := app.path(file)
		p.dir, name = filepath.Dir(path), filepath.Base(path)
	} else {
		dir, err := findProject(app, p.home)
		if err != nil {
			return nil, err
		}
		p.dir = dir
	}
	app.base = p.dir
	p.stateDir = projectStateDir(app, p.home, p.dir)
	src, err := readConfig(filepath.Join(p.dir, name))
	if err != nil {
		return nil, faultManifestFile(name, err)
	}
	app.Sources.Add(name, src)
	p.input(name, src)

	layers, err := p.layers(app)
	if err != nil {
		return nil, err
	}
	p.env = manifest.NewEnvironment(app.Environ, layers, p.findings)
	p.tokens.Source = p.sourceDir
	p.readNames(app)
	if err := p.readUserSettings(app); err != nil {
		return nil, err
	}
	p.known = p.findings.List()
	if err := p.readSecrets(app); err != nil {
		return nil, err
	}
	p.plugins, p.installed = pluginFiles(p.dir), installedPackages(app)
	p.first = reading{name: name, src: src, findings: p.findings.List(), inputs: p.inputs}
	p.options = manifest.Options{
		Environment: p.env,
		Tokens:      p.tokens,
		Names:       p.names,
		Extended:    len(p.plugins) > 0,
		Installed:   len(p.installed) > 0,
		Contract:    contract,
		Scenario:    app.Scenario,
		HostArch:    runtime.GOARCH,
	}
	p.options.Inherit = p.inherit(app, p.options)
	p.loadManifest(name, src)
	return p, nil
}

// loadManifest reads the manifest's bytes with p.options; p.manifest stays nil
// when there is nothing to go on with.
func (p *project) loadManifest(name string, src []byte) {
	p.manifest = manifest.Load(name, src, p.options, p.findings)
	if p.manifest != nil {
		p.tokens = p.options.Tokens.OfManifest(p.manifest)
		p.tokens.Service = manifest.ServiceNames(p.manifest.Stack, p.names)
	}
	p.judgeSecrets()
	p.applyUserSettings()
}

// layers reads the dotenv files, the project's over the user's; an absent one
// is no layer.
func (p *project) layers(app *App) ([]manifest.Layer, error) {
	files := []struct{ name, path string }{{dotenvName, filepath.Join(p.dir, dotenvName)}}
	if p.home != "" {
		files = append(files, struct{ name, path string }{homeDotenv, filepath.Join(p.home, ".odpm", ".env")})
	}
	var layers []manifest.Layer
	for _, f := range files {
		data, err := readConfig(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, faultDotenvFile(f.name, err)
		}
		app.Sources.Add(f.name, data)
		p.input(f.name, data)
		if f.name == dotenvName {
			p.dotenv = data
		}
		layers = append(layers, manifest.Layer{Name: f.name, Data: data})
	}
	return layers, nil
}

func (p *project) input(name string, data []byte) {
	p.inputs = append(p.inputs, prepare.Input{Name: name, Hash: contentHash(data)})
}

func contentHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// holds reports whether a directory lies in the project, links followed.
func (p *project) holds(dir string) bool { return inside(followLinks(p.dir), followLinks(dir)) }

// path is a path below the project.
func (p *project) path(rel string) string { return filepath.Join(p.dir, filepath.FromSlash(rel)) }

// findProject returns the directory that holds odpm.json: the working
// directory, or with no -C the nearest one above it, up to the repository's
// top or the home directory (design §7).
func findProject(app *App, home string) (string, error) {
	for dir := app.Dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, manifestName)); err == nil {
			return dir, nil
		}
		_, err := os.Lstat(filepath.Join(dir, ".git"))
		if app.DirGiven || err == nil || dir == home || filepath.Dir(dir) == dir {
			return "", faultNoManifest(app.Dir, !app.DirGiven)
		}
	}
}

var (
	errDirectory  = errors.New("it is a directory")
	errNotRegular = errors.New("it is not a regular file")
)

// readConfig reads a file that the user wrote. A directory, device or pipe is
// refused before it is opened for reading, so that nothing can hang.
func readConfig(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		return nil, errDirectory
	case !info.Mode().IsRegular():
		return nil, errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxConfigSize+1))
}

func homeDir(app *App) string {
	name := "HOME"
	if runtime.GOOS == "windows" {
		name = "USERPROFILE"
	}
	home, _ := app.Lookup(name)
	if !filepath.IsAbs(home) {
		return ""
	}
	return filepath.Clean(home)
}

// stateRoot is devpm's own state directory (XDG base directories).
func stateRoot(app *App, home string) string {
	if dir, ok := app.Lookup("XDG_STATE_HOME"); ok && filepath.IsAbs(dir) {
		return filepath.Join(dir, "devpm")
	}
	if home == "" {
		return filepath.Join(os.TempDir(), "devpm-state")
	}
	return filepath.Join(home, ".local", "state", "devpm")
}

// projectStateDir belongs to one project: its name is the hash of the
// project's real path, so that two work trees never share one.
func projectStateDir(app *App, home, dir string) string {
	sum := sha256.Sum256([]byte(followLinks(dir)))
	return filepath.Join(stateRoot(app, home), "projects", hex.EncodeToString(sum[:8]))
}

// realDir is what the project is known by beside others.
func (p *project) realDir() string { return followLinks(p.dir) }
