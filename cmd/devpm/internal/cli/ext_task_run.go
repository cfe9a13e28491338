package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest/secrets"
)

// maxTaskOutput bounds what --format json keeps of a command's output, in bytes.
const maxTaskOutput = 8 << 20

var errTaskTimeout = errors.New("the command took too long")

// launch starts the program, runs the command and shows how it ended.
func (t *task) launch(ctx context.Context) (err error) {
	progress := t.app.Progress()
	defer progress.Close()
	defer t.app.programs.show(progress)()
	redactor := secrets.NewRedactor(t.fields.secrets)
	out := &taskOutput{to: t.app.Streams.Out, keep: t.options.Format == "json", redactor: redactor}
	h := host.New(host.Options{
		Self: t.app.Self, Limits: host.Limits{Cancel: t.options.CancelTimeout}, Output: out.write,
		Log: func(extension, level, message string) { t.app.extensionSaid(extension, level, redactor.Text(message)) },
		Progress: func(extension, message string, percent *float64) {
			if percent != nil {
				message = fmt.Sprintf("%s %.0f%%", message, *percent)
			}
			t.app.extensionSaid(extension, "info", redactor.Text(message))
		},
	})
	defer func() {
		if closed := h.Close(); closed != nil && err == nil && t.app.Verbosity >= 0 {
			if f, ok := errors.AsType[*host.Failure](closed); ok {
				t.app.diagnose(f.Diagnostics())
			}
		}
	}()
	session, err := h.Start(ctx, t.program, t.initialize())
	if err != nil {
		return extensionFailed(ctx, err)
	}
	description, err := session.Describe(ctx)
	if err != nil {
		return extensionFailed(ctx, err)
	}
	name, err := t.command(description)
	if err != nil {
		return err
	}
	run, stop := ctx, context.CancelFunc(func() {})
	if t.options.Timeout > 0 {
		run, stop = context.WithTimeoutCause(ctx, t.options.Timeout, errTaskTimeout)
	}
	defer stop()
	result, err := session.Command(run, protocol.CommandParams{Name: name, Fields: t.fields.values})
	v := view.Task{Extension: t.deployed.Name, ExtensionVersion: t.deployed.Described(), Command: name, State: view.TaskSuccess,
		ExitCode: result.ExitCode, Message: redactor.Text(result.Message), Output: result.Output}
	switch {
	case ctx.Err() != nil:
		v.State, v.ExitCode = view.TaskCancelled, exitInterrupted
	case errors.Is(err, errTaskTimeout):
		v.State, v.ExitCode = view.TaskTimedOut, exitTimeout
	case err != nil:
		return masked(redactor, extensionFailed(ctx, err))
	case result.ExitCode != 0:
		v.State = view.TaskFailed
	}
	v.Killed = session.Overran()
	if len(v.Output) > 0 {
		v.Output = []byte(redactor.Text(string(v.Output)))
	}
	return t.show(ctx, v, out)
}

// show prints how a command ended, and makes that the run's status.
func (t *task) show(ctx context.Context, v view.Task, out *taskOutput) error {
	if t.options.Format == "json" {
		v.Stdout, v.Truncated = out.text()
		if err := t.app.Out().TaskJSON(v); err != nil {
			return err
		}
		return withStatusUnlessOK(v.ExitCode)
	}
	t.app.Out().TaskOutput(v.Output)
	for _, field := range view.TaskFields(v.Output) {
		t.app.tell("", field)
	}
	who := fmt.Sprintf("%s of the extension %s", v.Command, v.Extension)
	stopped := "it was told to stop, and did"
	if v.Killed {
		stopped = fmt.Sprintf("it was told to stop, did not within %s, and was ended", t.options.CancelTimeout)
	}
	if v.State != view.TaskFailed && v.Message != "" && t.app.Verbosity >= 0 {
		t.app.extensionSaid(v.Extension, "info", v.Message)
	}
	switch v.State {
	case view.TaskCancelled:
		if v.Killed && t.app.Verbosity >= 0 {
			t.app.extensionSaid(v.Extension, "warning", stopped)
		}
		return context.Cause(ctx)
	case view.TaskTimedOut:
		return withStatus(exitTimeout, fault(diag.TaskTimeout, "", fmt.Sprintf("%s took longer than %s: %s", who, t.options.Timeout, stopped),
			"give it more time with --timeout, or see in its log what it waits for"))
	case view.TaskFailed:
		message := v.Message
		if message == "" {
			message = "it gives no reason"
		}
		return withStatus(v.ExitCode, fault(diag.TaskFailed, "", fmt.Sprintf("%s ended with %d: %s", who, v.ExitCode, message),
			"its log and the extension's documentation say more"))
	}
	return nil
}

func withStatusUnlessOK(status int) error {
	if status == exitOK {
		return nil
	}
	return withStatus(status, nil)
}

// masked takes the secrets of fields out of what a program says of its failure.
func masked(r *secrets.Redactor, err error) error {
	if f, ok := errors.AsType[*host.Failure](err); ok {
		f.Diagnostic.Message, f.Diagnostic.Fix = r.Text(f.Diagnostic.Message), r.Text(f.Diagnostic.Fix)
		for i := range f.Others {
			f.Others[i].Message = r.Text(f.Others[i].Message)
		}
	}
	return err
}

// command is the name of the command that --command means; without it the only
// one, or the one that starts a Stonebranch extension.
func (t *task) command(d *protocol.Description) (string, error) {
	prefix := "devpm.command." + t.deployed.Name
	var known []string
	for _, r := range d.Registrations {
		if r.Kind == protocol.KindCommand {
			known = append(known, r.Name)
		}
	}
	slices.Sort(known)
	asked := t.options.Command
	for _, name := range []string{asked, prefix + "." + asked} {
		if asked != "" && slices.Contains(known, name) {
			return name, nil
		}
	}
	switch {
	case asked == "" && slices.Contains(known, prefix):
		return prefix, nil
	case asked == "" && len(known) == 1:
		return known[0], nil
	}
	message, fix := fmt.Sprintf("the extension %s has no command", t.deployed.Name), "`devpm ext inspect "+t.deployed.Name+"` shows what it can do"
	if len(known) > 0 {
		message = fmt.Sprintf("the extension %s has %d commands, and none is named", t.deployed.Name, len(known))
		if asked != "" {
			message = fmt.Sprintf("the extension %s has no command %q", t.deployed.Name, asked)
		}
		fix = "name one with --command: " + strings.Join(known, ", ")
	}
	return "", fault(diag.TaskNone, "", message, fix)
}

// taskOutput is where the output of a command goes: to stdout as it comes, or
// into the document of --format json.
type taskOutput struct {
	to       io.Writer
	keep     bool
	redactor *secrets.Redactor

	mu   sync.Mutex
	kept strings.Builder
	cut  bool
}

func (o *taskOutput) write(_, text string) {
	text = o.redactor.Text(text)
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.keep {
		_, _ = io.WriteString(o.to, text) // nobody is left to tell
		return
	}
	if room := maxTaskOutput - o.kept.Len(); len(text) > room {
		text, o.cut = strings.ToValidUTF8(text[:room], ""), true
	}
	o.kept.WriteString(text)
}

func (o *taskOutput) text() (string, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.kept.String(), o.cut
}
