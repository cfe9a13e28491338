package manifest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/diag"
)

// LockedCommits is `locks.git` (spec §2.2): link text to commit, as written; nil
// when it is absent or empty. The range is that of the value.
func (m *Manifest) LockedCommits() (map[string]string, diag.Range) {
	git := m.Locks.Get("git")
	var out map[string]string
	for _, entry := range members(git) {
		if entry.Value.Kind == String {
			if out == nil {
				out = map[string]string{}
			}
			out[entry.Key] = strings.TrimSpace(entry.Value.Text)
		}
	}
	if out == nil {
		return nil, diag.Range{}
	}
	return out, git.Range
}

// WithLocks is the manifest with other commits in locks.git. Every other byte
// stays; a key that is not there yet is added at the end of its object, in the
// file's own indentation.
func (d *Document) WithLocks(commits map[string]string) ([]byte, error) {
	w := lockWriter{d: d, lines: &lineIndex{src: d.Source}, newline: "\n", unit: "  "}
	if bytes.Contains(d.Source, []byte("\r\n")) {
		w.newline = "\r\n"
	}
	if len(d.Root.Members) > 0 {
		w.unit = w.indentation(d.Root.Members[0].KeyRange)
	}
	var out []byte
	locks := d.Root.Get("locks")
	switch git := locks.Get("git"); {
	case git != nil:
		out = w.replace(git.Range, w.commits(commits))
	case locks != nil && locks.Kind == Object:
		out = w.add(locks, 1, "git", w.commits(commits))
	case locks == nil:
		value := "{" + w.line(2) + `"git": ` + w.commits(commits) + w.line(1) + "}"
		out = w.add(d.Root, 0, "locks", value)
	default:
		return nil, fmt.Errorf("locks is no object")
	}
	if err := d.onlyLocks(out, commits); err != nil {
		return nil, err
	}
	return out, nil
}

// onlyLocks makes sure that the edit did what it should.
func (d *Document) onlyLocks(edited []byte, commits map[string]string) error {
	var c diag.Collector
	after := Parse(d.File, edited, &c)
	if after == nil || c.HasErrors() {
		return fmt.Errorf("the file would not be readable any more")
	}
	got, _ := (&Manifest{Locks: after.Root.Get("locks")}).LockedCommits()
	if !maps.Equal(got, commits) && len(got)+len(commits) > 0 {
		return fmt.Errorf("the file would not hold the commits")
	}
	for _, m := range d.Root.Members {
		if m.Key != "locks" && !sameTree(m.Value, after.Root.Get(m.Key)) {
			return fmt.Errorf("the key %q would change", m.Key)
		}
	}
	return nil
}

func sameTree(a, b *Node) bool {
	if a == nil || b == nil || a.Kind != b.Kind || a.Text != b.Text || len(a.Members) != len(b.Members) || len(a.Items) != len(b.Items) {
		return a == b
	}
	for i := range a.Members {
		if a.Members[i].Key != b.Members[i].Key || !sameTree(a.Members[i].Value, b.Members[i].Value) {
			return false
		}
	}
	for i := range a.Items {
		if !sameTree(a.Items[i], b.Items[i]) {
			return false
		}
	}
	return true
}

type lockWriter struct {
	d       *Document
	lines   *lineIndex
	newline string
	unit    string
}

// indentation is what stands before a key on its line; two blanks when that is
// something else.
func (w lockWriter) indentation(key diag.Range) string {
	end := w.lines.offset(key.Start)
	begin := w.lines.offset(diag.Position{Line: key.Start.Line, Column: 1})
	before := string(w.d.Source[begin:end])
	if before == "" || strings.TrimLeft(before, " \t") != "" {
		return "  "
	}
	return before
}

func (w lockWriter) line(depth int) string { return w.newline + strings.Repeat(w.unit, depth) }

// commits is the value of locks.git, by link.
func (w lockWriter) commits(commits map[string]string) string {
	if len(commits) == 0 {
		return "{}"
	}
	var entries []string
	for _, text := range slices.Sorted(maps.Keys(commits)) {
		entries = append(entries, w.line(3)+quoteJSON(text)+": "+quoteJSON(commits[text]))
	}
	return "{" + strings.Join(entries, ",") + w.line(2) + "}"
}

func quoteJSON(s string) string {
	b, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		return `""` // no UTF-8: such a link was refused before
	}
	return string(b)
}

func (w lockWriter) replace(at diag.Range, with string) []byte {
	begin, end := w.lines.offset(at.Start), w.lines.offset(at.End)
	return slices.Concat(w.d.Source[:begin], []byte(with), w.d.Source[end:])
}

// add puts a member at the end of the object at a depth.
func (w lockWriter) add(to *Node, depth int, key, value string) []byte {
	member := w.line(depth+1) + quoteJSON(key) + ": " + value
	if len(to.Members) == 0 {
		return w.replace(to.Range, "{"+member+w.line(depth)+"}")
	}
	last := to.Members[len(to.Members)-1].Value.Range
	return w.replace(diag.Range{Start: last.End, End: last.End}, ","+member)
}
