package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// seenFile keeps the Compose versions probed, in the state directory that the
// caller names. It is a cache: whatever is wrong with it counts as empty.
const seenFile = "compose-versions.json"

// seen maps fingerprints of programs to the version that they printed.
type seen map[string]string

func readSeen(dir string) seen {
	s := seen{}
	if dir == "" {
		return s
	}
	if b, err := os.ReadFile(filepath.Join(dir, seenFile)); err == nil {
		if json.Unmarshal(b, &s) != nil || s == nil {
			s = seen{}
		}
	}
	return s
}

func (s seen) version(id string) (string, bool) {
	v, ok := s[id]
	return v, ok && id != "" && v != ""
}

// keep replaces the file with this one verdict: programs that were there before
// are of no more use.
func (s seen) keep(dir, id, version string) {
	if dir == "" || id == "" {
		return
	}
	b, err := json.Marshal(seen{id: version})
	if err != nil || os.MkdirAll(dir, 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(dir, seenFile+".*")
	if err != nil {
		return
	}
	_, err = tmp.Write(b)
	if closeErr := tmp.Close(); err == nil && closeErr == nil {
		err = os.Rename(tmp.Name(), filepath.Join(dir, seenFile))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
}

// fingerprint names a command by path, size and time of its program and, for
// docker's plugin, of the plugin's. It is "" when the plugin's file is not
// found: then its version may change unseen, and nothing is kept.
func (l *locator) fingerprint(argv []string) string {
	files := []string{argv[0]}
	if len(argv) > 1 {
		plugin := ""
		for _, dir := range l.pluginDirs() {
			path := filepath.Join(dir, "docker-"+argv[1]+exeSuffix())
			if _, err := os.Stat(path); err == nil {
				plugin = path
				break
			}
		}
		if plugin == "" {
			return ""
		}
		files = append(files, plugin)
	}
	var parts []string
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return ""
		}
		parts = append(parts, fmt.Sprintf("%s %d %d", f, info.Size(), info.ModTime().UnixNano()))
	}
	return strings.Join(append(parts, argv[1:]...), "|")
}

// pluginDirs are the directories in which docker looks for plugins, in its
// order.
func (l *locator) pluginDirs() []string {
	config := l.env.dockerConfig()
	var dirs []string
	if config != "" {
		var settings struct {
			Extra []string `json:"cliPluginsExtraDirs"`
		}
		if b, err := os.ReadFile(filepath.Join(config, "config.json")); err == nil {
			_ = json.Unmarshal(b, &settings)
		}
		dirs = append(slices.Clone(settings.Extra), filepath.Join(config, "cli-plugins"))
	}
	if runtime.GOOS == "windows" {
		return append(dirs,
			filepath.Join(l.env.get("ProgramData"), "Docker", "cli-plugins"),
			filepath.Join(l.env.get("ProgramFiles"), "Docker", "cli-plugins"))
	}
	return append(dirs,
		"/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins",
		"/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins")
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
