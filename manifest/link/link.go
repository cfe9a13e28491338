// Package link reads git links, "URL [BRANCH [COMMIT]]" (spec §6.1, without
// the readings that the spec calls quirks: a word is a URL or a branch by its
// place, not by its letters).
//
// It does not run git, look at the disk or say whether a repository exists.
// What it accepts is safe to hand to git and to make a directory from: no word
// starts with a dash, no path leads upwards.
package link

import (
	"fmt"
	"path"
	"strings"
	"unicode"
)

// Kind is how a repository is reached.
type Kind uint8

// The kinds of link.
const (
	HTTPS Kind = iota + 1 // https:// and http://
	SSH                   // ssh://[user@]host[:port]/path
	SCP                   // user@host:path
	File                  // file:///absolute/path: used in place, never cloned
)

// String is the kind's name in messages.
func (k Kind) String() string {
	switch k {
	case HTTPS:
		return "https"
	case SSH:
		return "ssh"
	case SCP:
		return "scp"
	case File:
		return "file"
	default:
		return "unknown"
	}
}

// Link is a git link, taken apart.
type Link struct {
	Raw    string // as given, without blanks around it
	URL    string // the first word, for git
	Branch string // empty: the caller's default
	Commit string // hexadecimal, lower case; empty: the tip of the branch
	Kind   Kind
	Host   string // lower case, with the port if one is given; empty for File
	Path   string // in the URL, without a leading slash; for File the absolute path
}

// Error says what is wrong with a link and what to write instead.
type Error struct{ Message, Fix string }

// Error is the message.
func (e *Error) Error() string { return e.Message }

func fail(fix, format string, args ...any) error {
	return &Error{Message: fmt.Sprintf(format, args...), Fix: fix}
}

const formFix = "write URL [BRANCH [COMMIT]], separated by blanks"

// Parse reads a link. Every error is an *Error.
func Parse(text string) (Link, error) {
	if i := strings.IndexFunc(text, func(c rune) bool { return c == unicode.ReplacementChar || unicode.IsControl(c) && c != '\t' }); i >= 0 {
		return Link{}, fail("remove it; "+formFix, "the link holds a control character")
	}
	words := strings.Fields(text)
	switch {
	case len(words) == 0:
		return Link{}, fail(formFix, "the link is empty")
	case len(words) > 3:
		return Link{}, fail(formFix, "the link has %d words, at most three mean something", len(words))
	}
	if len(words) > 1 && !strings.ContainsAny(words[0], ":/") && strings.Contains(words[1]+words[len(words)-1], "://") {
		return Link{}, fail("write the URL first: "+formFix[len("write "):], "the link starts with %q, not with its URL", words[0])
	}
	l := Link{Raw: strings.TrimSpace(text), URL: words[0]}
	if err := l.readURL(); err != nil {
		return Link{}, err
	}
	if len(words) > 1 {
		if l.Branch = words[1]; !validBranch(unmasked(l.Branch)) {
			return Link{}, fail("write a branch or tag such as 19.0 or feature/mail", "%q cannot be a branch", l.Branch)
		}
	}
	if len(words) > 2 {
		if l.Commit = strings.ToLower(words[2]); !isCommit(l.Commit) {
			return Link{}, fail("write 7 to 40 hexadecimal digits; a tag goes in the place of the branch", "%q is not a commit", words[2])
		}
	}
	return l, nil
}

// readURL fills what the URL says.
func (l *Link) readURL() error {
	scheme, rest, ok := strings.Cut(l.URL, "://")
	if !ok {
		return l.readSCP()
	}
	switch strings.ToLower(scheme) {
	case "http", "https":
		l.Kind = HTTPS
	case "ssh":
		l.Kind = SSH
	case "file":
		return l.readFile(rest)
	default:
		return fail("write https://, ssh://, git@host:path or file:///path", "links of the kind %s:// are not read", scheme)
	}
	authority, path, _ := strings.Cut(rest, "/")
	return l.readPlace(authority, path)
}

// readSCP reads user@host:path.
func (l *Link) readSCP() error {
	if strings.HasPrefix(l.URL, "/") || strings.HasPrefix(l.URL, "./") || strings.HasPrefix(l.URL, "../") || strings.HasPrefix(l.URL, "~") {
		return fail("write file:// and the absolute path: file:///srv/repository", "%q is a path, not a git link", l.URL)
	}
	authority, path, ok := strings.Cut(l.URL, ":")
	if !ok || !strings.Contains(authority, "@") {
		if host, _, ok := strings.Cut(l.URL, "/"); ok && validHost(host) && strings.Contains(host, ".") {
			return fail("write the whole URL: https://"+l.URL, "%q is not a git link", l.URL)
		}
		return fail("write https://, ssh://, git@host:path or file:///path", "%q is not a git link", l.URL)
	}
	l.Kind = SCP
	return l.readPlace(authority, strings.TrimPrefix(path, "/"))
}

// readFile reads what follows file://.
func (l *Link) readFile(rest string) error {
	l.Kind = File
	rest = strings.TrimPrefix(rest, "localhost")
	if !strings.HasPrefix(rest, "/") {
		return fail("write three slashes and the absolute path: file:///srv/repository", "%q has no absolute path", l.URL)
	}
	for segment := range strings.SplitSeq(rest, "/") {
		if segment == ".." {
			return fail("write the path without ..", "the path of %q leads upwards", l.URL)
		}
	}
	l.Path = path.Clean(rest)
	return nil
}

// readPlace reads [user@]host[:port] and the path of a repository there.
func (l *Link) readPlace(authority, path string) error {
	user, host, ok := cutLast(authority, "@")
	if !ok {
		host = authority
	}
	name, port, hasPort := host, "", false
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		name, port, hasPort = host[:i], host[i+1:], true
	}
	switch {
	case !validHost(name):
		return fail("write a host such as github.com", "%q is not a host", name)
	case hasPort && (l.Kind == SCP || !digits(port)):
		return fail("write a port such as 2222, or none", "%q is not a port", port)
	case strings.HasPrefix(user, "-"):
		return fail("write git@ or nothing before the host", "%q is not a user", user)
	}
	l.Host = strings.ToLower(host)
	path = strings.TrimRight(path, "/")
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "":
			return fail("write the whole URL: https://github.com/odoo/odoo.git", "%q names no repository", l.URL)
		case segment == "." || segment == "..":
			return fail("write the path without . and ..", "the path of %q leads upwards", l.URL)
		case strings.HasPrefix(segment, "-") || strings.ContainsAny(unmasked(segment), `\:?#<>|*"`):
			return fail("check the URL; "+formFix, "%q cannot be part of a repository's path", segment)
		}
	}
	if last := path[strings.LastIndexByte(path, '/')+1:]; strings.Trim(strings.TrimSuffix(last, ".git"), ".") == "" {
		return fail("write the whole URL: https://github.com/odoo/odoo.git", "%q names no repository", l.URL)
	}
	l.Path = path
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}
