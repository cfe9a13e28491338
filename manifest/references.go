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
	if !m.Extended && !m.Provided {
		m.checkPlugins(c)
	}
	known := slices.Clone(secretKeys)
	for _, key := range listItems(m.Secrets.Get("keys")) {
		known = append(known, strings.TrimSpace(key.Text))
	}
	slices.Sort(known)
	if known = slices.Compact(known); len(known) > 0 {
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
	m.tokenUses("@secret:", func(key string, use Text, _ string) {
		use.Value = key
		if use.Path == "" {
			use.Path = m.Document.PathAt(use.Range.Start)
		}
		out = append(out, use)
	})
	return out
}

// tokenUses calls f for every token that begins with kind in what the manifest
// expands: with its name, the string that says it (without a path where that is
// not known) and the service that the string belongs to, "" for none.
func (m *Manifest) tokenUses(kind string, f func(name string, use Text, service string)) {
	byService := func(n *Node) {
		for _, service := range members(n) {
			treeTokens(service.Value, kind, func(name string, use Text) { f(name, use, service.Key) })
		}
	}
	byService(m.Services)
	for _, n := range []*Node{m.ServiceSources, m.Volumes, m.Networks, m.Configs, m.OdooConf} {
		treeTokens(n, kind, func(name string, use Text) { f(name, use, "") })
	}
	for _, layer := range m.Patches {
		byService(layer.Patches)
	}
	texts := append([]Text{m.Platform.Git}, m.Dependencies...)
	for _, phase := range phases {
		for _, entry := range m.Hooks[phase] {
			texts = append(texts, entry.Run...)
		}
	}
	for _, t := range texts {
		textTokens(t, kind, func(name string, use Text) { f(name, use, "") })
	}
}

// treeTokens calls f for the tokens of a tree, as they are written.
func treeTokens(n *Node, kind string, f func(name string, use Text)) {
	if n == nil {
		return
	}
	if n.Kind == String {
		text := n.Raw
		if text == "" {
			text = n.Text
		}
		textTokens(Text{Raw: text, Range: n.Range}, kind, f)
	}
	for _, member := range n.Members {
		treeTokens(member.Value, kind, f)
	}
	for _, item := range n.Items {
		treeTokens(item, kind, f)
	}
}

func textTokens(t Text, kind string, f func(name string, use Text)) {
	if !strings.Contains(t.Raw, kind) {
		return
	}
	pieces, _ := parseTemplate(t.Raw, false)
	for _, name := range tokenNames(pieces, kind) {
		f(name, t)
	}
}

func tokenNames(pieces []piece, kind string) []string {
	var out []string
	for _, p := range pieces {
		if name, ok := strings.CutPrefix(p.name, kind); ok {
			out = append(out, name)
		}
		out = append(out, tokenNames(p.word, kind)...)
	}
	return out
}
