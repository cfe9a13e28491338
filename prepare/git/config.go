package git

import (
	"slices"
	"strings"
)

// config is a git configuration file: values by lower-cased "section.key" or
// "section.Subsection.key". Includes are not followed.
type config map[string][]string

// get returns the last value, which is the one that counts for git.
func (c config) get(key string) string {
	values := c[key]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// on reports whether a setting is anything but one of git's words for no.
func (c config) on(key string) bool {
	return len(c[key]) > 0 && !slices.Contains([]string{"", "0", "no", "off", "false"}, strings.ToLower(c.get(key)))
}

// parseConfig reads git's configuration syntax (git-config(1)) character by
// character, as git does: what makes git run a program must not hide from this
// reader behind a comment, a backslash or a second header on a line. readable is
// false for a text that git refuses too; then what stands before the fault counts.
func parseConfig(text string) (out config, readable bool) {
	r := configReader{text: strings.TrimPrefix(text, "\ufeff"), out: config{}}
	for {
		c, more := r.next()
		switch {
		case !more:
			return r.out, true
		case c == '#' || c == ';':
			r.comment()
		case space(c):
		case c == '[':
			if !r.header() {
				return r.out, false
			}
		case !letter(c) || r.section == "" || !r.variable(c):
			return r.out, false
		}
	}
}

// configReader is one reading of a configuration file.
type configReader struct {
	text    string
	at      int
	section string
	out     config
}

// next is the next character; a carriage return before a line feed is none.
func (r *configReader) next() (c byte, more bool) {
	if strings.HasPrefix(r.text[r.at:], "\r\n") {
		r.at++
	}
	if r.at == len(r.text) {
		return '\n', false
	}
	r.at++
	return r.text[r.at-1], true
}

// comment passes over the rest of a line. A backslash at its end means nothing.
func (r *configReader) comment() {
	for c, more := r.next(); more && c != '\n'; c, more = r.next() {
	}
}

// header reads `section]`, `section.sub]` or `section "sub"]`.
func (r *configReader) header() bool {
	var name strings.Builder
	for {
		switch c, more := r.next(); {
		case !more:
			return false
		case c == ']':
			r.section = name.String()
			return r.section != ""
		case space(c):
			sub, ok := r.subsection(c)
			r.section = name.String() + "." + sub
			return ok && name.Len() > 0
		case letter(c) || digit(c) || c == '-' || c == '.':
			name.WriteByte(lower(c))
		default:
			return false
		}
	}
}

// subsection reads `"sub"]` behind a blank.
func (r *configReader) subsection(c byte) (name string, ok bool) {
	more := true
	for more && space(c) && c != '\n' {
		c, more = r.next()
	}
	if c != '"' {
		return "", false
	}
	var b strings.Builder
	for {
		c, more = r.next()
		switch {
		case !more || c == '\n':
			return "", false
		case c == '"':
			c, more = r.next()
			return b.String(), more && c == ']'
		case c == '\\':
			if c, more = r.next(); !more || c == '\n' {
				return "", false
			}
		}
		b.WriteByte(c)
	}
}

// variable reads `name`, which means true, or `name = value`, up to the end of
// its line. c is the first character of the name.
func (r *configReader) variable(c byte) bool {
	var name strings.Builder
	more := true
	for ; more && (letter(c) || digit(c) || c == '-'); c, more = r.next() {
		name.WriteByte(lower(c))
	}
	for more && (c == ' ' || c == '\t') {
		c, more = r.next()
	}
	value, ok := "true", true
	switch {
	case c == '=':
		value, ok = r.value()
	case c != '\n':
		return false
	}
	key := r.section + "." + name.String()
	r.out[key] = append(r.out[key], value)
	return ok
}

// value reads up to the end of the line, without quotes, escapes, comments and
// the blanks around it. A line goes on behind a backslash at its end.
func (r *configReader) value() (text string, ok bool) {
	var b strings.Builder
	kept := 0 // length without trailing blanks that no quotes protect
	quoted := false
	for {
		c, more := r.next()
		switch {
		case c == '\n' || !more:
			return b.String()[:kept], !quoted
		case space(c) && !quoted:
			if b.Len() > 0 {
				b.WriteByte(c)
			}
			continue
		case !quoted && (c == '#' || c == ';'):
			r.comment()
			return b.String()[:kept], true
		case c == '"':
			quoted = !quoted
			kept = b.Len()
			continue
		case c == '\\':
			switch c, _ = r.next(); c {
			case '\n':
				continue
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			case '\\', '"':
			default:
				return b.String()[:kept], false
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
		kept = b.Len()
	}
}

// The classes of characters as git has them, whatever the locale.
func space(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func letter(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
