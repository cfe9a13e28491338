package manifest

import (
	"errors"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest/link"
)

// repositories reads the git links and what follows from them.
func (l *loader) repositories() {
	m := l.m
	m.Platform.BuildDate = Text{Value: "latest", Path: l.path("platform.build_date")}
	if platform := l.object("platform"); platform != nil {
		if git := platform.Get("git"); git != nil && git.Kind == String {
			m.Platform.Git, _ = l.link(git, "platform.git", true)
		}
		if date := platform.Get("build_date"); date != nil && date.Kind == String && date.Text != "" {
			m.Platform.BuildDate = Text{Value: date.Text, Raw: date.Text, Range: date.Range, Path: l.path("platform.build_date")}
		}
	}
	for _, item := range l.texts("dependencies") {
		text, _ := l.link(item.node, item.path, true)
		m.Dependencies = append(m.Dependencies, text)
	}
	if git := l.object("developing").Get("git"); git != nil && git.Kind == String && git.Text != "" {
		text, _ := l.link(git, "developing.git", false)
		m.Developing = &text
	}
	var paths map[string]string
	m.ServiceSources, paths = l.named("service_sources")
	l.x.tokens.links = make(map[string]string)
	for _, source := range members(m.ServiceSources) {
		if source.Value.Kind == String && source.Value.Text != "" {
			if l.checkLink(source.Value.Text, source.Value.Raw, source.Value.Range, paths[source.Key]) {
				l.x.tokens.links[source.Key] = source.Value.Text
			}
		}
	}
	m.OdooVersion = l.odooVersion()
}

// link reads a git link, expanded where the spec says so (§3.3: developing.git
// is not).
func (l *loader) link(n *Node, path string, expand bool) (Text, bool) {
	t := Text{Value: n.Text, Raw: n.Text, Range: n.Range, Path: l.path(path)}
	if expand {
		var ok bool
		if t.Value, _, ok = l.x.expand(n.Text, n.Range, t.Path, l.c); !ok {
			return t, false
		}
	}
	t.Value = strings.TrimSpace(t.Value)
	return t, l.checkLink(t.Value, t.Raw, n.Range, path)
}

func (l *loader) checkLink(text, raw string, at diag.Range, path string) bool {
	return checkLink(text, raw, at, l.path(path), l.c)
}

// checkLink judges a link, of which raw is what was written.
func checkLink(text, raw string, at diag.Range, path string, c *diag.Collector) bool {
	switch {
	case strings.Contains(text, "${"):
		return false // without an environment, or with a fault that is reported
	case strings.HasPrefix(text, secretMask) && strings.HasPrefix(raw, "${@secret:"):
		return true // the whole URL is a secret that is not told here
	}
	_, err := link.Parse(text)
	if fault, ok := errors.AsType[*link.Error](err); ok {
		c.Add(diag.Diagnostic{Code: diag.ManifestLink, Range: at, Path: path, Message: fault.Message, Fix: fault.Fix})
	}
	return err == nil
}

// odooVersion is `odoo_version`, else the branch of platform.git: the second
// word, not the last (SCH-31; spec §2.3 takes the commit of a link that has
// one), else "0.0".
func (l *loader) odooVersion() string {
	if version := strings.TrimSpace(l.text("odoo_version", "")); version != "" {
		return version
	}
	if words := strings.Fields(l.m.Platform.Git.Value); len(words) > 1 {
		return words[1]
	}
	return "0.0"
}
