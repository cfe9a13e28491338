package manifest

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/devpm/devpm/diag"
)

// place is the range of text[from:to] for a string value that is written at a
// range. It is exact when the string has no escapes or the source is at hand;
// otherwise it is the whole string.
func (x *Expander) place(text string, at diag.Range, from, to int) diag.Range {
	if at.Start.IsZero() || at.Start.Line != at.End.Line {
		return at
	}
	shift := func(raw string) diag.Range {
		// raw is what stands between the quotes; from and to are offsets in it.
		out := at
		out.Start.Column = at.Start.Column + 1 + utf8.RuneCountInString(raw[:from])
		out.End.Column = out.Start.Column + utf8.RuneCountInString(raw[from:to])
		return out
	}
	if at.End.Column-at.Start.Column == utf8.RuneCountInString(text)+2 {
		return shift(text)
	}
	if x.lines == nil {
		return at
	}
	begin, end := x.lines.offset(at.Start), x.lines.offset(at.End)
	if begin+2 > end {
		return at
	}
	raw := string(x.lines.src[begin+1 : end-1])
	from, to = rawOffset(raw, from), rawOffset(raw, to)
	if from < 0 || to < 0 {
		return at
	}
	return shift(raw)
}

// rawOffset maps an offset in a string's value to the offset in its JSON
// notation, or to -1 when there is none.
func rawOffset(raw string, offset int) int {
	value := 0
	for i := 0; i < len(raw); {
		if value >= offset {
			return i
		}
		if raw[i] != '\\' {
			_, size := utf8.DecodeRuneInString(raw[i:])
			value, i = value+size, i+size
			continue
		}
		if i+1 >= len(raw) || raw[i+1] != 'u' {
			value, i = value+1, i+2
			continue
		}
		c, size := unicodeEscape(raw[i:])
		value, i = value+utf8.RuneLen(c), i+size
	}
	if value == offset {
		return len(raw)
	}
	return -1
}

// unicodeEscape reads \uXXXX, or the two of a surrogate pair, at the start of
// raw and returns the character and the length of its notation.
func unicodeEscape(raw string) (rune, int) {
	half := func(s string) (rune, bool) {
		if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(s[2:6], 16, 16)
		return rune(n), err == nil
	}
	first, ok := half(raw)
	if !ok {
		return utf8.RuneError, min(6, len(raw))
	}
	if second, ok := half(raw[6:]); ok {
		if c := utf16.DecodeRune(first, second); c != utf8.RuneError {
			return c, 12
		}
	}
	if utf16.IsSurrogate(first) {
		return utf8.RuneError, 6
	}
	return first, 6
}
