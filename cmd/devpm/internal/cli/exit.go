package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
)

// The exit statuses (design §7). exitMeaning says the same to users.
const (
	exitOK          = 0
	exitError       = 1
	exitChanges     = 2
	exitUsage       = 64
	exitLocked      = 75
	exitUntrusted   = 77
	exitTimeout     = 124
	exitUnstartable = 126
	exitNotFound    = 127
	exitInterrupted = 130
	// exitChild is no status: it stands for "the command's own" in help.
	exitChild = -1
)

var exitMeaning = map[int]string{
	exitOK:          "success",
	exitError:       "an error",
	exitChanges:     "changes are pending (only with --detailed-exitcode)",
	exitUsage:       "wrong flags or arguments",
	exitLocked:      "another run holds the project",
	exitUntrusted:   "the project is not trusted",
	exitTimeout:     "a hook or command took longer than its timeout",
	exitUnstartable: "a program could not be started",
	exitNotFound:    "a program was not found",
	exitInterrupted: "interrupted",
	exitChild:       "any other: the status of the hook or command that failed",
}

// exitStatus states in a command's help which statuses it can end with.
func exitStatus(cmd *cobra.Command, codes ...int) {
	var b strings.Builder
	for _, c := range codes {
		if c == exitChild {
			fmt.Fprintf(&b, "  n    %s\n", exitMeaning[c])
			continue
		}
		fmt.Fprintf(&b, "  %-3d  %s\n", c, exitMeaning[c])
	}
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[annotationExit] = b.String()
}

// statusError ends the run with a status of its own. With a nil err the reason
// has been printed already, or is the status itself.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error   { return e.err }
func (e *statusError) ExitStatus() int { return e.status }

// withStatus makes err end the run with a status. A nil err prints nothing.
func withStatus(status int, err error) error { return &statusError{status, err} }

// exiter is what an error of any room implements to choose the exit status, as
// a failing hook does. (Not ExitCode: programs that could not be started have
// that, and a git that failed is no status of ours.)
type exiter interface{ ExitStatus() int }

// usageError is a wrong flag or argument: it shows how the command is used.
type usageError struct {
	cmd *cobra.Command // nil: the command that was running
	err error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// statusOf maps what a run returned to its exit status.
func statusOf(ctx context.Context, err error) int {
	var (
		usage *usageError
		coded exiter
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &coded):
		return coded.ExitStatus()
	default:
		return exitError
	}
}

// report prints what a run returned, as the product that it is: diagnostics as
// diagnostics, usage errors with the usage, everything else in one line.
func (a *App) report(ctx context.Context, cmd *cobra.Command, err error) {
	var (
		usage   *usageError
		failure *diag.Failure
		judged  diagnosed
		status  *statusError
	)
	switch {
	case err == nil:
	case errors.As(err, &usage):
		if usage.cmd != nil {
			cmd = usage.cmd
		}
		if a.Format == "" { // what is wrong may stand before --format
			a.Format = askedFormat(cmd, a.args)
		}
		if a.Format == "json" || a.Format == "sarif" {
			a.findings(diag.List{{Code: diag.UsageWrong, Message: usage.Error(), Fix: fmt.Sprintf("usage: %s; see `%s --help`", cmd.UseLine(), cmd.CommandPath())}})
			return
		}
		if a.LogFormat == LogJSON {
			a.log().Message(termx.LevelError, usage.Error())
			return
		}
		p := a.Err()
		fmt.Fprintf(p.W, "%s %v\n\nUsage: %s\nRun '%s --help' for more.\n", p.Style.Red("devpm:"), usage.err, cmd.UseLine(), cmd.CommandPath())
	case errors.As(err, &failure):
		a.findings(failure.List)
	case errors.As(err, &judged):
		a.findings(judged.Diagnostics())
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		if a.LogFormat == LogJSON {
			a.log().Message(termx.LevelWarning, "interrupted")
			return
		}
		fmt.Fprintln(a.Streams.Err, a.Err().Style.Yellow("devpm: interrupted"))
	case errors.As(err, &status) && status.err == nil:
	default:
		a.findings(diag.List{{Code: diag.CommandFailed, Message: oneLine(err)}})
	}
}

// askedFormat is the --format of arguments that could not be read to their end;
// "" when the command has none.
func askedFormat(cmd *cobra.Command, args []string) (format string) {
	if cmd.Flags().Lookup("format") == nil {
		return ""
	}
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--format="); ok {
			format = value
		} else if arg == "--format" && i+1 < len(args) {
			format = args[i+1]
		}
	}
	return format
}

// findings prints diagnostics where this run's readers look for them: as one
// JSON document, SARIF log, list of annotations or comment on stdout with that --format,
// as text on stderr otherwise. With -q only errors are printed.
func (a *App) findings(list diag.List) {
	switch a.Format {
	case "json":
		if err := a.Out().DiagnosticsJSON(list); err == nil {
			return
		}
	case "sarif":
		if err := a.Out().SARIF(list); err == nil {
			return
		}
	case "github":
		a.Out().GitHub(list)
		return
	case "markdown":
		a.Out().FindingsMarkdown(list)
		return
	}
	if a.Verbosity < 0 && !list.HasErrors() {
		return
	}
	a.diagnose(list)
}

// diagnose prints diagnostics on stderr in the form that --log-format asks for.
func (a *App) diagnose(list diag.List) {
	if a.LogFormat == LogJSON {
		a.log().Diagnostics(list)
		return
	}
	a.Err().Diagnostics(list)
}

// say prints one line of devpm's own about what it did.
func (a *App) say(text string) { a.tell("devpm: ", text) }

// tell prints a line on stderr in the form that --log-format asks for, as text
// with a prefix; with -q it prints nothing.
func (a *App) tell(prefix, text string) {
	switch {
	case a.Verbosity < 0:
	case a.LogFormat == LogJSON:
		a.log().Message(termx.LevelInfo, text)
	default:
		fmt.Fprintln(a.Streams.Err, prefix+termx.Plain(text))
	}
}

// log prints on stderr with --log-format json.
func (a *App) log() view.Log { return view.Log{W: a.Streams.Err, Now: a.Now} }

// diagnosed is what an error of any room implements that holds diagnostics
// without being a *diag.Failure.
type diagnosed interface{ Diagnostics() diag.List }

// oneLine is an error as one line: a chain of several contexts keeps the
// outermost (what devpm was doing) and the innermost two parts (what happened).
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	parts := strings.Split(text, ": ")
	if len(parts) <= 4 {
		return text
	}
	return strings.Join([]string{parts[0], parts[len(parts)-2], parts[len(parts)-1]}, ": ")
}
