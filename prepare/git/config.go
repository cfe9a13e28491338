package git

import "strings"

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

// parseConfig reads git's configuration syntax (git-config(1)). Lines that it
// cannot read are passed over: git itself will complain about them.
func parseConfig(text string) config {
	out := config{}
	section := ""
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\\\n", "")
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if head, ok := strings.CutPrefix(line, "["); ok {
			end := headerEnd(head)
			if end < 0 {
				section = ""
				continue
			}
			section = sectionName(head[:end])
			line = strings.TrimSpace(head[end+1:])
		}
		if line == "" || line[0] == '#' || line[0] == ';' || section == "" {
			continue
		}
		key, value, given := strings.Cut(line, "=")
		if !given {
			value = "true"
		}
		key = section + "." + strings.ToLower(strings.TrimSpace(key))
		out[key] = append(out[key], configValue(value))
	}
	return out
}

// headerEnd finds the closing bracket of `section "sub]section"]`.
func headerEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i
		}
	}
	return -1
}

func sectionName(head string) string {
	name, sub, ok := strings.Cut(head, `"`)
	name = strings.ToLower(strings.TrimSpace(name))
	if !ok {
		return name
	}
	sub = strings.TrimSuffix(strings.TrimSpace(sub), `"`)
	return name + "." + strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(sub)
}

// configValue drops quotes, escapes and comments.
func configValue(s string) string {
	var b strings.Builder
	kept := 0 // length without trailing blanks that no quotes protect
	quoted := false
	s = strings.TrimLeft(s, " \t")
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"':
			quoted = !quoted
			kept = b.Len()
			continue
		case !quoted && (c == '#' || c == ';'):
			return b.String()[:kept]
		case c == '\\' && i+1 < len(s):
			i++
			c = s[i]
			switch c {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			}
			b.WriteByte(c)
			kept = b.Len()
			continue
		}
		b.WriteByte(c)
		if quoted || (c != ' ' && c != '\t') {
			kept = b.Len()
		}
	}
	return b.String()[:kept]
}
