package link

import (
	"path"
	"strings"
)

// Directory is where a clone belongs below the projects directory, with
// slashes: "<host>/<org>/<repository>" (spec §5). A port becomes part of the
// host's name, since another port may be another server. It is empty for File,
// which is used in place.
func (l Link) Directory() string {
	if l.Kind == File || l.Host == "" {
		return ""
	}
	host := strings.Trim(strings.NewReplacer(":", "_", "[", "", "]", "").Replace(l.Host), ".")
	return path.Join(host, strings.ReplaceAll(strings.TrimSuffix(l.Path, ".git"), ":", "_")) // the mask of a secret has a colon
}

// Local is the absolute path of a file:// link, with slashes; on Windows it
// starts with the drive. It is empty for other kinds.
func (l Link) Local() string {
	if l.Kind != File {
		return ""
	}
	if p := l.Path; len(p) > 2 && p[2] == ':' && (p[1]|0x20 >= 'a' && p[1]|0x20 <= 'z') {
		return p[1:] // file:///C:/src
	}
	return l.Path
}

// Canonical is the form that lock files compare by (spec §6.4): the URL with
// https, a lower-case host and no trailing ".git" or slash. SSH and file URLs
// stay as they are; user names and passwords of https URLs are dropped, as a
// lock file is committed.
func (l Link) Canonical() string {
	switch l.Kind {
	case HTTPS, SCP:
		return "https://" + l.Host + "/" + strings.TrimRight(strings.TrimSuffix(l.Path, ".git"), "/")
	default:
		return l.URL
	}
}
