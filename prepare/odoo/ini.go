package odoo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// ini is a configuration file in the dialect of Python's RawConfigParser, kept
// as its lines, so that setting one option leaves every other line and comment
// as the user wrote it. (Libraries for INI files write the whole file anew.)
type ini struct{ lines []string }

func parseINI(text string) *ini {
	text = strings.TrimLeft(text, "\ufeff")
	text = strings.TrimRight(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	if text == "" {
		return &ini{}
	}
	return &ini{lines: strings.Split(text, "\n")}
}

func (f *ini) bytes() []byte { return []byte(strings.Join(f.lines, "\n") + "\n") }

// iniLine is what one line means: a section, the start of an option, or
// neither.
type iniLine struct {
	number    int // from 0
	section   string
	header    bool
	key       string // lower case, as Python compares them
	bad       bool   // neither comment, header nor option
	continued bool
}

// read yields every line that is not blank or a comment.
func (f *ini) read() []iniLine {
	var out []iniLine
	section, option := "", false
	for i, text := range f.lines {
		trimmed := strings.TrimSpace(text)
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		l := iniLine{number: i, section: section}
		switch {
		case option && (text[0] == ' ' || text[0] == '\t'):
			l.continued = true
		case trimmed[0] == '[' && strings.HasSuffix(trimmed, "]"):
			section, option = trimmed[1:len(trimmed)-1], false
			l.header, l.section = true, section
		default:
			end := strings.IndexAny(trimmed, "=:")
			if l.bad = end <= 0 || section == ""; !l.bad {
				l.key, option = strings.ToLower(strings.TrimSpace(trimmed[:end])), true
			}
		}
		out = append(out, l)
	}
	return out
}

// check reports what Python's reader refuses, because then Odoo does not start:
// lines outside of a section or without "=", options and sections given twice.
func (f *ini) check(file string, c *diag.Collector) {
	seen := map[string]int{}
	for _, l := range f.read() {
		report := func(fix, format string, args ...any) {
			at := diag.Position{Line: l.number + 1, Column: 1}
			c.Add(diag.Diagnostic{Code: diag.OdooConfSyntax, Range: diag.Range{File: file, Start: at}, Message: fmt.Sprintf(format, args...), Fix: fix})
		}
		key := l.section
		if l.key != "" {
			key += "\x00" + l.key
		}
		first, again := seen[key]
		switch {
		case l.bad && l.section == "":
			report("write [options] above it", "the line stands before any [section]")
		case l.bad:
			report("write `name = value`, or make it a comment with ;", "the line is neither a section nor an option")
		case l.continued:
		case again && l.header:
			report("join the two sections", "the section [%s] was begun on line %d already", l.section, first)
		case again:
			report("keep one of the two", "%s was set on line %d already", l.key, first)
		default:
			seen[key] = l.number + 1
		}
	}
}

// set gives an option of a section a value: in place where it stands, else at
// the section's end, else in a new section. An option given twice is given once
// afterwards, in the last place.
func (f *ini) set(section, key, value string) {
	line := strings.TrimRight(key+" = "+value, " ")
	var from, to []int // the lines of each place, end exclusive
	end, inside := -1, false
	for _, l := range f.read() {
		if l.section != section {
			inside = false
			continue
		}
		end = l.number + 1
		switch {
		case l.continued && inside:
			to[len(to)-1] = l.number + 1
		case l.key == strings.ToLower(key):
			from, to, inside = append(from, l.number), append(to, l.number+1), true
		default:
			inside = false
		}
	}
	switch {
	case len(from) > 0:
		last := len(from) - 1
		f.lines = slices.Replace(f.lines, from[last], to[last], line)
		for i := last - 1; i >= 0; i-- {
			f.lines = slices.Delete(f.lines, from[i], to[i])
		}
	case end >= 0:
		f.lines = slices.Insert(f.lines, end, line)
	default:
		if n := len(f.lines); n > 0 && strings.TrimSpace(f.lines[n-1]) != "" {
			f.lines = append(f.lines, "")
		}
		f.lines = append(f.lines, "["+section+"]", line)
	}
}
