package host

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/execx"
)

// Program is what is started for an extension, or for all plugins of a project.
type Program struct {
	Name     string   // of the extension, as users see it
	Argv     []string // an absolute program first
	Dir      string   // working directory
	Env      []string // complete; see Environment
	Preamble []byte   // written to standard input before the first message
	Profile  sandbox.Profile
	// Shared is set for a program that holds several extensions. Each speaks in
	// its own name then; the program of one extension cannot take another's.
	Shared bool
}

// command is how the program is started: by the sandbox's helper, and below a
// holder where it can start others.
func (h *Host) command(p Program) execx.Command {
	c := execx.Command{Argv: p.Argv, Dir: p.Dir, Env: p.Env, Grace: h.opt.Limits.Shutdown}
	if h.opt.Self == "" || len(p.Argv) == 0 {
		return c
	}
	kernel := sandbox.This()
	c.Argv = kernel.Command(h.opt.Self, p.Profile, p.Argv)
	if p.Profile.Spawn || !kernel.Level(p.Profile).Processes {
		c.Holder = h.opt.Self
	}
	return c
}

// passed are the variables that a program gets from the user's environment:
// where things are, language, time zone, certificates. Names that end in "*"
// stand for all with that beginning.
var passed = []string{
	"HOME", "LANG", "LANGUAGE", "LC_*", "LOGNAME", "PATH", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR", "TZ", "USER",
	// Without these, few programs start on Windows.
	"APPDATA", "COMSPEC", "LOCALAPPDATA", "PATHEXT", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE", "WINDIR",
}

// passedForNetwork are those that only matter to who may use the network. A
// proxy's address may hold a password.
var passedForNetwork = []string{
	"ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY",
	"DOCKER_CERT_PATH", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST", "DOCKER_TLS_VERIFY",
}

// marker is set to "1" in the environment of every program of an extension.
const marker = "DEVPM_EXTENSION"

// Environment makes the environment of a program from the user's: an allow-list,
// so that a token in a variable never reaches an extension. The result is
// sorted.
func Environment(base []string, network bool) []string {
	allowed := passed
	if network {
		allowed = slices.Concat(passed, passedForNetwork)
	}
	var out []string
	for _, entry := range base {
		key, _, ok := strings.Cut(entry, "=")
		if ok && slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, key) }) {
			out = append(out, entry)
		}
	}
	out = append(out, marker+"=1")
	slices.Sort(out)
	return out
}

// matches compares without case: Windows writes "Path", and proxies are named
// in either case.
func matches(pattern, key string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return len(key) >= len(prefix) && strings.EqualFold(key[:len(prefix)], prefix)
	}
	return strings.EqualFold(pattern, key)
}
