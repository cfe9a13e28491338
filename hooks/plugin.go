package hooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/manifest"
)

// plugin runs an entry that names the hook runner of an extension. A nil failure
// and error mean that it succeeded.
func (r *Runner) plugin(ctx context.Context, phase string, entry manifest.HookEntry, fail func(int, diag.Code, string, string) *Failure) (*Failure, error) {
	if r.Plugin == nil {
		f := fail(1, "", "", "")
		f.Diagnostic = Unknown(entry, nil)
		return f, nil
	}
	watch := newSilence(r.Quiet, func(since time.Duration) {
		// Its host shows what it writes; whether it is silent is not known here.
		r.Line(entry.Plugin, fmt.Sprintf("still running after %s", since))
	})
	defer watch.stop()
	limited := ctx
	if entry.Timeout > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, entry.Timeout)
		defer cancel()
	}
	err := r.Plugin(limited, entry.Plugin, phase)
	switch {
	case err == nil:
		return nil, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return fail(execx.ExitTimeout, diag.HookTimeout, fmt.Sprintf("the hook runner %s did not end within %s and was stopped", entry.Plugin, entry.Timeout),
			"find out what it waits for, or raise `timeout` of this entry"), nil
	}
	f := fail(1, diag.HookFailed, fmt.Sprintf("the hook runner %s failed: %v", entry.Plugin, err), "read its last lines; the extension's documentation may say more")
	var exit interface{ ExitStatus() int }
	if errors.As(err, &exit) && exit.ExitStatus() != 0 {
		f.Status = exit.ExitStatus()
	}
	var tail interface{ LastLines() []string }
	if errors.As(err, &tail) {
		f.Tail = r.tail(tail.LastLines())
	}
	var judged interface{ Diagnostics() diag.List }
	if errors.As(err, &judged) && len(judged.Diagnostics()) > 0 {
		said := judged.Diagnostics()[0]
		f.Diagnostic.Message = said.Message
		if said.Fix != "" {
			f.Diagnostic.Fix = said.Fix
		}
		if said.Range.File != "" {
			f.Diagnostic.Related = append(f.Diagnostic.Related, diag.Related{Range: said.Range, Message: "here"})
		}
		f.Others = slices.Clone(judged.Diagnostics()[1:])
	}
	r.maskAll(&f.Diagnostic)
	for i := range f.Others {
		r.maskAll(&f.Others[i])
	}
	return f, nil
}

// maskAll takes secrets out of what an extension said.
func (r *Runner) maskAll(d *diag.Diagnostic) { d.Message, d.Fix = r.masked(d.Message), r.masked(d.Fix) }

// Unknown is the finding for an entry that names a runner which no extension
// has; known are those that there are.
func Unknown(entry manifest.HookEntry, known []string) diag.Diagnostic {
	d := diag.Diagnostic{
		Code: diag.HookPlugin, Range: entry.Range, Path: entry.Path,
		Message: fmt.Sprintf("no extension has the hook runner %q", entry.Plugin),
		Fix:     "add the extension that has it, or write the command itself as a list of words",
	}
	if len(known) > 0 {
		d.Fix = "there is " + strings.Join(known, ", ") + "; a command is a list of words"
	}
	return d
}

// Lacks is the finding for an entry in a phase that its runner does not know.
func Lacks(entry manifest.HookEntry, extension, phase string, known []string) diag.Diagnostic {
	known = slices.Sorted(slices.Values(known))
	return diag.Diagnostic{
		Code: diag.HookPhase, Range: entry.Range, Path: entry.Path,
		Message: fmt.Sprintf("the hook runner %s of the extension %s does nothing in the phase %s", entry.Plugin, extension, phase),
		Fix:     "it runs in " + strings.Join(known, ", ") + ": name it there, or remove this entry",
	}
}
