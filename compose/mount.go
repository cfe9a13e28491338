package compose

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
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

// misread says what Compose or the engine takes a mount for that is written
// otherwise; code is "" when it is taken as it reads.
func (m *Model) misread(v *value, read mount) (code diag.Code, message, fix string) {
	// "v:/v" is a path on drive V: to Compose, a target without a source; with a
	// mode behind it the mode becomes the target.
	if v.kind == manifest.String && isDrive(v.text) && (read.source == "" || !strings.HasPrefix(read.target, "/") && !isDrive(read.target)) {
		volume, target := v.text[:1], readShortMount("_"+v.text).target
		return diag.DocumentMountDrive, fmt.Sprintf("Compose reads %q as a path on the Windows drive %s:, not as the volume %s", v.text, strings.ToUpper(volume), volume),
			fmt.Sprintf(`give the volume a name of two letters or more, or write {"type": "volume", "source": %q, "target": %q}`, volume, target)
	}
	if read.kind != "bind" {
		return "", "", ""
	}
	source := m.absolute(read.source)
	path := source
	if isDrive(path) {
		path = path[2:]
	}
	if !strings.Contains(path, ":") {
		return "", "", ""
	}
	// The engine gets SOURCE:TARGET, unless the directory need not be made and
	// not be relabelled: then it gets both apart.
	if bind := v.get("bind"); bind.get("create_host_path").isFalse() && bind.get("selinux") == nil {
		return "", "", ""
	}
	fix = fmt.Sprintf(`write {"type": "bind", "source": %q, "target": %q, "bind": {"create_host_path": false}}, or mount a directory without a colon in its path`, read.source, read.target)
	if strings.Contains(m.input.ProjectDir, ":") && source != read.source {
		fix += ": this project itself is in one with a colon"
	}
	return diag.DocumentMountColon, fmt.Sprintf("the host path %s has a colon, and the engine takes what follows for the place in the container", source), fix
}

// absolute is a bind source on the host: "~" is the home directory, with or
// without a slash behind it as for Compose; a relative path starts at the project.
func (m *Model) absolute(source string) string {
	switch {
	case strings.HasPrefix(source, "~"):
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
