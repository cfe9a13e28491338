package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// The options of odoo.conf that no manifest may set: they follow from the
// layout of the container (spec §14).
var (
	frozenOptions   = []string{"addons_path", "data_dir", "admin_passwd", "http_port"}
	frozenDatabase  = []string{"db_host", "db_port", "db_user", "db_password"}
	frozenSection   = "options"
	databaseIsOurs  = []string{"developer", "server"} // in ci the database is somebody else's
	scenariosInText = []string{"developer", "server", "ci"}
)

// FrozenOptions are the options of odoo.conf that `odoo_conf.options` may not
// set in a scenario.
func FrozenOptions(scenario string) []string {
	if slices.Contains(databaseIsOurs, scenario) {
		return slices.Concat(frozenOptions, frozenDatabase)
	}
	return slices.Clone(frozenOptions)
}

// frozen refuses odoo_conf options that the layout decides, in each of the
// three effective slices, whichever is active: a manifest must not be right on
// one machine only. One option gives one diagnostic, which names its scenarios.
func (l *loader) frozen() {
	type fault struct {
		option    placed
		scenarios []string
	}
	var faults []*fault
	for _, scenario := range scenariosInText {
		sections, _, _ := confSections(l.slice(scenario))
		for _, section := range sections {
			if section.Key != frozenSection {
				continue
			}
			for _, option := range section.options {
				// Odoo reads names of options without regard to case.
				if !slices.Contains(FrozenOptions(scenario), strings.ToLower(strings.TrimSpace(option.Key))) {
					continue
				}
				i := slices.IndexFunc(faults, func(f *fault) bool { return f.option.path == option.path })
				if i < 0 {
					i, faults = len(faults), append(faults, &fault{option: option})
				}
				faults[i].scenarios = append(faults[i].scenarios, scenario)
			}
		}
	}
	for _, f := range faults {
		noun := "scenario"
		if len(f.scenarios) > 1 {
			noun = "scenarios"
		}
		l.report(diag.ManifestFrozen, diag.Error, f.option.KeyRange, f.option.path,
			fmt.Sprintf("the option %s is frozen in the %s %s: it follows from the container", f.option.Key, noun, list(f.scenarios, "and")),
			fmt.Sprintf("remove it; frozen there are %s", list(FrozenOptions(f.scenarios[0]), "and")))
	}
}
