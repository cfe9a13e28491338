package manifest

import (
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

// lineIndex turns positions of a source back into byte offsets. Few sources
// need it, so the lines are found at its first use.
type lineIndex struct {
	src    []byte
	starts []int
}

func (l *lineIndex) offset(at diag.Position) int {
	if l.starts == nil {
		l.starts = append(l.starts, 0)
		for i, b := range l.src {
			if b == '\n' {
				l.starts = append(l.starts, i+1)
			}
		}
	}
	if at.Line < 1 || at.Line > len(l.starts) {
		return len(l.src)
	}
	offset := l.starts[at.Line-1]
	for column := 1; column < at.Column && offset < len(l.src); column++ {
		_, size := utf8.DecodeRune(l.src[offset:])
		offset += size
	}
	return offset
}
