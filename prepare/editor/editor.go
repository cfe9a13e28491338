// Package editor computes what an editor or debugger needs to work with the
// container's code: `.odpm/runtime/debug-profile.json`, the files of Visual
// Studio Code and PyCharm's run configuration (spec §5, §10).
//
// Users edit these files, so it takes what is there and changes only what is
// devpm's own in it. It is pure: bytes in, bytes out. It reads and writes no
// file, and does not know where mappings and ports come from.
package editor

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// The files, relative to the project.
const (
	ProfilePath  = ".odpm/runtime/debug-profile.json"
	LaunchPath   = ".vscode/launch.json"
	SettingsPath = ".vscode/settings.json"
	PyCharmPath  = ".run/devpm debug server.run.xml"
)

// Configuration is the name by which devpm knows its own configuration among
// the user's.
const Configuration = "devpm: attach"

// Profile is what a debugger needs to know.
type Profile struct {
	ProjectDir    string // absolute
	Service       string // Compose service that runs the code
	Host          string // where this machine reaches the debugger
	Port          int    // there
	ContainerPort int
	Mappings      []Mapping
}

// Mapping is a folder of this machine and what it is inside the container.
type Mapping struct {
	Role   string // platform, developing, dependency, environment
	Local  string // absolute
	Remote string
}

// Workspace is what an editor needs to find the code's imports.
type Workspace struct {
	ProjectDir  string
	Interpreter string   // absolute
	ExtraPaths  []string // absolute, in the order of search
}

// LeftAlone says why a file of the user's is not touched, and what to add by
// hand.
type LeftAlone struct {
	Reason string // "it is not JSON: …"
	Add    string // what devpm would have put in, to be pasted
	Broken bool   // the file itself is faulty
}

func (e *LeftAlone) Error() string { return e.Reason }

// JSON is debug-profile.json, which devpm alone writes: paths are absolute, and
// the mappings are in the order of the container's mounts.
func (p Profile) JSON() []byte {
	type mapping struct {
		Role   string `json:"role"`
		Local  string `json:"local"`
		Remote string `json:"remote"`
	}
	profile := struct {
		SchemaVersion int       `json:"schema_version"`
		Debugger      string    `json:"debugger"`
		Service       string    `json:"service"`
		Host          string    `json:"host"`
		Port          int       `json:"port"`
		ContainerPort int       `json:"container_port"`
		PathMappings  []mapping `json:"path_mappings"`
	}{1, "debugpy", p.Service, p.Host, p.Port, p.ContainerPort, []mapping{}}
	for _, m := range p.Mappings {
		profile.PathMappings = append(profile.PathMappings, mapping(m))
	}
	data, err := json.MarshalIndent(profile, "", "  ")
	if err != nil {
		panic(err) // strings and numbers only
	}
	return append(data, '\n')
}

// below writes a path with a variable of the editor in front when it lies in
// the project, so that the file means the same in another checkout.
func below(variable, project, local string) string {
	rel, err := filepath.Rel(project, local)
	switch {
	case err != nil || !filepath.IsLocal(rel):
		return filepath.ToSlash(local)
	case rel == ".":
		return variable
	}
	return path.Join(variable, filepath.ToSlash(rel))
}

// newline is how a file ends its lines.
func newline(text []byte) string {
	if strings.Contains(string(text), "\r\n") {
		return "\r\n"
	}
	return "\n"
}

func leftAlone(broken bool, add, format string, args ...any) error {
	return &LeftAlone{Reason: fmt.Sprintf(format, args...), Add: add, Broken: broken}
}
