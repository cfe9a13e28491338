package manifest

import (
	"strconv"
	"strings"
)

var (
	pointerEscape   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescape = strings.NewReplacer("~1", "/", "~0", "~")
)

// splitPointer returns the reference tokens of a JSON pointer (RFC 6901).
func splitPointer(pointer string) []string {
	if pointer == "" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, t := range tokens {
		tokens[i] = pointerUnescape.Replace(t)
	}
	return tokens
}

// joinPointer appends reference tokens to a JSON pointer.
func joinPointer(pointer string, tokens ...string) string {
	for _, t := range tokens {
		pointer += "/" + pointerEscape.Replace(t)
	}
	return pointer
}

// listIndex reads a reference token as the index of a list item.
func listIndex(token string) (int, bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && i >= 0
}

// pathOf is the dotted form of a pointer that diagnostics show:
// "services.web.ports[0]". Keys that hold a dot, a bracket or a blank are
// quoted, so that the path says one thing only.
func (d *Document) pathOf(pointer string) string {
	path, n := "", d.Root
	for _, token := range splitPointer(pointer) {
		if i, ok := listIndex(token); ok && n != nil && n.Kind == Array {
			path = itemPath(path, i)
			if i < len(n.Items) {
				n = n.Items[i]
			} else {
				n = nil
			}
			continue
		}
		path = memberPath(path, token)
		n = n.Get(token)
	}
	return path
}

// memberPath is the dotted path of a member of the object at path.
func memberPath(path, key string) string {
	if key == "" || strings.ContainsAny(key, ".[]\" \t\n") {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// itemPath is the dotted path of an item of the list at path.
func itemPath(path string, i int) string {
	return path + "[" + strconv.Itoa(i) + "]"
}
