package compose

import (
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/manifest"
)

// joinKey appends a map key to a path in its canonical spelling: services.web,
// or services["my.svc"] when the key would be ambiguous behind a dot.
func joinKey(path, key string) string {
	if !plainKey(key) {
		return path + "[" + string(appendQuoted(nil, key)) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func joinIndex(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// plainKey reports whether a key needs no quotes in a path.
func plainKey(key string) bool {
	return key != "" && !strings.ContainsAny(key, ".[]\"' \t\r\n")
}

func sortedMembers(ms []member) []member {
	out := slices.Clone(ms)
	slices.SortFunc(out, func(a, b member) int { return strings.Compare(a.key, b.key) })
	return out
}

// step is one part of a path as the user wrote it.
type step struct {
	text   string
	index  int  // for [0]
	kind   byte // '.' a word behind a dot, '"' a quoted key, '#' a list index
	cursor int  // where the step ends in the path
}

// splitPath reads a dotted path. A malformed bracket ends up as part of a
// word, so that it is simply not found.
func splitPath(path string) []step {
	var steps []step
	i := 0
	for i < len(path) {
		if path[i] == '[' {
			if s, ok := bracketStep(path, i); ok {
				steps = append(steps, s)
				i = s.cursor
				continue
			}
		}
		if path[i] == '.' && len(steps) > 0 {
			i++
		}
		start := i
		for i < len(path) && path[i] != '.' {
			if path[i] == '[' && i > start {
				if _, ok := bracketStep(path, i); ok {
					break
				}
			}
			i++
		}
		if i == start && i < len(path) { // an empty word: "a..b", ".a"
			steps = append(steps, step{kind: '.', cursor: i})
			i++
			continue
		}
		steps = append(steps, step{text: path[start:i], kind: '.', cursor: i})
	}
	return steps
}

func bracketStep(path string, at int) (step, bool) {
	rest := path[at+1:]
	if strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, `'`) {
		for end := 1; end+1 < len(rest); end++ {
			if rest[end] == '\\' {
				end++
				continue
			}
			if rest[end] != rest[0] {
				continue
			}
			if rest[end+1] != ']' {
				return step{}, false
			}
			text := rest[1:end]
			if rest[0] == '"' {
				unquoted, err := strconv.Unquote(rest[:end+1])
				if err != nil {
					return step{}, false
				}
				text = unquoted
			}
			return step{text: text, kind: '"', cursor: at + 1 + end + 2}, true
		}
		return step{}, false
	}
	end := strings.IndexByte(rest, ']')
	if end <= 0 {
		return step{}, false
	}
	n, err := strconv.Atoi(rest[:end])
	if err != nil || n < 0 {
		return step{}, false
	}
	return step{text: rest[:end], index: n, kind: '#', cursor: at + 1 + end + 1}, true
}

// located is a value found by path.
type located struct {
	path  string // canonical
	value *value
	// entry is set when value is a KEY=VALUE item of a list that the path
	// addressed by its key.
	entry    string
	hasEntry bool
}

// find walks a path from v. A key with dots is found without quotes too
// ("my.svc"), unless the words lead somewhere one by one: so a canonical path
// always means what it says.
func find(v *value, at string, steps []step) (located, bool) {
	if len(steps) == 0 {
		return located{path: at, value: v}, true
	}
	switch v.kind {
	case manifest.Object:
		if steps[0].kind == '"' {
			if next := v.get(steps[0].text); next != nil {
				return find(next, joinKey(at, steps[0].text), steps[1:])
			}
			return located{}, false
		}
		words := 0
		for words < len(steps) && steps[words].kind == '.' {
			words++
		}
		for n := 1; n <= words; n++ {
			key := joinWords(steps[:n])
			if next := v.get(key); next != nil {
				if l, ok := find(next, joinKey(at, key), steps[n:]); ok {
					return l, true
				}
			}
		}
	case manifest.Array:
		if steps[0].kind == '#' {
			if steps[0].index < len(v.items) {
				return find(v.items[steps[0].index], joinIndex(at, steps[0].index), steps[1:])
			}
			return located{}, false
		}
		if !isEnvironmentPath(at) {
			return located{}, false
		}
		key := steps[0].text
		if steps[0].kind == '.' {
			key = joinWords(steps)
		} else if len(steps) > 1 {
			return located{}, false
		}
		if i := lastEntry(v.items, key); i >= 0 {
			return located{path: joinKey(at, key), value: v.items[i], entry: key, hasEntry: true}, true
		}
	}
	return located{}, false
}

func joinWords(steps []step) string {
	words := make([]string, len(steps))
	for i, s := range steps {
		words[i] = s.text
	}
	return strings.Join(words, ".")
}

// isEnvironmentPath reports whether a list at the canonical path holds
// KEY=VALUE entries that explain addresses by key.
func isEnvironmentPath(path string) bool {
	return strings.HasPrefix(path, "services") && strings.HasSuffix(path, ".environment")
}

// PathOf spells the path of nested map keys as Explain and Paths do.
func PathOf(keys ...string) string {
	path := ""
	for _, key := range keys {
		path = joinKey(path, key)
	}
	return path
}
