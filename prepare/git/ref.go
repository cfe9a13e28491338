package git

import (
	"errors"
	"strings"
)

// CheckRef reports what makes a branch, tag or commit name unusable. The rules
// are git's own (git-check-ref-format(1)) and one more: a name that starts with
// a dash could be taken for an option.
func CheckRef(name string) error {
	bad := func(why string) error { return errors.New(why) }
	switch {
	case name == "":
		return bad("the name is empty")
	case strings.HasPrefix(name, "-"):
		return bad("a name cannot start with a dash")
	case strings.HasPrefix(name, "/"), strings.HasSuffix(name, "/"), strings.Contains(name, "//"):
		return bad("slashes stand between two parts of a name")
	case strings.Contains(name, ".."), strings.HasSuffix(name, "."), strings.Contains(name, "@{"), name == "@":
		return bad(`a name cannot hold "..", "@{" or end with a dot`)
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock") {
			return bad(`no part of a name starts with a dot or ends with ".lock"`)
		}
	}
	for _, r := range name {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) {
			return bad("a name holds no blanks and none of ~ ^ : ? * [ \\")
		}
	}
	return nil
}

// checkURL refuses addresses that git would take for an option or that make it
// start another program.
func checkURL(url string) error {
	switch {
	case url == "":
		return errors.New("the address is empty")
	case strings.HasPrefix(url, "-"):
		return errors.New("an address cannot start with a dash")
	case strings.Contains(url, "::"):
		return errors.New("addresses of the form helper::address start a program and are not used")
	case strings.ContainsFunc(url, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the address holds control characters")
	}
	return nil
}

// sameRemote compares two addresses the way the lock file does (spec §6.4):
// without login, ".git" and the difference between https and ssh.
func sameRemote(a, b string) bool { return remoteKey(a) == remoteKey(b) }

func remoteKey(url string) string {
	url = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(url), "/"), ".git")
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		host, path, scp := strings.Cut(url, ":")
		if !scp || strings.Contains(host, "/") {
			return url // a path
		}
		rest = host + "/" + strings.TrimPrefix(path, "/")
	} else if scheme == "file" {
		return url
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	return strings.ToLower(host) + "/" + path
}
