package compose

import (
	"strings"

	"github.com/devpm/devpm/manifest"
)

// Mount maps a host directory or file into the odoo container.
type Mount struct {
	Source    string // absolute
	Target    string
	ReadOnly  bool
	NoRelabel bool // leave out SELinux's ":Z": the source is shared with others
	Why       Reason
}

// odooMounts puts what devpm generates in front of the mapped folders.
func odooMounts(o OdooOptions) []Mount {
	if o.ProjectDir == "" {
		return o.Mounts
	}
	why := Reason{Rule: ruleGenerated, Causes: told([]manifest.Choice{o.By.Scenario})}
	generated := []Mount{
		{Source: o.ProjectDir + "/.odpm/runtime/config.json", Target: runtimeConfig, ReadOnly: true, Why: why},
		{Source: o.ProjectDir + "/.odpm/database", Target: runtimeDatabase, Why: why},
		{Source: o.ProjectDir + "/.odpm/runtime/entrypoint.sh", Target: runtimeEntrypoint, ReadOnly: true, Why: why},
	}
	if o.Secrets != nil {
		generated = append(generated, *o.Secrets)
	}
	taken := map[string]bool{}
	for _, m := range o.Mounts {
		taken[m.Target] = true
	}
	var out []Mount
	for _, m := range generated {
		if !taken[m.Target] {
			out = append(out, m)
		}
	}
	return append(out, o.Mounts...)
}

// mountList writes mounts in the short form; nil when there are none.
func mountList(mounts []Mount, r reasons) *manifest.Node {
	if len(mounts) == 0 {
		return nil
	}
	out := list()
	for _, m := range mounts {
		out.Items = append(out.Items, r.because(mountNode(m), m.Why.Rule, m.Why.Causes...))
	}
	return out
}

func mountNode(m Mount) *manifest.Node {
	// A colon ends the source in the short form; only a drive letter's is exempt.
	// The engine gets both apart only when it need not make the directory, which
	// devpm does, and not relabel it (see misread).
	rest := m.Source
	if isDrive(rest) {
		rest = rest[2:]
	}
	if strings.Contains(rest, ":") || strings.Contains(m.Target, ":") {
		var readOnly *manifest.Node
		if m.ReadOnly {
			readOnly = boolean(true)
		}
		return object("type", text("bind"), "source", text(m.Source), "target", text(m.Target),
			"read_only", readOnly, "bind", object("create_host_path", boolean(false)))
	}
	short := m.Source + ":" + m.Target
	switch {
	case m.ReadOnly && m.NoRelabel:
		short += ":ro"
	case m.ReadOnly:
		short += ":ro,Z"
	case !m.NoRelabel:
		short += ":Z"
	}
	return text(short)
}

// isDrive reports whether a path starts with a Windows drive: "C:\" or "C:/".
func isDrive(path string) bool {
	return len(path) >= 3 && path[1] == ':' && (path[2] == '\\' || path[2] == '/') &&
		(path[0]|0x20) >= 'a' && (path[0]|0x20) <= 'z'
}
