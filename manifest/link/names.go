package link

import (
	"regexp"
	"strings"
)

// validHost accepts host names, IPv4 addresses and [IPv6] addresses.
func validHost(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && only(inner, func(c byte) bool { return isHex(c) || c == ':' || c == '.' })
	}
	if host == "" || host[0] == '-' || host[0] == '.' || strings.Contains(host, "..") {
		return false
	}
	return only(host, func(c byte) bool {
		return c == '.' || c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	})
}

// validBranch is what `git check-ref-format --branch` accepts.
func validBranch(ref string) bool {
	if ref == "" || ref == "@" || ref[0] == '-' || ref[0] == '/' || strings.HasSuffix(ref, "/") || strings.HasSuffix(ref, ".") ||
		strings.Contains(ref, "..") || strings.Contains(ref, "//") || strings.Contains(ref, "@{") || strings.ContainsAny(ref, ` ~^:?*[\`+"\x7f") {
		return false
	}
	for part := range strings.SplitSeq(ref, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// isCommit accepts abbreviated and full SHA-1 object names, and full SHA-256
// ones.
func isCommit(s string) bool {
	return (len(s) >= 7 && len(s) <= 40 || len(s) == 64) && only(s, isHex)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func digits(s string) bool {
	return s != "" && len(s) <= 5 && only(s, func(c byte) bool { return c >= '0' && c <= '9' })
}

func only(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

// mask stands in a link for a part of a path or a branch that is a secret, where
// it is not told or not known yet.
var mask = regexp.MustCompile(`<secret:[A-Za-z0-9_.-]+>`)

// unmasked is a word with letters in place of its secrets: what they are is
// judged where they are known.
func unmasked(word string) string {
	if !strings.Contains(word, "<secret:") {
		return word
	}
	return mask.ReplaceAllString(word, "secret")
}
