package manifest

import (
	"bytes"
	"unicode/utf8"

	"github.com/devpm/devpm/diag"
)

// cursor turns byte offsets of a source into positions. Offsets that only
// grow, as a reader's do, cost one pass over the source in all.
type cursor struct {
	src    []byte
	offset int
	at     diag.Position
}

func newCursor(src []byte) *cursor {
	return &cursor{src: src, at: diag.Position{Line: 1, Column: 1}}
}

// position returns the place of a byte offset; past the end it is the place
// after the last byte.
func (c *cursor) position(offset int) diag.Position {
	offset = min(max(offset, 0), len(c.src))
	if offset < c.offset {
		c.offset, c.at = 0, diag.Position{Line: 1, Column: 1}
	}
	for _, b := range c.src[c.offset:offset] {
		switch {
		case b == '\n':
			c.at.Line++
			c.at.Column = 1
		case utf8.RuneStart(b):
			c.at.Column++
		}
	}
	c.offset = offset
	return c.at
}

// offsetOf is the byte offset of a position in src.
func offsetOf(src []byte, at diag.Position) int {
	offset := 0
	for line := 1; line < at.Line; line++ {
		i := bytes.IndexByte(src[offset:], '\n')
		if i < 0 {
			return len(src)
		}
		offset += i + 1
	}
	for column := 1; column < at.Column && offset < len(src); column++ {
		_, size := utf8.DecodeRune(src[offset:])
		offset += size
	}
	return offset
}
