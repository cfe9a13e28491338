package secrets

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Block is the `secrets` key of the manifest's effective slice (spec §4.3).
type Block struct {
	Required bool
	Keys     []string
	Range    diag.Range // of the block, or of `keys` when there are some
	Provider *manifest.Node
}

// BlockOf reads Manifest.Secrets, which may be nil.
func BlockOf(n *manifest.Node) Block {
	if n == nil {
		return Block{}
	}
	b := Block{Range: n.Range, Provider: n.Get("provider")}
	if required := n.Get("required"); required != nil {
		b.Required = required.Text == "true"
	}
	if keys := n.Get("keys"); keys != nil {
		for _, item := range keys.Items {
			if key := strings.TrimSpace(item.Text); key != "" && !slices.Contains(b.Keys, key) {
				b.Keys = append(b.Keys, key)
			}
		}
		if len(b.Keys) > 0 {
			b.Range = keys.Range
		}
	}
	return b
}

// Unmet says what a required block lacks (spec §4.3): nothing when it is not
// required, and nothing in ci, which mounts no secrets. A nil file is one that
// is not there; example holds the names of the committed template.
func (b Block) Unmet(scenario string, file *File, example []string) diag.List {
	if !b.Required || scenario == "ci" {
		return nil
	}
	issue := func(message, fix string) diag.List {
		return diag.List{{Code: diag.SecretsUnmet, Range: b.Range, Path: "secrets", Message: message, Fix: fix}}
	}
	if file == nil {
		fix := "write " + Path + ", or give another file with --secrets-file"
		keys := b.Keys
		if len(keys) == 0 && len(example) > 0 {
			keys, fix = example, "copy "+ExamplePath+" to "+Path+" and fill it in, or give another file with --secrets-file"
		}
		message := fmt.Sprintf("the scenario %s requires secrets, and there is no %s", scenario, Path)
		if len(keys) > 0 {
			message += "; it should hold " + list(keys)
		}
		if len(b.Keys) == 0 && len(example) > 0 {
			message += " (from " + ExamplePath + ")"
		}
		return issue(message, fix)
	}
	var missing, unfilled []string
	for _, key := range b.Keys {
		value, ok := file.Values[key]
		switch {
		case !ok:
			missing = append(missing, key)
		case strings.TrimSpace(value) == "" || IsPlaceholder(value):
			unfilled = append(unfilled, key)
		}
	}
	switch {
	case len(missing) > 0:
		return issue(fmt.Sprintf("the scenario %s requires secrets that are missing in %s: %s", scenario, file.Name, list(missing)), "add them to "+file.Name)
	case len(unfilled) > 0:
		return issue(fmt.Sprintf("the scenario %s requires secrets that are blank or still placeholders in %s: %s", scenario, file.Name, list(unfilled)),
			"write their values in "+file.Name)
	}
	return nil
}

// Reference is one ${@secret:KEY} of the effective slice.
type Reference struct {
	Key   string
	Range diag.Range // of the string that it stands in
	Path  string
	Hook  bool // an argument of a hook
}

// References finds every use of a secret in a manifest that was loaded with
// the tokens that are given here again: only the effective slice is looked at,
// in the order of the file (spec §4.2).
func References(m *manifest.Manifest, e *manifest.Environment) []Reference {
	if m == nil {
		return nil
	}
	var out []Reference
	note := func(uses []manifest.Use, at diag.Range, path string, hook bool) {
		for _, use := range uses {
			if key, ok := strings.CutPrefix(use.Name, "@secret:"); ok {
				out = append(out, Reference{Key: key, Range: at, Path: path, Hook: hook})
			}
		}
	}
	var walk func(n *manifest.Node, path string)
	walk = func(n *manifest.Node, path string) {
		if n == nil {
			return
		}
		note(n.Uses, n.Range, path, false)
		for _, member := range n.Members {
			walk(member.Value, strings.TrimPrefix(path+"."+member.Key, "."))
		}
		for i, item := range n.Items {
			walk(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
	// Texts keep no uses, and hooks expand only when they run.
	x := manifest.NewExpander(e, manifest.Tokens{Secret: func(string) (string, string, *manifest.TokenFault) { return "", "", nil }})
	text := func(t manifest.Text, hook bool) {
		if strings.Contains(t.Raw, "@secret:") {
			_, uses := x.Expand(t.Raw, t.Range, t.Path, &diag.Collector{})
			note(uses, t.Range, t.Path, hook)
		}
	}
	text(m.Platform.Git, false)
	for _, d := range m.Dependencies {
		text(d, false)
	}
	if m.Developing != nil {
		text(*m.Developing, false)
	}
	for _, tree := range []struct {
		path string
		node *manifest.Node
	}{
		{"services", m.Services}, {"service_sources", m.ServiceSources},
		{"volumes", m.Volumes}, {"networks", m.Networks}, {"configs", m.Configs}, {"odoo_conf", m.OdooConf},
	} {
		walk(tree.node, tree.path)
	}
	for _, layer := range m.Patches {
		walk(layer.Patches, layer.Path)
	}
	for _, phase := range slices.Sorted(maps.Keys(m.Hooks)) {
		for _, entry := range m.Hooks[phase] {
			for _, word := range entry.Run {
				text(word, true)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Reference) int {
		if a.Range.Start.Line != b.Range.Start.Line {
			return a.Range.Start.Line - b.Range.Start.Line
		}
		return a.Range.Start.Column - b.Range.Start.Column
	})
	return out
}

// Keys are the distinct keys of references, sorted.
func Keys(refs []Reference) []string {
	set := map[string]string{}
	for _, r := range refs {
		set[r.Key] = ""
	}
	return sortedKeys(set)
}

// Absent is the finding for a manifest that uses secrets while there is no
// secrets file (spec §4.2): one, however many uses there are.
func Absent(refs []Reference, example []string) diag.Diagnostic {
	keys := Keys(refs)
	fix := "write " + Path + ", or give another file with --secrets-file PATH"
	if len(example) > 0 {
		fix = "copy " + ExamplePath + " to " + Path + " and fill it in, or give another file with --secrets-file PATH"
	}
	d := diag.Diagnostic{
		Code: diag.SecretsMissing, Range: refs[0].Range, Path: refs[0].Path,
		Message: fmt.Sprintf("%s is missing, and the manifest uses %s", Path, list(keys)), Fix: fix,
	}
	for _, r := range refs[1:] {
		d.Related = append(d.Related, diag.Related{Range: r.Range, Message: r.Key + " is used here too"})
	}
	return d
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
