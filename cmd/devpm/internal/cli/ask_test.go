package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/devpm/devpm/internal/termx"
)

func TestYesIsOnlyYes(t *testing.T) {
	for typed, want := range map[string]bool{
		"y\n": true, " Yes \n": true, "y": true, "\n": false, "": false, "yess\n": false, "no\n": false,
	} {
		var out strings.Builder
		a := &asker{in: strings.NewReader(typed), out: &out}
		if got, err := a.yes(t.Context(), "Sure?"); got != want || err != nil {
			t.Errorf("%q: %v, %v", typed, got, err)
		}
		shown := "Sure? [y/N] "
		if !strings.HasSuffix(typed, "\n") {
			shown += "\n"
		}
		if out.String() != shown {
			t.Errorf("%q shows %q", typed, out.String())
		}
	}
}

// Lines that are typed ahead belong to the next questions, whoever asks them.
func TestOneReaderForAllQuestions(t *testing.T) {
	app := newApp(Host{Streams: termx.Streams{In: strings.NewReader("y\nodoo\nno\n"), Out: io.Discard, Err: io.Discard}})
	if yes, err := app.asker().yes(t.Context(), "Trust?"); !yes || err != nil {
		t.Errorf("trust: %v, %v", yes, err)
	}
	w := &wizard{asker: app.asker(), on: true}
	if stack, err := w.choose(t.Context(), "Stack?", "none", "none", "odoo"); stack != "odoo" || err != nil {
		t.Errorf("stack: %q, %v", stack, err)
	}
	if yes, err := w.confirm(t.Context(), "Import?"); yes || err != nil {
		t.Errorf("import: %v, %v", yes, err)
	}
	if _, err := app.asker().line(t.Context(), "More?"); !errors.Is(err, io.EOF) {
		t.Errorf("the end of the input: %v", err)
	}
}

// An interrupt ends a question at once, and what was being typed is not lost.
func TestAnInterruptEndsAQuestion(t *testing.T) {
	in, typing := io.Pipe()
	defer typing.Close()
	reason := errors.New("interrupted")
	ctx, stop := context.WithCancelCause(t.Context())
	stop(reason)
	a := &asker{in: in, out: io.Discard}
	w := &wizard{asker: a, on: true}
	for name, ask := range map[string]func() error{
		"yes":  func() error { _, err := a.yes(ctx, "Sure?"); return err },
		"text": func() error { _, err := w.text(ctx, "Which?", "18.0"); return err },
		"choose": func() error {
			_, err := w.choose(ctx, "Which?", "a", "a", "b")
			return err
		},
		"confirm": func() error { _, err := w.confirm(ctx, "Sure?"); return err },
	} {
		if err := ask(); !errors.Is(err, reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	go io.WriteString(typing, "later\n")
	if line, err := a.line(t.Context(), "And now?"); line != "later" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}
