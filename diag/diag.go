// Package diag is the one form in which devpm judges what a user wrote: a
// stable code, a place in a file, what is wrong and what to do about it.
//
// It only holds, sorts and prints diagnostics. It does not read files, knows no
// manifest key and never decides on an exit code; it imports nothing of ours,
// so every room may speak it.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Code names one kind of fault for ever: "DPM" and four digits. Each code has
// a page in docs/diagnostics.
type Code string

// Severity says what a diagnostic means for the run. The zero value is Error.
type Severity uint8

// The severities, gravest first.
const (
	Error   Severity = iota // the command stops before it changes anything
	Warning                 // the command goes on
	Notice                  // something the user may want to know
)

// String returns the word that the text and JSON forms print.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	default:
		return "notice"
	}
}

// MarshalText makes a severity its word in JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Position is a place in a text file: line and column counted from 1, the
// column in code points. The zero value is "unknown".
type Position struct {
	Line   int
	Column int
}

// IsZero reports whether the position is unknown.
func (p Position) IsZero() bool { return p.Line == 0 }

// Range is a stretch of one file. File is the name shown to the user (relative
// to the project where that is possible); End is exclusive and may be zero.
type Range struct {
	File  string
	Start Position
	End   Position
}

// String is "file:line:column", or as much of it as is known.
func (r Range) String() string {
	switch {
	case r.File == "":
		return ""
	case r.Start.IsZero():
		return r.File
	default:
		return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
	}
}

// Related is a second place that took part in a fault ("first set here").
type Related struct {
	Range   Range
	Message string
}

// Diagnostic is one finding. Message is a lower-case sentence without a full
// stop; Fix says what to do and may be empty only for notices. Path is the
// dotted path of the value concerned ("services.web.image"), or empty.
type Diagnostic struct {
	Code     Code
	Severity Severity
	Range    Range
	Path     string
	Message  string
	Fix      string
	Related  []Related
}

// String is the text form of design §7: one line, then indented related places
// and the fix.
func (d Diagnostic) String() string {
	var b strings.Builder
	if at := d.Range.String(); at != "" {
		b.WriteString(at + ": ")
	}
	fmt.Fprintf(&b, "%s %s: ", d.Severity, d.Code)
	if d.Path != "" {
		b.WriteString(d.Path + ": ")
	}
	b.WriteString(d.Message)
	for _, r := range d.Related {
		fmt.Fprintf(&b, "\n    %s: %s", r.Range, r.Message)
	}
	if d.Fix != "" {
		b.WriteString("\n    fix: " + strings.ReplaceAll(d.Fix, "\n", "\n         "))
	}
	return b.String()
}

// List is a set of diagnostics.
type List []Diagnostic

// HasErrors reports whether any diagnostic is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Count returns how many diagnostics have the severity.
func (l List) Count(s Severity) int {
	n := 0
	for _, d := range l {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// Sorted returns a copy ordered by file, line, column, code, path and message,
// without exact repetitions: the same faults always print the same.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Range.File, b.Range.File),
			cmp.Compare(a.Range.Start.Line, b.Range.Start.Line),
			cmp.Compare(a.Range.Start.Column, b.Range.Start.Column),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.Code == b.Code && a.Severity == b.Severity && a.Range == b.Range && a.Path == b.Path && a.Message == b.Message
	})
}

// Err returns the sorted list as an error when it holds one, else nil.
func (l List) Err() error {
	if !l.HasErrors() {
		return nil
	}
	return &Failure{List: l.Sorted()}
}

// Failure carries diagnostics through an error return. The view prints the
// list; Error is only what a log would say.
type Failure struct{ List List }

// Error joins the text forms.
func (f *Failure) Error() string {
	parts := make([]string, len(f.List))
	for i, d := range f.List {
		parts[i] = d.String()
	}
	return strings.Join(parts, "\n")
}

// Collector gathers diagnostics from several readers, also at the same time.
// It is passed down by pointer, so that a finding cannot be dropped by a
// forgotten return value.
type Collector struct {
	mu   sync.Mutex
	list List
}

// Add records findings.
func (c *Collector) Add(ds ...Diagnostic) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, ds...)
}

// List returns all findings so far, sorted.
func (c *Collector) List() List {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list.Sorted()
}

// HasErrors reports whether an error was recorded.
func (c *Collector) HasErrors() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.list.HasErrors()
}

// Err is List().Err().
func (c *Collector) Err() error { return c.List().Err() }

// Replace forgets all findings but these: what was judged is judged again.
func (c *Collector) Replace(list List) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = slices.Clone(list)
}
