package view

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/devpm/devpm/internal/termx"
)

// Version is the "version" of every JSON document of this package. It changes
// only when a field is removed or changes its meaning.
const Version = 1

// Printer is where one view goes and how it may look there. Write errors are
// ignored on purpose: nobody is left to tell.
type Printer struct {
	W       io.Writer
	Style   termx.Style
	Sources *Sources // may be nil: no snippets
	// Files turns the name of a file in a diagnostic into the one that
	// annotations of a repository need; nil leaves it as it is.
	Files func(name string) string
	// Width is that of the terminal behind W, in columns; 0 without one: lines
	// that programs read are not broken.
	Width int
	// Mask takes secrets out of a text before it is escaped or cut, after which
	// the stream behind W would not find them; nil for views without secrets.
	Mask func(text string) string
}

func (p Printer) masked(text string) string {
	if p.Mask == nil {
		return text
	}
	return p.Mask(text)
}

func (p Printer) printf(format string, args ...any) { fmt.Fprintf(p.W, format, args...) }

func (p Printer) line(parts ...string) {
	fmt.Fprintln(p.W, strings.TrimRight(strings.Join(parts, ""), " "))
}

// JSON writes a value as an indented document; characters such as "<" stay
// readable.
func (p Printer) JSON(v any) error {
	e := json.NewEncoder(p.W)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// plural is "1 error" or "3 errors".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// columns prints rows with two spaces between columns, each as wide as its
// widest cell; the last one is not padded. style may colour a cell and must
// keep its width.
func (p Printer) columns(rows [][]string, style func(row, column int, padded string) string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], termx.Cells(cell))
		}
	}
	for r, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i < len(row)-1 {
				cell = termx.Pad(cell, widths[i])
			}
			if style != nil {
				cell = style(r, i, cell)
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(cell)
		}
		p.line(b.String())
	}
}
