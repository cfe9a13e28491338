package compose

import (
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/manifest"
)

// mount is one entry of `volumes`. kind is Compose's: bind, volume, tmpfs …;
// source is "" for anonymous volumes.
type mount struct{ kind, source, target string }

// readMount reads an entry of `volumes` in the short or the long form; ok is
// false for shapes that the schema check reports.
func readMount(v *value) (m mount, ok bool) {
	switch v.kind {
	case manifest.String:
		return readShortMount(v.text), true
	case manifest.Object:
		m.kind, m.source, m.target = v.get("type").textOf(), v.get("source").textOf(), v.get("target").textOf()
		if m.kind == "" {
			m.kind = shortKind(m.source)
		}
		return m, true
	default:
		return mount{}, false
	}
}

// readShortMount reads SOURCE:TARGET[:MODE] or TARGET.
func readShortMount(s string) mount {
	drive := 0
	if isDrive(s) {
		drive = 2
	}
	i := strings.IndexByte(s[drive:], ':')
	if i < 0 {
		return mount{kind: "volume", target: s}
	}
	source, target := s[:drive+i], s[drive+i+1:]
	// What follows the target is the mode; a Windows target has a colon itself.
	drive = 0
	if isDrive(target) {
		drive = 2
	}
	if end := strings.IndexByte(target[drive:], ':'); end >= 0 {
		target = target[:drive+end]
	}
	return mount{kind: shortKind(source), source: source, target: target}
}

// shortKind is Compose's rule: what looks like a path is a bind.
func shortKind(source string) string {
	if strings.HasPrefix(source, ".") || strings.HasPrefix(source, "/") || strings.HasPrefix(source, "~") ||
		strings.HasPrefix(source, `\\`) || isDrive(source) {
		return "bind"
	}
	return "volume"
}

// absolute is a bind source on the host: "~" is the home directory, a relative
// path starts at the project.
func (m *Model) absolute(source string) string {
	switch {
	case source == "~" || strings.HasPrefix(source, "~/"):
		if m.input.HomeDir == "" {
			return source
		}
		return filepath.Join(m.input.HomeDir, source[1:])
	case filepath.IsAbs(source), strings.HasPrefix(source, "/"), isDrive(source), m.input.ProjectDir == "":
		return source
	default:
		return filepath.Join(m.input.ProjectDir, source)
	}
}
