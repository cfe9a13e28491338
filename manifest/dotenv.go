package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/compose-spec/compose-go/v2/dotenv"

	"github.com/devpm/devpm/diag"
)

// entry is one key of a dotenv file.
type entry struct {
	value string
	at    diag.Range // the line that sets it
}

func (e entry) origin() string { return fmt.Sprintf("%s:%d", e.at.File, e.at.Start.Line) }

// statement is one assignment of a dotenv file: one line, or more when a
// quoted value spans lines.
type statement struct {
	text string
	line int
	last bool // the file ends inside it
}

// Live and dead dollar signs while compose-go reads a statement. It takes
// quotes, comments and escapes apart, which it does well; it also expands
// variables, but there an unset one is lost with a line on a global logger. So
// the dollar signs are hidden from it and expanded afterwards. Both are Unicode
// noncharacters, which readDotenv refuses, and which no octal escape gives as
// control characters could be given.
const (
	liveDollar = "\uFDD0"
	deadDollar = "\uFDD1"
)

var assignment = regexp.MustCompile(`^(?:export[ \t]+)?([^\s=:]*)[ \t]*[=:]?`)

// readDotenv reads one layer into keys: the Compose dialect plus ";" comment
// lines (design §7). Every bad line is reported and passed over.
func readDotenv(layer Layer, e *Environment, keys map[string]entry, c *diag.Collector) {
	r := &dotenvReader{layer: layer, env: e, keys: keys, c: c}
	data := bytes.TrimPrefix(layer.Data, byteOrderMark)
	if i := badByte(data); i >= 0 {
		at := newCursor(data).position(i)
		message := fmt.Sprintf("the character %U has no place in a dotenv file", data[i])
		if data[i] >= utf8.RuneSelf {
			message = fmt.Sprintf("the byte 0x%02X is not UTF-8", data[i])
		}
		r.c.Add(diag.Diagnostic{Code: diag.DotenvLine, Range: diag.Range{File: layer.Name, Start: at, End: diag.Position{Line: at.Line, Column: at.Column + 1}},
			Message: message, Fix: "save the file as plain UTF-8 text"})
		return
	}
	for _, s := range statements(string(data)) {
		r.statement(s)
	}
}

// badByte is the offset of the first byte that is no text, or -1: broken UTF-8,
// control characters, a carriage return that ends no line, our own marks.
func badByte(data []byte) int {
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		switch {
		case c == utf8.RuneError && size == 1, strings.ContainsRune(liveDollar+deadDollar, c):
			return i
		case c == '\r' && !bytes.HasPrefix(data[i+1:], []byte("\n")):
			return i
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return i
		}
		i += size
	}
	return -1
}

// statements cuts a file into assignments, without blank and comment lines.
func statements(text string) []statement {
	var out []statement
	lineEnd := func(from int) int {
		if i := strings.IndexByte(text[from:], '\n'); i >= 0 {
			return from + i + 1
		}
		return len(text)
	}
	line := 1
	for start := 0; start < len(text); line++ {
		end, first := lineEnd(start), line
		trimmed := strings.TrimSpace(text[start:end])
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			start = end
			continue
		}
		last := false
		for at := openQuote(text[start:end]); at >= 0 && !last; {
			var closed bool
			if at, closed = closingQuote(text[start:end], at); closed {
				break
			}
			if last = end == len(text); !last {
				end = lineEnd(end)
				line++
			}
		}
		out = append(out, statement{text: strings.TrimRight(text[start:end], "\r\n"), line: first, last: last})
		start = end
	}
	return out
}

// valueAt is the offset of an assignment's value.
func valueAt(text string) int {
	key := len(text) - len(strings.TrimLeft(text, " \t"))
	value := key + len(assignment.FindString(text[key:]))
	return value + len(text[value:]) - len(strings.TrimLeft(text[value:], " \t"))
}

// openQuote is the offset behind the quote that a value starts with, or -1.
func openQuote(text string) int {
	at := valueAt(text)
	if at < len(text) && (text[at] == '"' || text[at] == '\'') {
		return at + 1
	}
	return -1
}

// closingQuote looks, from an offset on, for the quote that ends a value. It
// returns the offset to go on from: behind the quote when there is one.
func closingQuote(text string, from int) (next int, closed bool) {
	quote := text[valueAt(text)]
	for ; from < len(text); from++ {
		switch text[from] {
		case '\\':
			from++
		case quote:
			return from + 1, true
		}
	}
	return from, false
}

// dotenvReader reads the statements of one layer.
type dotenvReader struct {
	layer Layer
	env   *Environment
	keys  map[string]entry
	c     *diag.Collector
}

func (r *dotenvReader) report(code diag.Code, severity diag.Severity, at diag.Range, key, message, fix string, related ...diag.Related) {
	r.c.Add(diag.Diagnostic{Code: code, Severity: severity, Range: at, Path: key, Message: message, Fix: fix, Related: related})
}

func (r *dotenvReader) statement(s statement) {
	first, _, _ := strings.Cut(s.text, "\n")
	first = strings.TrimRight(first, "\r")
	indent := len(first) - len(strings.TrimLeft(first, " \t"))
	at := diag.Range{File: r.layer.Name, Start: diag.Position{Line: s.line, Column: indent + 1},
		End: diag.Position{Line: s.line, Column: utf8.RuneCountInString(first) + 1}}
	text := s.text[indent:]
	match := assignment.FindStringSubmatch(text)
	key, head := match[1], match[0]
	value := text[valueAt(text):]
	switch {
	case s.last:
		r.report(diag.DotenvLine, diag.Error, at, key, "the quoted value is not closed", "add the closing quote")
		return
	case key == "":
		r.report(diag.DotenvLine, diag.Error, at, "", "the line has no key", "write KEY=value, or # before a comment")
		return
	case !strings.HasSuffix(head, "=") && !strings.HasSuffix(head, ":"):
		if strings.TrimSpace(text[len(head):]) != "" {
			r.report(diag.DotenvLine, diag.Error, at, "", "the line is not KEY=value", "write KEY=value, or # before a comment")
			return
		}
		r.report(diag.DotenvNoValue, diag.Warning, at, key, "the key has no value and is ignored", fmt.Sprintf("write %s= for an empty value, or remove the line", key))
		return
	}
	quote := byte(0)
	if open := openQuote(text); open >= 0 {
		quote = value[0]
		end, _ := closingQuote(text, open)
		if rest := strings.TrimSpace(text[end:]); rest != "" && rest[0] != '#' {
			r.report(diag.DotenvLine, diag.Error, at, key, "there is text after the closing quote", `put the whole value in quotes, and write a quote inside as \"`)
			return
		}
	}
	parsed, err := dotenv.UnmarshalWithLookup(key+"="+hideDollars(value, quote), nil)
	// A key that is read back as another one has blanks that are not ASCII's.
	if _, same := parsed[key]; err != nil || !same {
		r.report(diag.DotenvLine, diag.Error, at, "", fmt.Sprintf("%q is not a key", key), "a key has letters, digits, dots, hyphens and underscores")
		return
	}
	if strings.Contains(parsed[key], "\x00") {
		r.report(diag.DotenvLine, diag.Error, at, key, "the value holds a NUL character, which no environment can", `remove the escape \0`)
		return
	}
	found := entry{value: r.expand(parsed[key], key, at), at: at}
	if before, ok := r.keys[key]; ok {
		r.report(diag.DotenvDuplicate, diag.Warning, at, key, "the key is set a second time; this value counts",
			"remove one of the two lines", diag.Related{Range: before.at, Message: "first set here"})
	}
	r.keys[key] = found
}

// hideDollars replaces the dollar signs of a value: those that expand by
// liveDollar, escaped ones by deadDollar.
func hideDollars(value string, quote byte) string {
	if quote == '\'' {
		return strings.ReplaceAll(value, "$", deadDollar)
	}
	if quote == 0 {
		return strings.ReplaceAll(value, "$", liveDollar)
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		switch {
		case value[i] == '\\' && i+1 < len(value) && value[i+1] == '$':
			b.WriteString(deadDollar)
			i++
		case value[i] == '\\' && i+1 < len(value):
			b.WriteString(value[i : i+2])
			i++
		case value[i] == '$':
			b.WriteString(liveDollar)
		default:
			b.WriteByte(value[i])
		}
	}
	return b.String()
}

// expand evaluates $NAME and ${NAME…} in a value. What is not set stays as it
// is written, with a warning: a password may well hold a dollar sign.
func (r *dotenvReader) expand(value, key string, at diag.Range) string {
	if strings.Contains(value, liveDollar) {
		scope := &Environment{process: r.env.process, files: append([]map[string]entry{r.keys}, r.env.files...)}
		text := strings.ReplaceAll(value, liveDollar, "$")
		pieces, faults := parseTemplate(text, true)
		e := &evaluation{env: scope, text: text, keepUnset: true}
		value = e.sequence(pieces)
		for _, f := range slices.Concat(faults, e.faults) {
			if f.code == diag.ManifestLiteralDollar {
				continue // a lone dollar sign is nothing special in a value
			}
			if f.severity == diag.Error {
				f.code, f.fix = diag.DotenvLine, dollarFix
			}
			r.report(f.code, f.severity, at, key, strings.ReplaceAll(f.message, deadDollar, "$"), f.fix)
		}
	}
	return strings.ReplaceAll(value, deadDollar, "$")
}

const dollarFix = "write $$ for a dollar sign, or put the value in single quotes"
