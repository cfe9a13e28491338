package engine

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// environ is an environment as a list, last value wins.
type environ []string

func (e environ) get(key string) string {
	for _, v := range slices.Backward(e) {
		k, v, ok := strings.Cut(v, "=")
		if ok && (k == key || runtime.GOOS == "windows" && strings.EqualFold(k, key)) {
			return v
		}
	}
	return ""
}

// dockerConfig is the directory of the docker command's own settings, or "".
func (e environ) dockerConfig() string {
	if dir := e.get("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home := e.get("HOME")
	if runtime.GOOS == "windows" {
		home = e.get("USERPROFILE")
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".docker")
}

// ruled are the variables by which Compose would take other files, another
// project or other services than the plan showed. Profiles come from the
// caller, who planned with them.
var ruled = []string{
	"COMPOSE_ANSI", "COMPOSE_DISABLE_ENV_FILE", "COMPOSE_ENV_FILES", "COMPOSE_FILE",
	"COMPOSE_IGNORE_ORPHANS", "COMPOSE_MENU", "COMPOSE_PATH_SEPARATOR", "COMPOSE_PROFILES",
	"COMPOSE_PROGRESS", "COMPOSE_PROJECT_NAME", "COMPOSE_REMOVE_ORPHANS", "COMPOSE_STATUS_STDOUT",
}

// forCompose is the environment without the variables that devpm decides.
func (e environ) forCompose() []string {
	return slices.DeleteFunc(slices.Clone(e), func(kv string) bool {
		k, _, _ := strings.Cut(kv, "=")
		return slices.Contains(ruled, k)
	})
}
