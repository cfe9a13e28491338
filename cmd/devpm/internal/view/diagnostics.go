package view

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
)

// Diagnostics prints the text form of design §7 (Diagnostics): for each its
// line, a snippet of the source where that is known, related places and the
// fix; then a line that counts them. An empty list prints nothing.
func (p Printer) Diagnostics(list diag.List) {
	if len(list) == 0 {
		return
	}
	for _, d := range list.Sorted() {
		p.Diagnostic(d)
	}
	p.line(p.Style.Bold(Count(list)))
}

// Diagnostic prints one diagnostic without a count.
func (p Printer) Diagnostic(d diag.Diagnostic) {
	var b strings.Builder
	if at := d.Range.String(); at != "" {
		b.WriteString(p.Style.Bold(termx.Plain(at)) + ": ")
	}
	b.WriteString(p.severity(d.Severity, fmt.Sprintf("%s %s", d.Severity, d.Code)) + ": ")
	if d.Path != "" {
		b.WriteString(termx.Plain(d.Path) + ": ")
	}
	b.WriteString(termx.Plain(d.Message))
	p.line(b.String())
	p.snippet(d.Range, d.Severity)
	for _, r := range d.Related {
		p.line("    ", p.Style.Cyan(termx.Plain(r.Range.String())), ": ", termx.Plain(r.Message))
	}
	if d.Fix != "" {
		p.line("    ", p.Style.Green("fix:"), " ", strings.ReplaceAll(termx.Plain(d.Fix), "\n", "\n         "))
	}
}

func (p Printer) severity(s diag.Severity, text string) string {
	switch s {
	case diag.Error:
		return p.Style.Red(text)
	case diag.Warning:
		return p.Style.Yellow(text)
	default:
		return p.Style.Blue(text)
	}
}

// snippetWidth is how much of a long line is shown, in characters.
const snippetWidth = 100

// snippet prints the line that a range starts on, and under it what the range
// covers there.
func (p Printer) snippet(at diag.Range, s diag.Severity) {
	line, ok := p.Sources.line(at.File, at.Start.Line)
	if !ok || !utf8.ValidString(line) {
		return
	}
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	start := at.Start.Column - 1
	if start < 0 || start > len(runes) {
		return
	}
	end := start + 1
	switch {
	case at.End.Line == at.Start.Line && at.End.Column > at.Start.Column:
		end = at.End.Column - 1
	case at.End.Line > at.Start.Line: // several lines: to the end of the first
		end = len(runes)
	}
	end = max(min(end, len(runes)), start+1)

	from, before, after := 0, "", ""
	if start > snippetWidth*2/3 {
		from, before = start-snippetWidth/3, "…"
	}
	to := min(len(runes), from+snippetWidth)
	if to < len(runes) {
		after = "…"
	}
	end = max(min(end, to), start+1)
	shown := before + termx.Plain(string(runes[from:min(start, to)]))
	number := fmt.Sprintf("%5d", at.Start.Line)
	p.line(p.Style.Dim(number+" | "), shown, termx.Plain(string(runes[min(start, to):to])), after)
	covered := termx.Plain(string(runes[min(start, to):min(end, to)]))
	mark := "^" + strings.Repeat("~", max(termx.Cells(covered)-1, 0))
	p.line(p.Style.Dim("      | "), strings.Repeat(" ", termx.Cells(shown)), p.severity(s, mark))
}

// Count is the summary of a list: "3 errors, 1 warning"; empty for none.
func Count(list diag.List) string {
	var parts []string
	list = list.Sorted()
	for _, s := range []diag.Severity{diag.Error, diag.Warning, diag.Notice} {
		if n := list.Count(s); n > 0 {
			parts = append(parts, plural(n, s.String()))
		}
	}
	return strings.Join(parts, ", ")
}

// DiagnosticJSON is the JSON form of one diagnostic. Line and column are 0
// where they are not known.
type DiagnosticJSON struct {
	Code     diag.Code     `json:"code"`
	Severity diag.Severity `json:"severity"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Column   int           `json:"column"`
	Path     string        `json:"path"`
	Message  string        `json:"message"`
	Fix      string        `json:"fix"`
	Related  []RelatedJSON `json:"related,omitempty"`
}

// RelatedJSON is a second place of a diagnostic.
type RelatedJSON struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// DiagnosticsOf converts a list for a JSON document: sorted, never nil.
func DiagnosticsOf(list diag.List) []DiagnosticJSON {
	out := make([]DiagnosticJSON, 0, len(list))
	for _, d := range list.Sorted() {
		j := DiagnosticJSON{
			Code: d.Code, Severity: d.Severity, File: d.Range.File, Line: d.Range.Start.Line,
			Column: d.Range.Start.Column, Path: d.Path, Message: d.Message, Fix: d.Fix,
		}
		for _, r := range d.Related {
			j.Related = append(j.Related, RelatedJSON{r.Range.File, r.Range.Start.Line, r.Range.Start.Column, r.Message})
		}
		out = append(out, j)
	}
	return out
}

// DiagnosticsJSON prints {"version": 1, "diagnostics": […]}.
func (p Printer) DiagnosticsJSON(list diag.List) error {
	return p.JSON(struct {
		Version     int              `json:"version"`
		Diagnostics []DiagnosticJSON `json:"diagnostics"`
	}{Version, DiagnosticsOf(list)})
}
