package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// probeTimeout bounds one version probe.
const probeTimeout = 10 * time.Second

// Tool is a Compose command that can be run.
type Tool struct {
	Argv    []string // program, absolute, and leading arguments: ["/usr/bin/docker", "compose"]
	Version Version
}

// LocateOptions say where to look for Compose.
type LocateOptions struct {
	Runner execx.Runner
	Env    []string // of the process: PATH, HOME, DOCKER_CONFIG, DEVPM_COMPOSE
	// CacheDir keeps the versions seen, by path, size and time of the programs;
	// "" keeps nothing. It is made when needed.
	CacheDir string
}

// Locate finds the Compose that the user has: DEVPM_COMPOSE, `docker compose`,
// `docker-compose`, in that order (design decision 9), 2.20 or later. A version
// probe costs some 35 ms and is done only when the programs changed. The error
// is a *diag.Failure with one of DPM5001 to DPM5005.
func Locate(ctx context.Context, o LocateOptions) (Tool, error) {
	l := locator{LocateOptions: o, env: o.Env, seen: readSeen(o.CacheDir)}
	if named := strings.TrimSpace(l.env.get("DEVPM_COMPOSE")); named != "" {
		return l.named(ctx, named)
	}
	var tooOld error
	for _, argv := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		tool, err := l.try(ctx, argv)
		if err == nil {
			return tool, nil
		}
		if ctx.Err() != nil {
			return Tool{}, fmt.Errorf("looking for Compose: %w", ctx.Err())
		}
		if _, judged := ProblemOf(err); judged && tooOld == nil {
			tooOld = err
		}
	}
	if tooOld != nil {
		return Tool{}, tooOld
	}
	return Tool{}, fault(diag.NoCompose,
		"neither `docker compose` nor `docker-compose` is there",
		"install Docker Desktop, or the package docker-compose-plugin (Debian: docker-compose) beside docker; "+
			"a Compose in another place is named by DEVPM_COMPOSE")
}

type locator struct {
	LocateOptions
	env  environ
	seen seen
}

// named uses what DEVPM_COMPOSE says: the path of a program, also with blanks
// in it, or a command with arguments.
func (l *locator) named(ctx context.Context, value string) (Tool, error) {
	argv := []string{value}
	if _, err := execx.LookPath(value, l.env.get("PATH"), ""); err != nil {
		argv = strings.Fields(value)
	}
	// The command `docker` alone is meant as its compose plugin.
	if len(argv) == 1 && strings.TrimSuffix(filepath.Base(argv[0]), ".exe") == "docker" {
		argv = append(argv, "compose")
	}
	tool, err := l.try(ctx, argv)
	if _, judged := ProblemOf(err); err == nil || judged {
		return tool, err
	}
	return Tool{}, fault(diag.BadComposeVariable,
		fmt.Sprintf("DEVPM_COMPOSE is %q, which cannot be used: %s", value, reasonFor(err)),
		"set it to a Compose program such as \"docker compose\" or /usr/local/bin/docker-compose, or unset it")
}

// try probes one command. An error without a diagnostic means that there is no
// Compose under this name.
func (l *locator) try(ctx context.Context, argv []string) (Tool, error) {
	path, err := execx.LookPath(argv[0], l.env.get("PATH"), "")
	if err != nil {
		return Tool{}, err
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	tool := Tool{Argv: append([]string{path}, argv[1:]...)}
	id := l.fingerprint(tool.Argv)
	raw, known := l.seen.version(id)
	if !known {
		raw, err = l.probe(ctx, tool.Argv)
		if err != nil {
			return Tool{}, err
		}
	}
	tool.Version = ParseVersion(raw)
	if err := judge(tool); err != nil {
		return Tool{}, err
	}
	if !known {
		l.seen.keep(l.CacheDir, id, raw)
	}
	return tool, nil
}

func (l *locator) probe(ctx context.Context, argv []string) (string, error) {
	var out strings.Builder
	r, err := l.Runner.Run(ctx, execx.Command{
		Argv:    append(append([]string{}, argv...), "version", "--short"),
		Env:     l.env.forCompose(),
		Stdout:  &out,
		Timeout: probeTimeout,
		Grace:   time.Second,
		Tail:    5,
	})
	name := commandName(argv)
	switch {
	case err != nil:
		return "", err
	case r.TimedOut:
		return "", fault(diag.ComposeSilent,
			fmt.Sprintf("%s did not tell its version within %s", name, probeTimeout),
			fmt.Sprintf("run `%s version` and see what holds it", name))
	case r.ExitCode != 0:
		return "", fmt.Errorf("%s version ended with %d: %s", name, r.ExitCode, strings.Join(r.Tail, "; "))
	}
	return strings.TrimSpace(out.String()), nil
}

// judge refuses versions that devpm cannot drive.
func judge(t Tool) error {
	name := commandName(t.Argv)
	switch {
	case t.Version.Known() && t.Version.Major < 2:
		return fault(diag.ComposeV1,
			fmt.Sprintf("%s is Compose %s, and Compose v1 is not supported", name, t.Version),
			"install Compose v2 or later as docker's plugin (package docker-compose-plugin), or name another one in DEVPM_COMPOSE")
	case !t.Version.AtLeast(oldestCompose):
		return fault(diag.ComposeTooOld,
			fmt.Sprintf("%s is Compose %s, devpm needs %s or later", name, t.Version, oldestCompose),
			"update Docker Desktop or the package docker-compose-plugin")
	}
	return nil
}

// commandName is how a user would type the command.
func commandName(argv []string) string {
	return strings.Join(append([]string{strings.TrimSuffix(filepath.Base(argv[0]), ".exe")}, argv[1:]...), " ")
}

// reasonFor is the cause of a failed probe in a few words.
func reasonFor(err error) string {
	if start, ok := errors.AsType[*execx.StartError](err); ok {
		return fmt.Sprintf("%s: %s", start.Name, string(start.Reason))
	}
	return err.Error()
}
