package hooks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
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
	return diag.List{
		{Code: "DPM7105", Range: diag.Range{File: ".odpm/plugins/a.py", Start: diag.Position{Line: 3, Column: 1}}, Message: "no cache for hunter2", Fix: "make one for hunter2"},
		{Code: "DPM7108", Severity: diag.Warning, Message: "left a process of hunter2", Fix: "end hunter2"},
	}
}

func TestEntriesOfExtensions(t *testing.T) {
	var calls []string
	run := func(plugin Plugin, entries ...manifest.HookEntry) (*Failure, error) {
		r, _ := newRunner(t)
		r.Plugin = plugin
		r.Mask = func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") }
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
	if f == nil || f.Status != 9 || f.Tail[0] != "last words" || f.Diagnostic.Message != "no cache for ***" || f.Diagnostic.Fix != "make one for ***" ||
		f.Diagnostic.Code != diag.HookFailed || f.Diagnostic.Related[0].Range.String() != ".odpm/plugins/a.py:3:1" || f.Diagnostic.Path != entry.Path {
		t.Errorf("failure %+v", f)
	}
	if all := f.Diagnostics(); len(all) != 2 || all[1].Code != "DPM7108" || all[1].Message != "left a process of ***" || all[1].Fix != "end ***" {
		t.Errorf("what else was said: %v", all)
	}
	tolerated := entry
	tolerated.ContinueOnError = true
	r, _ := newRunner(t)
	r.Plugin = func(context.Context, string, string) error { return said{} }
	if err := r.Run(t.Context(), "pre_up", []manifest.HookEntry{tolerated}); err != nil {
		t.Error(err)
	}
	if list := r.Findings.List(); len(list) != 2 || list.HasErrors() {
		t.Errorf("findings of a failure that is tolerated: %v", list)
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
	r, _ = newRunner(t)
	r.Plugin = func(ctx context.Context, _, _ string) error { cancel(); <-ctx.Done(); return ctx.Err() }
	if err := r.Run(ctx, "pre_up", []manifest.HookEntry{entry}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// Nobody here knows whether an extension is silent: its host shows what it writes.
func TestALongHookRunnerIsNotCalledSilent(t *testing.T) {
	r, rec := newRunner(t)
	r.Quiet = 20 * time.Millisecond
	r.Plugin = func(context.Context, string, string) error {
		for deadline := time.Now().Add(10 * time.Second); len(rec.all()) == 0 && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		return nil
	}
	if err := r.Run(t.Context(), "pre_up", []manifest.HookEntry{{Plugin: "acme.warmup"}}); err != nil {
		t.Fatal(err)
	}
	if got := rec.all(); len(got) == 0 || got[0] != "acme.warmup | still running after 20ms" {
		t.Errorf("got %q", got)
	}
}

func TestNothingIsReportedAfterTheEnd(t *testing.T) {
	reporting, release := make(chan struct{}), make(chan struct{})
	var reports atomic.Int64
	s := newSilence(time.Millisecond, func(time.Duration) {
		if reports.Add(1) == 1 {
			close(reporting)
			<-release
		}
	})
	<-reporting
	ended := make(chan struct{})
	go func() { s.stop(); close(ended) }()
	select {
	case <-ended:
		t.Error("it has ended while a report is made")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	<-ended
	if n := reports.Load(); n != 1 {
		t.Errorf("%d reports", n)
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
