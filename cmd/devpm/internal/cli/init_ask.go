package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// wizard asks on a terminal. When it is off, each question has its default as
// the answer, so that the same code runs in a script.
type wizard struct {
	*asker
	on bool
}

// text asks for a line; an empty one is the default.
func (w *wizard) text(ctx context.Context, question, standard string) (string, error) {
	if !w.on {
		return standard, nil
	}
	shown := standard
	if shown == "" {
		shown = "none"
	}
	line, err := w.line(ctx, fmt.Sprintf("%s [%s]: ", question, shown))
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", fault(diag.InitAborted, "", "the input ended before the questions were answered; nothing was written",
			"run `devpm init` again, or answer with options and --yes: `devpm init --help`")
	}
	return cmp.Or(line, standard), nil
}

// choose asks until the answer is one of the choices.
func (w *wizard) choose(ctx context.Context, question, standard string, choices ...string) (string, error) {
	for {
		answer, err := w.text(ctx, question+" ("+strings.Join(choices, ", ")+")", standard)
		if err != nil || slices.Contains(choices, answer) {
			return answer, err
		}
		fmt.Fprintf(w.out, "Answer with one of %s.\n", strings.Join(choices, ", "))
	}
}

// confirm asks a question that Enter answers with yes.
func (w *wizard) confirm(ctx context.Context, question string) (bool, error) {
	for {
		answer, err := w.text(ctx, question+" (yes, no)", "yes")
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, err
		case "n", "no", "":
			return false, err
		}
		fmt.Fprintln(w.out, "Answer with yes or no.")
	}
}
