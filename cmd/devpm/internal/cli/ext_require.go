package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare/editor"
	"github.com/devpm/devpm/prepare/lock"
)

// requiring is a project whose `extensions.require` a command reads or changes.
// It is no open project: a manifest with faults elsewhere must not keep anybody
// from changing what it requires.
type requiring struct {
	*project
	path string // of the manifest
	src  []byte
	root *manifest.Node
}

// openRequiring finds the project. Without one it returns nil when none was
// asked for with -C.
func openRequiring(app *App, must bool) (*requiring, error) {
	home := homeDir(app)
	dir, err := findProject(app, home)
	if err != nil {
		if !must && !app.DirGiven {
			return nil, nil
		}
		return nil, err
	}
	r := &requiring{project: &project{dir: dir, home: home}, path: filepath.Join(dir, manifestName)}
	return r, r.read(app)
}

// read reads the manifest anew.
func (r *requiring) read(app *App) (err error) {
	if r.src, err = readConfig(r.path); err != nil {
		return faultManifestFile(manifestName, err)
	}
	app.Sources.Add(manifestName, r.src)
	var found diag.Collector
	doc := manifest.Parse(manifestName, r.src, &found)
	if doc == nil || found.HasErrors() {
		return found.Err()
	}
	r.root = doc.Root
	return nil
}

// requirement is one entry of `extensions.require`.
type requirement struct {
	name    string
	version string
	source  string
	enabled bool
	at      diag.Range // of the name
	node    *manifest.Node
}

// requirements are all entries, in the order of the file. Values of a wrong form
// are left to `devpm manifest validate`.
func (r *requiring) requirements() []requirement {
	return requirementsOf(r.root.Get("extensions").Get("require"))
}

func requirementsOf(n *manifest.Node) []requirement {
	if n == nil {
		return nil
	}
	var out []requirement
	for _, m := range n.Members {
		q := requirement{name: m.Key, at: m.KeyRange, enabled: true, node: m.Value}
		if m.Value.Kind == manifest.String {
			q.version = m.Value.Text
		}
		if v := m.Value.Get("version"); v != nil {
			q.version = v.Text
		}
		if v := m.Value.Get("source"); v != nil {
			q.source = v.Text
		}
		if v := m.Value.Get("enabled"); v != nil {
			q.enabled = v.Text != "false"
		}
		out = append(out, q)
	}
	return out
}

func (r *requiring) requirement(name string) (requirement, bool) {
	all := r.requirements()
	i := slices.IndexFunc(all, func(q requirement) bool { return q.name == name })
	if i < 0 {
		return requirement{}, false
	}
	return all[i], true
}

// value is the entry as it is written: a bare version where nothing else is to
// be said.
func (q requirement) value() any {
	if q.source == "" && q.enabled {
		return q.version
	}
	out := requirementObject{Version: q.version, Source: q.source}
	if !q.enabled {
		off := false
		out.Enabled = &off
	}
	return out
}

type requirementObject struct {
	Version string `json:"version,omitempty"`
	Source  string `json:"source,omitempty"`
	Enabled *bool  `json:"enabled,omitempty"`
}

// write puts an entry into the manifest and shows what changed. It is to be
// called while the project is locked.
func (r *requiring) write(app *App, q requirement) (diff string, err error) {
	if schema := r.root.Get("manifest_schema"); schema == nil || schema.Text == "1" {
		return "", fault(diag.InstallProject, manifestName, "a flat manifest (schema 1) has no `extensions.require`", "convert it with `devpm manifest migrate --write`, or install for this machine only with --no-save")
	}
	out, err := editor.SetMember(r.src, []string{"extensions", "require", q.name}, q.value())
	if err != nil {
		return "", fault(diag.InstallProject, manifestName, "the entry cannot be written: "+err.Error(), fmt.Sprintf("write it yourself: \"extensions\": {\"require\": {%q: %s}}", q.name, jsonText(q.value())))
	}
	if string(out) == string(r.src) {
		return "", nil
	}
	diff, _, _ = compose.UnifiedDiff(manifestName, r.src, out)
	if err := replaceManifest(r.path, out); err != nil {
		return "", packageFault(manifestName, err)
	}
	return diff, r.read(app)
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

// readLock is the project's lock; an empty one when there is none.
func (r *requiring) readLock(app *App) (*lock.File, error) {
	src, err := readConfig(r.project.path(lock.Path))
	if errors.Is(err, fs.ErrNotExist) {
		return lock.New(), nil
	}
	if err != nil {
		return nil, packageFault(lock.Path, asPathError(lock.Path, err))
	}
	app.Sources.Add(lock.Path, src)
	var found diag.Collector
	f := lock.Read(lock.Path, src, &found)
	if f == nil {
		return nil, found.Err()
	}
	return f, nil
}

// writeLock locks a package.
func (r *requiring) writeLock(app *App, tree *fsx.Tree, i *pack.Installed, source string) error {
	f, err := r.readLock(app)
	if err != nil {
		return err
	}
	before := string(f.Encode())
	f.Extensions[i.Name] = lock.Extension{SHA256: i.SHA256, Source: source, Version: i.Version}
	if string(f.Encode()) == before {
		return nil
	}
	return packageFault(lock.Path, tree.WriteFile(lock.Path, f.Encode(), 0o644))
}
