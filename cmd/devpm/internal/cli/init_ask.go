package cli

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// wizard asks on a terminal. When it is off, each question has its default as
// the answer, so that the same code runs in a script.
type wizard struct {
	in  io.Reader
	out io.Writer
	on  bool

	lines *bufio.Reader
}

// text asks for a line; an empty one is the default.
func (w *wizard) text(question, standard string) (string, error) {
	if !w.on {
		return standard, nil
	}
	shown := standard
	if shown == "" {
		shown = "none"
	}
	fmt.Fprintf(w.out, "%s [%s]: ", question, shown)
	if w.lines == nil {
		w.lines = bufio.NewReader(w.in)
	}
	line, err := w.lines.ReadString('\n')
	if err != nil && strings.TrimSpace(line) == "" {
		fmt.Fprintln(w.out)
		return "", fault(diag.InitAborted, "", "the input ended before the questions were answered; nothing was written",
			"run `devpm init` again, or answer with options and --yes: `devpm init --help`")
	}
	if line = strings.TrimSpace(line); line != "" {
		return line, nil
	}
	return standard, nil
}

// choose asks until the answer is one of the choices.
func (w *wizard) choose(question, standard string, choices ...string) (string, error) {
	for {
		answer, err := w.text(question+" ("+strings.Join(choices, ", ")+")", standard)
		if err != nil || slices.Contains(choices, answer) {
			return answer, err
		}
		fmt.Fprintf(w.out, "Answer with one of %s.\n", strings.Join(choices, ", "))
	}
}

// confirm asks a question that Enter answers with yes.
func (w *wizard) confirm(question string) (bool, error) {
	for {
		answer, err := w.text(question+" (yes, no)", "yes")
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, err
		case "n", "no", "":
			return false, err
		}
		fmt.Fprintln(w.out, "Answer with yes or no.")
	}
}
