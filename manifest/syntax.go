package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/devpm/devpm/diag"
)

func (r *reader) report(code diag.Code, from, to int, message, fix string, related ...diag.Related) {
	r.c.Add(diag.Diagnostic{Code: code, Range: r.span(from, to), Message: message, Fix: fix, Related: related})
}

func (r *reader) reportDuplicate(second, first Member) {
	r.c.Add(diag.Diagnostic{Code: diag.ManifestDuplicate, Range: second.KeyRange,
		Message: fmt.Sprintf("the key %q is set a second time in the same object", second.Key),
		Fix:     "remove one of the two",
		Related: []diag.Related{{Range: first.KeyRange, Message: "first set here"}}})
}

func (r *reader) reportTrailing(offset int) {
	r.report(diag.ManifestTrailing, offset, len(r.src), "there is text after the end of the manifest",
		"remove everything after the closing brace")
}

func (r *reader) reportEncoding(offset int) {
	// The fault is at or, for a string, behind the offset: look for the byte.
	at := offset
	for at < len(r.src) {
		c, size := utf8.DecodeRune(r.src[at:])
		if c == utf8.RuneError && size == 1 {
			r.report(diag.ManifestEncoding, at, at+1, fmt.Sprintf("the byte 0x%02X is not UTF-8", r.src[at]),
				"save the file as UTF-8")
			return
		}
		at += size
	}
	r.report(diag.ManifestEncoding, offset, offset+6, "the escape sequence is half of a character",
		`write the character itself, or both halves as \uD83D\uDE00`)
}

// syntaxFault is where a text stops being JSON, in words.
type syntaxFault struct {
	from, to     int
	message, fix string
	related      []diag.Related
}

// reportSyntax words the decoder's fault. It looks at the text around the
// place, because the decoder speaks of grammar and a user of commas.
func (r *reader) reportSyntax(err error) {
	offset := r.start + int(r.dec.InputOffset())
	if at, ok := faultOffset(err); ok {
		offset = r.start + at
	}
	f := r.syntaxFault(offset, errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF))
	r.report(diag.ManifestSyntax, f.from, f.to, f.message, f.fix, f.related...)
}

func (r *reader) syntaxFault(at int, ended bool) syntaxFault {
	if len(bytes.TrimSpace(r.src[r.start:])) == 0 {
		return syntaxFault{message: "the file is empty", fix: `write a manifest, at least { "manifest_schema": 2, "requires_odpm": "4.8.0" }`}
	}
	if ended || at >= len(r.src) {
		f := syntaxFault{from: len(r.src), to: len(r.src), message: "the file ends in the middle", fix: "close what is still open"}
		if n := len(r.open); n > 0 {
			bracket := r.src[r.open[n-1]]
			f.fix = fmt.Sprintf("add the missing %q", closer(bracket))
			f.related = []diag.Related{{Range: r.span(r.open[n-1], r.open[n-1]+1), Message: fmt.Sprintf("this %q is not closed", bracket)}}
		}
		return f
	}
	before := lastVisible(r.src[:at])
	char, size := utf8.DecodeRune(r.src[at:])
	f := syntaxFault{from: at, to: at + size}
	f.message, f.fix = wordSyntax(r.src, at, char, before)
	if (char == '}' || char == ']') && len(r.open) > 0 && before != ',' && closer(r.src[r.open[len(r.open)-1]]) != char {
		bracket := r.src[r.open[len(r.open)-1]]
		f.message = fmt.Sprintf("%q does not close the %q before it", char, bracket)
		f.fix = fmt.Sprintf("write %q here, or add what is missing before", closer(bracket))
		f.related = []diag.Related{{Range: r.span(r.open[len(r.open)-1], r.open[len(r.open)-1]+1), Message: "opened here"}}
	}
	return f
}

func closer(bracket byte) rune {
	if bracket == '{' {
		return '}'
	}
	return ']'
}

// pythonWords are literals of other notations and what JSON calls them.
var pythonWords = map[string]string{
	"True": "true", "TRUE": "true", "yes": "true", "False": "false", "FALSE": "false", "no": "false",
	"None": "null", "Null": "null", "NULL": "null", "nil": "null", "undefined": "null", "NaN": "null", "Infinity": "null",
}

// wordSyntax says what is wrong with the character at an offset, given the
// last visible character before it.
func wordSyntax(src []byte, at int, char rune, before byte) (message, fix string) {
	rest := src[at:]
	word := leadingWord(rest)
	switch {
	case char == ',' && followedByCloser(rest[1:]):
		return "there is a comma after the last entry", "remove the comma: JSON allows none before a closing bracket"
	case char == ',':
		return "there is a comma where a value is expected", "remove the comma, or write the value that is missing"
	case (char == '}' || char == ']') && before == ',':
		return "there is a comma after the last entry", "remove the comma before this bracket"
	case char == '}' && before == ':':
		return "the value is missing after the colon", "write the value"
	case bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")), char == '#':
		return "JSON has no comments", `remove the comment, or keep the note under a key that starts with "x-"`
	case char == '\'' || char == '‘' || char == '’' || char == '“' || char == '”' || char == '`':
		return fmt.Sprintf("strings are not quoted with %c in JSON", char), `use double quotes: "…"`
	case char == '\\':
		return fmt.Sprintf("%s is not an escape sequence of JSON", firstRunes(rest, 2)), `write a backslash as \\; JSON knows \" \\ \/ \b \f \n \r \t \uXXXX`
	case char < ' ':
		return "a string may not hold a line break or another control character", `close the string with a double quote, or write the line break as \n`
	case char == '"' && (before == '"' || before == '}' || before == ']' || isWordByte(before)):
		return "a comma is missing before this", `write "," between two entries`
	case (char == '{' || char == '[') && before != ':' && before != ',' && before != 0:
		return "a comma or a colon is missing before this", `write "," between two entries and ":" between a key and its value`
	case pythonWords[word] != "":
		return fmt.Sprintf("%s is not JSON", word), "write " + pythonWords[word]
	case char == '+' || char == '.' || isDigit(char) && at > 0 && src[at-1] == '0':
		return "this is not a number of JSON", "write numbers as 12, 0.5 or -3: no plus sign, no leading zero, a digit before the point; or quote it"
	case unicode.IsLetter(char) && (before == '{' || before == ','), isDigit(char) && before == '{':
		return fmt.Sprintf("the key %s is not quoted", word), fmt.Sprintf("write %s", strconv.Quote(word))
	case before == 0:
		return "this is not JSON", `a manifest starts with "{"; YAML, TOML and JavaScript are not read`
	case unicode.IsLetter(char) && before == ':':
		return fmt.Sprintf("the text %s is not quoted", word), fmt.Sprintf("write %s", strconv.Quote(word))
	case before == '"':
		return fmt.Sprintf("%q is not expected after a string", char), `write ":" between a key and its value and "," between two entries; write a double quote inside a string as \"`
	default:
		return fmt.Sprintf("%q is not expected here", char), `check for a missing quote, comma or bracket before it`
	}
}

func isDigit(c rune) bool { return c >= '0' && c <= '9' }

func isWordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func leadingWord(b []byte) string {
	end := bytes.IndexFunc(b, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' && c != '-' && c != '.'
	})
	if end < 0 {
		end = len(b)
	}
	return string(b[:min(end, 40)])
}

func firstRunes(b []byte, n int) string {
	return string([]rune(string(b[:min(len(b), 4*n)]))[:min(n, utf8.RuneCount(b[:min(len(b), 4*n)]))])
}

func followedByCloser(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && (b[0] == '}' || b[0] == ']')
}

// lastVisible is the last byte that is not blank, or 0.
func lastVisible(b []byte) byte {
	b = bytes.TrimRight(bytes.TrimPrefix(b, byteOrderMark), " \t\r\n")
	if len(b) == 0 {
		return 0
	}
	return b[len(b)-1]
}

// skipBlanks returns the offset of the first byte from offset on that is not
// white space between tokens.
func skipBlanks(src []byte, offset int) int {
	for offset < len(src) && (src[offset] == ' ' || src[offset] == '\t' || src[offset] == '\r' || src[offset] == '\n') {
		offset++
	}
	return offset
}
