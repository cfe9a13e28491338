package compose

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scalarStyle is how a string is written in YAML.
type scalarStyle uint8

const (
	plain scalarStyle = iota
	singleQuoted
	doubleQuoted
	literalBlock
)

// styleOf chooses the style of spec §7.5: digits and the words that YAML reads
// as booleans or null are double-quoted, everything else is plain unless a YAML
// 1.1 or 1.2 reader would take it for another type or the syntax needs quotes.
func styleOf(s string) scalarStyle {
	switch {
	case s == "":
		return doubleQuoted
	case allDigits(s), retypedWord(s):
		return doubleQuoted
	case !printable(s):
		if blockable(s) {
			return literalBlock
		}
		return doubleQuoted
	case !plainSyntax(s), retyped(s):
		return singleQuoted
	default:
		return plain
	}
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// retypedWord covers the words that spec §7.5 wants in double quotes, and the
// single letters that YAML 1.1 knows as booleans.
func retypedWord(s string) bool {
	if len(s) > 5 {
		return false
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "null", "~", "y", "n":
		return true
	}
	return false
}

// numeric matches what some YAML reader takes for a number or a time: integers
// in all bases, floats, sexagesimal values such as 22:22, dates.
var numeric = regexp.MustCompile(`^(?:` +
	`[-+]?[0-9][0-9_]*|` +
	`[-+]?0[bB][01_]+|[-+]?0[oO]?[0-7_]+|[-+]?0[xX][0-9a-fA-F_]+|` +
	`[-+]?(?:[0-9][0-9_]*)?\.?[0-9_]*(?:[eE][-+]?[0-9]*)?|` +
	`[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|` +
	`[-+]?\.(?i:inf)|\.(?i:nan)|` +
	`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?)?)?` +
	`)$`)

// retyped reports whether a plain scalar would not stay a string.
func retyped(s string) bool {
	switch c := s[0]; {
	case c >= '0' && c <= '9', c == '+', c == '-', c == '.':
		return numeric.MatchString(s)
	default:
		return s == "=" || s == "<<"
	}
}

// plainSyntax reports whether a printable, single-line string can stand
// without quotes in block context.
func plainSyntax(s string) bool {
	switch s[0] {
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', ' ', '\t':
		return false
	case '-', '?', ':':
		if len(s) == 1 || s[1] == ' ' {
			return false
		}
	}
	if strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		return false
	}
	last := s[len(s)-1]
	return last != ' ' && last != ':' && !strings.Contains(s, ": ") && !strings.Contains(s, " #")
}

// printable reports whether every character may stand in a plain or
// single-quoted scalar of one line.
func printable(s string) bool {
	for i, r := range s {
		if r >= ' ' && r < 0x7f {
			continue
		}
		if !printableRune(r) || r == utf8.RuneError && !utf8.ValidString(s[i:]) {
			return false
		}
	}
	return true
}

// printableRune is stricter than YAML: what an editor would not show is
// written as an escape, and so are the line breaks that only YAML 1.1 knows.
func printableRune(r rune) bool {
	return r == ' ' || r > 0x7e && r != 0xfeff && unicode.IsPrint(r) || r > ' ' && r < 0x7f
}

// blockable reports whether a text of several lines survives a literal block
// as every reader understands it: visible characters only, no line that starts
// the block with blanks or ends with them.
func blockable(s string) bool {
	body := strings.TrimSuffix(s, "\n")
	if body == "" || body[0] == ' ' || body[0] == '\n' || !strings.Contains(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if !printable(line) || strings.HasSuffix(line, " ") {
			return false
		}
	}
	return !strings.HasSuffix(body, "\n")
}
