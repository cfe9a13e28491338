package hooks

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// said is an error as extensions/host makes them.
type said struct{}

func (said) Error() string       { return "said" }
func (said) ExitStatus() int     { return 9 }
func (said) LastLines() []string { return []string{"last words"} }
func (said) Diagnostics() diag.List {
	return diag.List{{Code: "DPM7105", Range: diag.Range{File: ".odpm/plugins/a.py", Start: diag.Position{Line: 3, Column: 1}}, Message: "no cache", Fix: "make one"}}
}

func TestEntriesOfExtensions(t *testing.T) {
	var calls []string
	run := func(plugin Plugin, entries ...manifest.HookEntry) (*Failure, error) {
		r, _ := newRunner(t)
		r.Plugin = plugin
		err := r.Run(t.Context(), "pre_up", entries)
		var f *Failure
		errors.As(err, &f)
		return f, err
	}
	entry := manifest.HookEntry{Plugin: "acme.warmup", Path: "hooks.pre_up[0]"}

	if _, err := run(func(_ context.Context, id, phase string) error { calls = append(calls, id+" "+phase); return nil }, entry); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(calls, []string{"acme.warmup pre_up"}) {
		t.Errorf("calls %v", calls)
	}

	f, _ := run(func(context.Context, string, string) error { return said{} }, entry)
	if f == nil || f.Status != 9 || f.Tail[0] != "last words" || f.Diagnostic.Message != "no cache" || f.Diagnostic.Fix != "make one" ||
		f.Diagnostic.Code != diag.HookFailed || f.Diagnostic.Related[0].Range.String() != ".odpm/plugins/a.py:3:1" || f.Diagnostic.Path != entry.Path {
		t.Errorf("failure %+v", f)
	}

	slow := entry
	slow.Timeout = 20 * time.Millisecond
	f, _ = run(func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() }, slow)
	if f == nil || f.Status != 124 || f.Diagnostic.Code != diag.HookTimeout {
		t.Errorf("time limit %+v", f)
	}

	f, _ = run(func(context.Context, string, string) error { return errors.New("boom") }, entry)
	if f == nil || f.Status != 1 || f.Diagnostic.Message != "the hook runner acme.warmup failed: boom" {
		t.Errorf("plain error %+v", f)
	}

	ctx, cancel := context.WithCancel(t.Context())
	r, _ := newRunner(t)
	r.Plugin = func(ctx context.Context, _, _ string) error { cancel(); <-ctx.Done(); return ctx.Err() }
	if err := r.Run(ctx, "pre_up", []manifest.HookEntry{entry}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestWhatIsSaidOfEntriesThatNobodyRuns(t *testing.T) {
	entry := manifest.HookEntry{Plugin: "acme.seed", Path: "hooks.pre_up[1]"}
	if d := Unknown(entry, []string{"a", "b"}); d.Fix != "there is a, b; a command is a list of words" || d.Path != entry.Path {
		t.Error(d)
	}
	if d := Lacks(entry, "acme", "pre_up", []string{"post_prepare", "post_clone"}); d.Code != diag.HookPhase || d.Fix != "it runs in post_clone, post_prepare: name it there, or remove this entry" {
		t.Error(d)
	}
}
