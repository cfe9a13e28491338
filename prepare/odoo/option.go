package odoo

import (
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Option is one option of odoo.conf, or one value of the runtime configuration,
// with where it comes from: the user's own line, a node of the manifest, or a
// rule of devpm's and the settings that it goes by.
type Option struct {
	Section, Key, Value string
	Own                 diag.Range     // of the line that the user wrote
	Node                *manifest.Node // of odoo_conf
	Rule                string
	By                  []manifest.Choice
	Private             bool    // the value is not for showing
	Replaced            *Option // what a lower one said
}

// options are those that stand in the file, as the user's. Their values are not
// for showing: the file is closed to others because of them.
func (f *ini) options(file string) []Option {
	var out []Option
	for _, l := range f.read() {
		if l.key == "" || l.bad || l.continued {
			continue
		}
		text := f.lines[l.number]
		start := diag.Position{Line: l.number + 1, Column: 1 + len(text) - len(strings.TrimLeft(text, " \t"))}
		trimmed := strings.TrimSpace(text)
		value := strings.TrimSpace(trimmed[strings.IndexAny(trimmed, "=:")+1:])
		own := Option{Section: l.section, Key: l.key, Value: value, Own: diag.Range{File: file, Start: start}, Private: true}
		out = replaceOption(out, own)
	}
	return out
}

// replaceOption puts an option in the place of the same one below it. A line that
// says the same already is what an earlier run wrote.
func replaceOption(all []Option, o Option) []Option {
	i := slices.IndexFunc(all, func(other Option) bool {
		return other.Section == o.Section && strings.EqualFold(other.Key, o.Key)
	})
	if i < 0 {
		return append(all, o)
	}
	if below := all[i]; o.Own == (diag.Range{}) && below.Value != o.Value {
		o.Replaced = &below
	}
	all[i] = o
	return all
}
