package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare/odoo"
)

const userSettingsName = "user_settings.json"

// readUserSettings reads the personal settings beside the manifest; without
// the file they have their defaults.
func (p *project) readUserSettings(app *App) error {
	p.user = manifest.NoUserSettings()
	src, err := readConfig(p.path(userSettingsName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault(diag.ManifestFile, userSettingsName, "the settings cannot be read: "+cause(err), unreadableFix(err, "make it a text file, or remove it"))
	}
	app.Sources.Add(userSettingsName, src)
	p.input(userSettingsName, src)
	p.user = manifest.LoadUserSettings(userSettingsName, src, p.env, p.tokens, p.findings)
	return nil
}

// applyUserSettings puts what a person develops in place of the manifest's own
// link, and warns about settings that nothing reads yet.
func (p *project) applyUserSettings() {
	if p.manifest != nil && p.user.DevelopingProject != nil {
		p.manifest.Developing = p.user.DevelopingProject
	}
	for _, setting := range []struct {
		on           bool
		path, effect string
	}{
		{len(p.user.SQLQueries) > 0, "sql_queries", "queries are not run"},
		{len(p.user.PreCommitMapFiles) > 0, "pre_commit_map_files", "files for pre-commit are not mounted"},
		{p.user.CreateModuleLinks, "create_module_links", "no links to modules are made"},
	} {
		if setting.on {
			p.notApplied(diag.Warning, p.user.Places[setting.path], setting.path, setting.effect)
		}
	}
	p.warnDatabaseCreation()
}

// odooArgs are the further arguments of odoo-bin: the developer mode of the
// settings (in the scenario developer only) and args as given, where an -i or -u
// that names no module takes those of the settings (spec §7.2).
func (p *project) odooArgs(args []string) []manifest.Text {
	var out []manifest.Text
	given := func(text string) { out = append(out, manifest.Text{Value: text}) }
	own := func(path, option, text string) {
		out = append(out, manifest.Text{Value: option + text, Raw: text, Range: p.user.Places[path], Path: path})
	}
	chosen := slices.ContainsFunc(args, func(arg string) bool { return arg == "--dev" || strings.HasPrefix(arg, "--dev=") })
	if p.user.DevMode != "" && p.manifest.Scenario == odoo.Developer && !chosen {
		own("dev_mode", "--dev=", p.user.DevMode)
	}
	for i, arg := range args {
		given(arg)
		modules, path := p.user.InitModules, "init_modules"
		switch arg {
		case "-i", "--init":
		case "-u", "--update":
			modules, path = p.user.UpdateModules, "update_modules"
		default:
			continue
		}
		if i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			continue
		}
		if len(modules) == 0 {
			p.findings.Add(diag.Diagnostic{
				Code: diag.ModulesMissing, Range: diag.Range{File: userSettingsName}, Path: path,
				Message: fmt.Sprintf("%s names no modules, and the settings have none either", arg),
				Fix:     fmt.Sprintf("write them after %s, or as %q: \"sale,stock\" into user_settings.json", arg, path),
			})
			continue
		}
		names := make([]string, len(modules))
		for i, m := range modules {
			names[i] = m.Value
		}
		own(path, "", strings.Join(names, ","))
	}
	return out
}
