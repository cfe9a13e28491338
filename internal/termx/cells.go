package termx

import (
	"fmt"
	"strings"
	"unicode"
)

// wide lists the blocks whose characters take two columns (East Asian scripts
// and emoji); close enough for cutting a line, which is all it is used for.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115F, Stride: 1}, {Lo: 0x2E80, Hi: 0x303E, Stride: 1},
		{Lo: 0x3041, Hi: 0xA4CF, Stride: 1}, {Lo: 0xAC00, Hi: 0xD7A3, Stride: 1},
		{Lo: 0xF900, Hi: 0xFAFF, Stride: 1}, {Lo: 0xFE30, Hi: 0xFE6F, Stride: 1},
		{Lo: 0xFF00, Hi: 0xFF60, Stride: 1}, {Lo: 0xFFE0, Hi: 0xFFE6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1F300, Hi: 0x1F64F, Stride: 1}, {Lo: 0x1F680, Hi: 0x1F6FF, Stride: 1},
		{Lo: 0x1F900, Hi: 0x1F9FF, Stride: 1}, {Lo: 0x20000, Hi: 0x3FFFD, Stride: 1},
	},
}

func runeCells(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	default:
		return 1
	}
}

// Cells returns how many terminal columns a text without control characters
// takes.
func Cells(text string) int {
	n := 0
	for _, r := range text {
		n += runeCells(r)
	}
	return n
}

// Cut shortens a text to at most width columns; a cut text ends in "…".
func Cut(text string, width int) string {
	if Cells(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	n := 0
	for i, r := range text {
		w := runeCells(r)
		if n+w > width-1 {
			return text[:i] + "…"
		}
		n += w
	}
	return text
}

// Pad fills a text with spaces up to width columns.
func Pad(text string, width int) string {
	if n := width - Cells(text); n > 0 {
		return text + strings.Repeat(" ", n)
	}
	return text
}

// Wrap breaks a text at blanks into lines of at most width columns. A word that
// is longer has a line of its own.
func Wrap(text string, width int) []string {
	var lines []string
	line, cells := "", 0
	for word := range strings.SplitSeq(text, " ") {
		n := Cells(word)
		if line != "" && cells+1+n > width {
			lines = append(lines, line)
			line, cells = "", 0
		}
		if line != "" {
			line, cells = line+" ", cells+1
		}
		line, cells = line+word, cells+n
	}
	return append(lines, line)
}

// Plain makes control characters visible ("\x1b", "\u202e"), so that text from a
// file or a program cannot steer the terminal, nor show its letters in another
// order than they have. Line feeds and tabs stay.
func Plain(text string) string {
	bad := func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
	}
	if !strings.ContainsFunc(text, bad) {
		return text
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, r := range text {
		if bad(r) && r > 0xff {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		if bad(r) {
			b.WriteString(`\x`)
			b.WriteByte(digits[r>>4&0xf])
			b.WriteByte(digits[r&0xf])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
