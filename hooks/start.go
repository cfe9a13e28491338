package hooks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// noServiceError is an entry for a service in a phase where none runs.
type noServiceError struct{ service string }

func (e *noServiceError) Error() string {
	return fmt.Sprintf("service %q cannot be reached", e.service)
}

// unstartable words why a hook did not start, with the exit status that shells
// use for it (design §7).
func unstartable(err error, shown, dir string) (status int, code diag.Code, message, fix string) {
	var (
		start   *execx.StartError
		service *noServiceError
	)
	switch {
	case errors.As(err, &service):
		return 1, diag.HookService, fmt.Sprintf("%s cannot run inside service %q: no service runs in this phase", shown, service.service),
			"move the entry to post_up or pre_down, or remove `service`"
	case !errors.As(err, &start):
		return execx.ExitNotExecutable, diag.HookNotExecutable, fmt.Sprintf("%s could not be run: %v", shown, err), "run the same command by hand in " + dir
	case start.Reason == execx.NotFound:
		return start.ExitCode(), diag.HookNotFound, fmt.Sprintf("the program %q was not found", start.Name),
			"install it, correct the name, or give its path; a path with a slash is relative to " + dir
	case start.Reason == execx.BadInterpreter:
		return start.ExitCode(), diag.HookNotExecutable, fmt.Sprintf("%q names an interpreter in its first line that is not there", start.Name),
			"install the interpreter, or correct the #! line (Windows line endings break it too)"
	case start.Reason == execx.BadDirectory:
		return start.ExitCode(), diag.HookNotExecutable, fmt.Sprintf("the directory %s, in which it runs, cannot be entered", start.Name),
			"see whether it is still there, and whether you may enter it"
	case start.Reason == execx.Other && start.Err != nil:
		return start.ExitCode(), diag.HookNotExecutable, fmt.Sprintf("%q cannot be started: %v", start.Name, cause(start.Err)), "run the same command by hand in " + dir
	case isDirectory(start.Name, dir):
		return start.ExitCode(), diag.HookNotExecutable, fmt.Sprintf("%q is a directory, not a program", start.Name),
			"name the program itself"
	default:
		return start.ExitCode(), diag.HookNotExecutable, fmt.Sprintf("%q cannot be executed: %s", start.Name, start.Reason),
			"make it executable: chmod +x " + start.Name
	}
}

// cause is what the system said, without the path that it was about.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

func isDirectory(name, dir string) bool {
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
