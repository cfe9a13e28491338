package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/editor"
	"github.com/devpm/devpm/prepare/odoo"
)

// debuggerPort is where debugpy listens in the container (spec §7.2).
const debuggerPort = 5678

// The steps that write for editors (spec §10).
const (
	stepDebugProfile = "ide.debug_profile"
	stepVSCode       = "vscode.settings"
	stepPyCharm      = "pycharm.settings"
)

// addEditor adds the files by which editors and debuggers find the container's
// code. Users edit most of them, so what is there is read first; a file that
// cannot be changed safely is left alone, with a warning that says what to add.
func (p *project) addEditor(d *prepare.Desired) error {
	if p.layout == nil || p.manifest.Scenario == odoo.CI {
		return nil
	}
	files, err := fsx.OpenView(p.dir)
	if err != nil {
		return fmt.Errorf("opening the project: %w", err)
	}
	defer files.Close()
	w := &editorFiles{project: p, files: files, want: d}
	d.Without = map[string]string{}
	workspace := p.workspace()
	w.merge(stepVSCode, editor.SettingsPath, func(existing []byte) ([]byte, error) { return editor.Settings(existing, workspace) })
	profile, why := p.debugProfile()
	if why != "" {
		d.Without[stepDebugProfile], d.Without[stepPyCharm] = why, why
		return nil
	}
	d.Files = append(d.Files, prepare.File{Step: stepDebugProfile, Path: editor.ProfilePath, Content: profile.JSON(), Mode: 0o644})
	w.merge(stepVSCode, editor.LaunchPath, func(existing []byte) ([]byte, error) { return editor.Launch(existing, profile) })
	w.merge(stepPyCharm, editor.PyCharmPath, func(existing []byte) ([]byte, error) { return editor.PyCharm(existing, profile) })
	return nil
}

// debugProfile is how a debugger reaches the platform, or why none can.
func (p *project) debugProfile() (profile editor.Profile, why string) {
	if p.manifest.Scenario != odoo.Developer {
		return profile, "no debugger in scenario " + p.manifest.Scenario
	}
	var ports []compose.Port
	for _, s := range p.services() {
		if s.Name == p.layout.service {
			ports = s.Ports
		}
	}
	i := slices.IndexFunc(ports, func(port compose.Port) bool {
		return port.Container == debuggerPort && port.Published != 0 && port.Protocol == "tcp"
	})
	if i < 0 {
		return profile, fmt.Sprintf("service %s does not publish the debugger's port %d", p.layout.service, debuggerPort)
	}
	profile = editor.Profile{
		ProjectDir: p.dir, Service: p.layout.service, Host: reachedAt(ports[i].HostIP), Port: ports[i].Published, ContainerPort: debuggerPort,
	}
	for _, c := range p.layout.Code {
		profile.Mappings = append(profile.Mappings, editor.Mapping{Role: c.Role, Local: c.Source, Remote: c.Target})
	}
	return profile, ""
}

// workspace is where an editor finds the code: the platform, the add-ons, and
// what requirements brought.
func (p *project) workspace() editor.Workspace {
	w := editor.Workspace{ProjectDir: p.dir}
	var environment string
	for _, c := range p.layout.Code {
		if c.Role == odoo.RoleEnvironment {
			environment = c.Source
			continue
		}
		w.ExtraPaths = append(w.ExtraPaths, c.Source)
	}
	w.Interpreter = filepath.Join(environment, "bin", "python3")
	w.ExtraPaths = append(w.ExtraPaths, filepath.Join(environment, "lib", "python"+p.manifest.Python, "site-packages"))
	return w
}

// editorFiles adds files that are the user's and devpm's at once.
type editorFiles struct {
	project *project
	files   *fsx.View
	want    *prepare.Desired
}

// merge adds a file with devpm's part in it, or a warning why it stays as it is.
func (w *editorFiles) merge(step, path string, merged func(existing []byte) ([]byte, error)) {
	existing, mode, err := w.files.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		existing, mode, err = nil, 0o644, nil
	}
	if err == nil && len(existing) > maxConfigSize {
		err = errors.New("it is too large")
	}
	if err != nil {
		w.leave(step, path, &editor.LeftAlone{Reason: "it cannot be read: " + cause(err)})
		return
	}
	content, err := merged(existing)
	if left, ok := errors.AsType[*editor.LeftAlone](err); ok {
		w.leave(step, path, left)
		return
	}
	delete(w.want.Without, step)
	w.want.Files = append(w.want.Files, prepare.File{Step: step, Path: path, Content: content, Mode: mode & 0o666})
}

// leave says that a file stays as it is.
func (w *editorFiles) leave(step, path string, left *editor.LeftAlone) {
	d := diag.Diagnostic{
		Code: diag.EditorFileKept, Severity: diag.Warning, Range: diag.Range{File: path},
		Message: "the file is left alone: " + left.Reason, Fix: "give it the shape that the editor writes",
	}
	if left.Broken {
		d.Code, d.Fix = diag.EditorFileBroken, "repair it or move it away"
	}
	if left.Add == "" {
		d.Fix = "put a file that you can read in its place, or move what is there away"
	}
	if left.Add != "" {
		d.Fix += ", or add by hand:\n" + left.Add
	}
	w.want.Warnings = append(w.want.Warnings, d)
	if !slices.ContainsFunc(w.want.Files, func(f prepare.File) bool { return f.Step == step }) {
		w.want.Without[step] = path + " is left alone"
	}
}
