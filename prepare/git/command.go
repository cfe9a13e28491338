package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/internal/execx"
)

// guards come before every subcommand. No repository may make git run a
// program of its choosing, recurse into submodules or start work in the
// background that outlives the command; a connection that says nothing for two
// minutes is dead.
var guards = []string{
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.fsmonitor=false",
	"-c", "protocol.ext.allow=never",
	"-c", "submodule.recurse=false",
	"-c", "fetch.recurseSubmodules=false",
	"-c", "gc.auto=0",
	"-c", "fetch.unpackLimit=1", // packs only: they are linked from the store
	"-c", "maintenance.auto=false",
	"-c", "advice.detachedHead=false",
	"-c", "checkout.workers=1", // interrupted.go expects at most one half-written file
	"-c", "http.lowSpeedLimit=1",
	"-c", "http.lowSpeedTime=120",
}

// ours are variables that would turn git away from the repository named by -C:
// they are set when devpm itself runs inside a git hook.
var ours = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_QUARANTINE_PATH",
	"GIT_TRACE", "GIT_CONFIG", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "LC_ALL", "LANGUAGE",
}

// errFailed is a git that ended with another exit code than 0.
type errFailed struct {
	argv   []string
	code   int
	stderr string
}

func (e *errFailed) Error() string {
	return Mask(strings.Join(e.argv, " ") + ": " + strings.TrimSpace(e.stderr))
}

// call is one git to run.
type call struct {
	args       []string
	stdin      io.Reader
	report     func(detail string, percent int) // nil: progress is dropped
	foreground bool                             // may ask the person at the terminal
	ssh        string                           // GIT_SSH_COMMAND in the background; "" leaves it
	config     [][2]string                      // settings that must not be seen in the list of processes
}

// git runs git in a working tree and returns its standard output. The error is
// *errFailed, *execx.StartError, the context's or one of broken streams.
func (c *Client) git(ctx context.Context, dir string, args ...string) (string, error) {
	return c.run(ctx, dir, call{args: args})
}

func (c *Client) run(ctx context.Context, dir string, k call) (string, error) {
	if c.Runner == nil {
		return "", &execx.StartError{Name: "git", Reason: execx.NotFound, Err: errors.New("no process may be started")}
	}
	argv := slices.Concat([]string{"git", "-C", dir}, guards, k.args)
	var stdout, stderr strings.Builder
	errs := &progressWriter{text: &stderr, report: k.report}
	result, err := c.Runner.Run(ctx, execx.Command{
		Argv:       argv,
		Env:        append(c.environ(k), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir)), // no repository above it is meant
		Stdin:      k.stdin,
		Stdout:     &stdout,
		Stderr:     errs,
		Foreground: k.foreground,
	})
	errs.flush()
	switch {
	case err != nil:
		return "", err
	case ctx.Err() != nil:
		return "", ctx.Err()
	case result.ExitCode != 0:
		return stdout.String(), &errFailed{argv: append([]string{"git"}, k.args...), code: result.ExitCode, stderr: stderr.String()}
	}
	return stdout.String(), nil
}

// environ is git's environment. In the background nothing may ask: git, its
// helpers and ssh fail instead, since a question nobody sees is a hang.
func (c *Client) environ(k call) []string {
	env := slices.DeleteFunc(slices.Clone(c.Env), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return slices.Contains(ours, key)
	})
	env = append(env, "LC_ALL=C") // failure.go reads the messages
	if c.Offline {
		env = append(env, "GIT_ALLOW_PROTOCOL=file")
	}
	env = withConfig(env, k.config)
	if k.foreground {
		return env
	}
	env = append(env,
		"GIT_TERMINAL_PROMPT=0",
		"GIT_ASKPASS=", // set and empty: no askpass program at all
		"SSH_ASKPASS_REQUIRE=never",
		"GCM_INTERACTIVE=never",
	)
	if k.ssh != "" {
		env = append(env, "GIT_SSH_COMMAND="+k.ssh)
	}
	return env
}

// withConfig adds settings to those that the environment already has for git
// (git-config(1), GIT_CONFIG_COUNT).
func withConfig(env []string, config [][2]string) []string {
	if len(config) == 0 {
		return env
	}
	const count = "GIT_CONFIG_COUNT="
	n := 0
	env = slices.DeleteFunc(env, func(kv string) bool {
		text, found := strings.CutPrefix(kv, count)
		if found {
			n, _ = strconv.Atoi(text) // git refuses another text by itself, and we add to none
		}
		return found
	})
	for _, kv := range config {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, kv[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, kv[1]))
		n++
	}
	return append(env, count+strconv.Itoa(n))
}

// batchSSH is the user's ssh command with the order to fail instead of asking;
// "" when nothing is to be changed: no ssh is needed, or GIT_SSH names a
// program that is not known to be OpenSSH.
func (c *Client) batchSSH(ctx context.Context, dir, url string) string {
	if strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "/") {
		return ""
	}
	command := c.lookup("GIT_SSH_COMMAND")
	if command == "" && c.lookup("GIT_SSH") != "" {
		return ""
	}
	if command == "" {
		configured, _ := c.git(ctx, dir, "config", "--get", "core.sshCommand")
		command = strings.TrimSpace(configured)
	}
	if command == "" {
		command = "ssh"
	}
	return command + " -o BatchMode=yes -o ConnectTimeout=30"
}

func (c *Client) lookup(key string) string {
	for _, kv := range slices.Backward(c.Env) {
		if k, v, ok := strings.Cut(kv, "="); ok && k == key {
			return v
		}
	}
	return ""
}
