package engine

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// CommandError is a Compose command that ran and failed. errors.As also finds
// the *diag.Failure in it.
type CommandError struct {
	Command  string // "docker compose up"
	ExitCode int
	Lines    []string // the last lines of its output, for people
	failure  *diag.Failure
}

// Error is the diagnostics' text.
func (e *CommandError) Error() string { return e.failure.Error() }

// Unwrap returns the diagnostics.
func (e *CommandError) Unwrap() error { return e.failure }

// newCommandError explains a failed command by the messages that Compose
// called errors, or else by its last line.
func newCommandError(tool Tool, verb string, r execx.Result, p *progressReader) *CommandError {
	p.mu.Lock()
	defer p.mu.Unlock()
	command := commandName(tool.Argv) + " " + verb
	said := p.errors
	if len(said) == 0 && len(p.kept) > 0 {
		said = p.kept[len(p.kept)-1:]
	}
	var list diag.List
	for _, message := range said {
		d := explain(command, message)
		if d.Code == diag.ImageUnavailable && len(p.images) > 0 {
			d.Message = fmt.Sprintf("%s: the image %s cannot be had: %s", command, strings.Join(p.images, ", "), firstLine(message))
		}
		list = append(list, d)
	}
	if len(list) == 0 {
		list = diag.List{{
			Code:    diag.ComposeFailed,
			Message: fmt.Sprintf("%s ended with %d and said nothing", command, r.ExitCode),
			Fix:     "run it by hand with `devpm compose -- " + verb + "`",
		}}
	}
	return &CommandError{
		Command: command, ExitCode: r.ExitCode,
		Lines:   append([]string(nil), p.kept...),
		failure: &diag.Failure{List: list.Sorted()},
	}
}

// known are the failures that users meet, by what the engine or Compose says.
// The first that matches wins. Compiled on the first failure, not at start.
var known = sync.OnceValue(func() []knownFailure {
	return []knownFailure{
		{
			regexp.MustCompile(`(?i)error during connect`),
			diag.EngineUnreachable,
			"check DOCKER_HOST or the docker context, and see whether `docker ps` works",
		},
		{
			regexp.MustCompile(`(?i)compose file .* is invalid: open .*(no such file|cannot find)|open .*docker-compose\.yml: no such file`),
			diag.ComposeDocumentRefused,
			"run `devpm up`, which writes the document",
		},
		{
			regexp.MustCompile(`(?i)port is already allocated|address already in use|ports are not available`),
			diag.HostPortTakenAtStart,
			"stop what holds the port, or publish another one; `devpm doctor` names the holder",
		},
		{
			regexp.MustCompile(`(?i)no space left on device|disk quota exceeded`),
			diag.EngineDiskFull,
			"free space for the engine, for example with `docker system prune`, and run again",
		},
		{
			regexp.MustCompile(`(?i)container name .* is already in use`),
			diag.ContainerNameTaken,
			"remove that container, or do not set container_name",
		},
		{
			regexp.MustCompile(`(?i)(network|volume) .*declared as external, but could not be found|external (network|volume) .* not found`),
			diag.ExternalResourceMissing,
			"create it (`docker network create NAME`, `docker volume create NAME`), or drop `external: true`",
		},
		{
			regexp.MustCompile(`(?i)dependency failed to start|service ".*" didn't complete successfully|service .* is unhealthy|container .* is unhealthy|is missing dependency`),
			diag.ServiceDependencyFailed,
			"see why with `devpm logs SERVICE`",
		},
		{
			regexp.MustCompile(`(?i)failed to solve|failed to build|failed to execute bake|executor failed running`),
			diag.ImageBuildFailed,
			"read the last lines of the build, mend the Dockerfile or its context, and run again",
		},
		{
			regexp.MustCompile(`(?i)pull access denied|manifest unknown|manifest for .* not found|no such image|repository does not exist|/v2/|toomanyrequests|no matching manifest`),
			diag.ImageUnavailable,
			"check the image's name and tag, the network and `docker login`; an image that is only built here needs pull_policy: never or build",
		},
		{
			regexp.MustCompile(`(?i)invalid mount config|error while mounting volume|bind source path does not exist|mounts denied|not a directory: unknown: Are you trying to mount`),
			diag.VolumeMountFailed,
			"check that the host path exists and is of the same kind, file or directory, as the place it is mounted on",
		},
		{
			regexp.MustCompile(`(?i)failed to parse|compose file .* is invalid|validating .*:|load error in|undefined (network|volume|service|config|secret)|invalid compose project|unmarshal`),
			diag.ComposeDocumentRefused,
			"run `devpm manifest validate`, which places the fault in the manifest",
		},
		{
			regexp.MustCompile(`(?i)cannot connect to the Docker daemon|failed to connect to the docker API`),
			diag.EngineNotRunning,
			startHint(),
		},
		{
			regexp.MustCompile(`(?i)permission denied while trying to connect`),
			diag.EngineDenied,
			"run `sudo usermod -aG docker $USER` and log in again",
		},
	}
})

type knownFailure struct {
	pattern *regexp.Regexp
	code    diag.Code
	fix     string
}

// explain is the diagnostic for one message of Compose.
func explain(command, said string) diag.Diagnostic {
	text := firstLine(said)
	for _, k := range known() {
		if k.pattern.MatchString(said) {
			return diag.Diagnostic{Code: k.code, Message: command + ": " + text, Fix: k.fix}
		}
	}
	return diag.Diagnostic{
		Code: diag.ComposeFailed, Message: command + ": " + text,
		Fix: "the last lines of its output say more; `devpm compose -- ARGS` runs any Compose command on this project",
	}
}

// noise is what programs say of themselves inside a message, and no user needs.
var noise = sync.OnceValue(func() []rewriting {
	return []rewriting{
		{regexp.MustCompile(`^Error response from daemon: `), ""},
		{regexp.MustCompile(`^error during connect: .* stderr=`), "the engine cannot be reached: "},
		{regexp.MustCompile(`rpc error: code = \w+ desc = `), ""},
		{regexp.MustCompile(`failed to solve with frontend [\w.]+: `), ""},
		{regexp.MustCompile(`\bopen \S*/buildkit-mount\d+/`), "open "},
		{regexp.MustCompile(`\b(?:Get|Head|Post) "https?://([^/"]+)[^"]*": `), "$1: "},
		{regexp.MustCompile(`\bdial tcp(?: \S+)?: (?:lookup \S+(?: on \S+)?: )?`), ""},
	}
})

type rewriting struct {
	pattern *regexp.Regexp
	by      string
}

// firstLine is what a message says before it goes into detail, without noise.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	for _, n := range noise() {
		line = n.pattern.ReplaceAllString(line, n.by)
	}
	return strings.TrimRight(line, ". ")
}
