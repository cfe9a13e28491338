package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// CheckReferences warns about hook plugins that nothing here could provide, and
// about secrets that neither `secrets.keys` nor the given keys of the project's
// secrets files name. Without any known key nothing is said about secrets.
// Loading does not ask for this, since a run finds it out by itself.
func (m *Manifest) CheckReferences(secretKeys []string, c *diag.Collector) {
	if !m.Extended {
		m.checkPlugins(c)
	}
	known := slices.Clone(secretKeys)
	for _, key := range listItems(m.Secrets.Get("keys")) {
		known = append(known, strings.TrimSpace(key.Text))
	}
	if len(known) > 0 {
		m.checkSecrets(known, c)
	}
}

// DeclaredScenarios are the names of the overlays, in the order of spec §14.
func (m *Manifest) DeclaredScenarios() []string {
	var out []string
	for _, name := range scenariosInText {
		if m.Scenarios.Get(name) != nil {
			out = append(out, name)
		}
	}
	return out
}

func (m *Manifest) checkPlugins(c *diag.Collector) {
	for _, phase := range phases {
		for _, entry := range m.Hooks[phase] {
			if entry.Plugin != "" {
				c.Add(diag.Diagnostic{Code: diag.ManifestPluginUnknown, Severity: diag.Warning, Range: entry.Range, Path: entry.Path,
					Message: fmt.Sprintf("nothing provides the hook plugin %q: there is no module in .odpm/plugins, and no extension is required", entry.Plugin),
					Fix:     "add the plugin that has this id, or write the command itself as a list of words"})
			}
		}
	}
}

func (m *Manifest) checkSecrets(known []string, c *diag.Collector) {
	for _, use := range m.secretUses() {
		if !slices.Contains(known, use.Value) {
			c.Add(diag.Diagnostic{Code: diag.ManifestSecretUnknown, Severity: diag.Warning, Range: use.Range, Path: use.Path,
				Message: fmt.Sprintf("the secret %q is in neither secrets.keys nor a secrets file", use.Value), Fix: didYouMean(use.Value, known, "secrets")})
		}
	}
}

// secretUses are the keys of ${@secret:KEY} in everything that expands, with
// the places of the strings that name them.
func (m *Manifest) secretUses() []Text {
	var out []Text
	add := func(text string, at diag.Range, path string) {
		pieces, _ := parseTemplate(text, false)
		for _, key := range secretNames(pieces) {
			out = append(out, Text{Value: key, Range: at, Path: path})
		}
	}
	var walk func(n *Node)
	walk = func(n *Node) {
		if n == nil {
			return
		}
		if text := n.Raw; n.Kind == String {
			if text == "" {
				text = n.Text
			}
			if strings.Contains(text, "@secret") {
				add(text, n.Range, m.Document.PathAt(n.Range.Start))
			}
		}
		for _, member := range n.Members {
			walk(member.Value)
		}
		for _, item := range n.Items {
			walk(item)
		}
	}
	for _, n := range []*Node{m.Services, m.ServiceSources, m.Volumes, m.Networks, m.Configs, m.OdooConf} {
		walk(n)
	}
	for _, layer := range m.Patches {
		walk(layer.Patches)
	}
	texts := append([]Text{m.Platform.Git}, m.Dependencies...)
	for _, phase := range phases {
		for _, entry := range m.Hooks[phase] {
			texts = append(texts, entry.Run...)
		}
	}
	for _, t := range texts {
		add(t.Raw, t.Range, t.Path)
	}
	return out
}

func secretNames(pieces []piece) []string {
	var out []string
	for _, p := range pieces {
		if key, ok := strings.CutPrefix(p.name, "@secret:"); ok {
			out = append(out, key)
		}
		out = append(out, secretNames(p.word)...)
	}
	return out
}
