package manifest

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// expandTrees fills the parts of the manifest that stay trees. Which of them
// expand is spec §3.3; of services, patches, volumes, networks and configs
// every string does, but no key.
func (l *loader) expandTrees() {
	m := l.m
	m.Services, l.serviceAt = l.named("services")
	m.sourceNotes = sourceNotes(m.Services)
	m.Services = withoutSource(m.Services)
	m.Patches = l.patches()
	m.Volumes = l.expanded("volumes")
	m.Networks = l.expanded("networks")
	m.Configs = l.expanded("configs")
	m.OdooConf = l.conf()
	m.Extensions = l.object("extensions")
	m.Database = l.object("database")
	m.Locks = l.object("locks")
	m.Secrets = l.secrets()
	m.Scenarios = l.object("scenarios")
	for _, member := range l.root.Members {
		if strings.HasPrefix(member.Key, "x-") {
			m.Extra = append(m.Extra, member)
		}
	}
}

func (l *loader) expanded(key string) *Node {
	n := l.object(key)
	if n == nil {
		return nil
	}
	return l.x.tree(n, key, l.c)
}

// tree returns n with its strings expanded. The document's own tree is not
// touched; what has no dollar sign in it is shared.
func (x *Expander) tree(n *Node, path string, c *diag.Collector) *Node {
	if x.env == nil || !hasDollar(n) {
		return n
	}
	out := *n
	switch n.Kind {
	case String:
		out.Text, out.Uses, _ = x.expand(n.Text, n.Range, path, c)
		if out.Text != n.Text {
			out.Raw = n.Text
		}
	case Array:
		out.Items = make([]*Node, len(n.Items))
		for i, item := range n.Items {
			out.Items[i] = x.tree(item, itemPath(path, i), c)
		}
	case Object:
		out.Members = make([]Member, len(n.Members))
		for i, m := range n.Members {
			m.Value = x.tree(m.Value, memberPath(path, m.Key), c)
			out.Members[i] = m
		}
	}
	return &out
}

func hasDollar(n *Node) bool {
	switch n.Kind {
	case String:
		return strings.IndexByte(n.Text, '$') >= 0
	case Array:
		return slices.ContainsFunc(n.Items, hasDollar)
	case Object:
		return slices.ContainsFunc(n.Members, func(m Member) bool { return hasDollar(m.Value) })
	}
	return false
}

// withoutSource drops `source` from every service: it is a note in the
// manifest and no Compose attribute (spec §3.3).
func withoutSource(services *Node) *Node {
	changed := false
	for _, service := range members(services) {
		changed = changed || service.Value.Get("source") != nil
	}
	if !changed {
		return services
	}
	out := *services
	out.Members = make([]Member, len(services.Members))
	for i, service := range services.Members {
		if service.Value.Get("source") != nil {
			kept := *service.Value
			kept.Members = nil
			for _, m := range service.Value.Members {
				if m.Key != "source" {
					kept.Members = append(kept.Members, m)
				}
			}
			service.Value = &kept
		}
		out.Members[i] = service
	}
	return &out
}
