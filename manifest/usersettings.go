package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// UserSettings is user_settings.json: what one person wants of a project (spec
// §5.1). Strings are expanded.
type UserSettings struct {
	DevelopingProject  *Text // a git link in place of the manifest's developing.git; nil when absent
	InitModules        []Text
	UpdateModules      []Text
	Database           DatabaseCreation
	UpdateGitRepos     bool
	CleanGitRepos      bool
	CheckSystem        bool   // default true
	DevMode            string // odoo-bin's --dev; "" is off
	ManagerPassword    *Text  // of Odoo's database manager; nil when absent
	SQLQueries         []Text
	PreCommitMapFiles  []Text
	UseOCADependencies bool
	CreateModuleLinks  bool
	Sidecars           []SidecarGate         // as written
	Places             map[string]diag.Range // of each key that the file has, with "db_creation_data.db_lang" and its like where one asks for something
}

// DatabaseCreation is db_creation_data: what a new database starts with. The
// manifest's `database` wins over language and country (spec §5.1).
type DatabaseCreation struct {
	Language   string
	Country    string // "" is none
	CreateDemo bool
	Login      string
	Password   *Text
}

// SidecarGate is one entry of `sidecars`: whether a service is wanted here.
type SidecarGate struct {
	Service string
	On      bool
	Range   diag.Range // of the key
	Path    string     // "sidecars.mailpit"
}

// settingKeys are the keys of user_settings.json; databaseKeys those of
// db_creation_data.
var (
	settingKeys = []string{
		"check_system", "clean_git_repos", "create_module_links", "db_creation_data", "db_manager_password", "dev_mode",
		"developing_project", "init_modules", "pre_commit_map_files", "sidecars", "sql_queries", "update_git_repos",
		"update_modules", "use_oca_dependencies",
	}
	databaseKeys = []string{"create_demo", "db_country_code", "db_default_admin_login", "db_default_admin_password", "db_lang"}
)

// NoUserSettings are the settings of a project without the file.
func NoUserSettings() *UserSettings { return &UserSettings{CheckSystem: true} }

// LoadUserSettings reads user_settings.json. It reports every fault and goes
// on; a value with a fault is left at its default.
func LoadUserSettings(file string, src []byte, e *Environment, tokens Tokens, c *diag.Collector) *UserSettings {
	s := NoUserSettings()
	root := parseAny(file, src, c)
	if root == nil {
		return s
	}
	r := &settingsReader{x: NewExpander(e, tokens), c: c}
	r.x.lines = &lineIndex{src: src}
	if root.Kind != Object {
		r.report(diag.SettingsNotObject, diag.Error, root.Range, "", "the settings are "+describe(root)+", not a JSON object", `write one object: {"init_modules": "base"}`)
		return s
	}
	r.known(root, "", settingKeys)
	s.Places = make(map[string]diag.Range, len(root.Members))
	for _, m := range root.Members {
		s.Places[m.Key] = m.KeyRange
		if m.Value.Kind != Null {
			r.setting(s, m)
		}
	}
	return s
}

// settingsReader is one run of LoadUserSettings.
type settingsReader struct {
	x *Expander
	c *diag.Collector
}

func (r *settingsReader) report(code diag.Code, severity diag.Severity, at diag.Range, path, message, fix string) {
	r.c.Add(diag.Diagnostic{Code: code, Severity: severity, Range: at, Path: path, Message: message, Fix: fix})
}

// known warns about keys that nothing reads: odpm ignores them.
func (r *settingsReader) known(n *Node, path string, keys []string) {
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Key) && !strings.HasPrefix(m.Key, "x-") && m.Key != "$schema" {
			r.report(diag.SettingsUnknownKey, diag.Warning, m.KeyRange, memberPath(path, m.Key), fmt.Sprintf("the setting %q is not known and is ignored", m.Key), didYouMean(m.Key, keys, "settings"))
		}
	}
}

func (r *settingsReader) setting(s *UserSettings, m Member) {
	n, path := m.Value, m.Key
	switch m.Key {
	case "developing_project":
		s.DevelopingProject = r.link(n, path)
	case "init_modules":
		s.InitModules = r.modules(n, path)
	case "update_modules":
		s.UpdateModules = r.modules(n, path)
	case "db_creation_data":
		r.database(s, n, path)
	case "update_git_repos":
		r.flag(&s.UpdateGitRepos, n, path)
	case "clean_git_repos":
		r.flag(&s.CleanGitRepos, n, path)
	case "check_system":
		r.flag(&s.CheckSystem, n, path)
	case "dev_mode":
		s.DevMode = r.devMode(n, path)
	case "db_manager_password":
		if t := r.text(n, path); t != nil && strings.ContainsAny(t.Value, "\r\n\x00") {
			r.report(diag.SettingsType, diag.Error, n.Range, path, "the password has a line break or NUL, which odoo.conf cannot hold", "choose a password of one line")
		} else {
			s.ManagerPassword = t
		}
	case "sql_queries":
		s.SQLQueries = r.texts(n, path)
	case "pre_commit_map_files":
		s.PreCommitMapFiles = r.texts(n, path)
	case "use_oca_dependencies":
		r.flag(&s.UseOCADependencies, n, path)
	case "create_module_links":
		r.flag(&s.CreateModuleLinks, n, path)
	case "sidecars":
		s.Sidecars = r.gates(n, path)
	}
}

func (r *settingsReader) wrong(n *Node, path, want, fix string) {
	r.report(diag.SettingsType, diag.Error, n.Range, path, "the value is "+describe(n)+", not "+want, fix)
}

func (r *settingsReader) flag(to *bool, n *Node, path string) {
	if n.Kind != Bool {
		r.wrong(n, path, "true or false", "write true or false, without quotes")
		return
	}
	*to = n.Text == "true"
}

// text is an expanded string; nil with a fault.
func (r *settingsReader) text(n *Node, path string) *Text {
	if n.Kind != String {
		r.wrong(n, path, "a string", "put the value in double quotes")
		return nil
	}
	value, _, ok := r.x.expand(n.Text, n.Range, path, r.c)
	if !ok {
		return nil
	}
	return &Text{Value: value, Raw: n.Text, Range: n.Range, Path: path}
}

// optional is text; false and a blank string mean none, as odpm writes it.
func (r *settingsReader) optional(n *Node, path string) *Text {
	if n.Kind == Bool && n.Text == "false" {
		return nil
	}
	t := r.text(n, path)
	if t == nil || strings.TrimSpace(t.Value) == "" {
		return nil
	}
	return t
}

func (r *settingsReader) link(n *Node, path string) *Text {
	t := r.optional(n, path)
	if t == nil {
		return nil
	}
	t.Value = strings.TrimSpace(t.Value)
	if !checkLink(t.Value, t.Raw, t.Range, path, r.c) {
		return nil
	}
	return t
}

func (r *settingsReader) texts(n *Node, path string) []Text {
	if n.Kind != Array {
		r.wrong(n, path, "a list", `write a list of strings: ["…"]`)
		return nil
	}
	var out []Text
	for i, item := range n.Items {
		if t := r.text(item, itemPath(path, i)); t != nil {
			out = append(out, *t)
		}
	}
	return out
}

// modules reads names of modules: a list, or text with commas between them.
func (r *settingsReader) modules(n *Node, path string) []Text {
	var out []Text
	var written []Text
	if n.Kind == Array {
		written = r.texts(n, path)
	} else if t := r.optional(n, path); t != nil {
		written = []Text{*t}
	}
	for _, w := range written {
		for name := range strings.SplitSeq(w.Value, ",") {
			if name = strings.TrimSpace(name); name != "" {
				w.Value = name
				out = append(out, w)
			}
		}
	}
	return out
}

// devMode is the value of odoo-bin's --dev; true is all of it.
func (r *settingsReader) devMode(n *Node, path string) string {
	if n.Kind == Bool && n.Text == "true" {
		return "all"
	}
	if t := r.optional(n, path); t != nil {
		return strings.TrimSpace(t.Value)
	}
	return ""
}

func (r *settingsReader) database(s *UserSettings, n *Node, path string) {
	d := &s.Database
	if n.Kind != Object {
		r.wrong(n, path, "an object", `write an object: {"create_demo": true}`)
		return
	}
	r.known(n, path, databaseKeys)
	value := func(t *Text) string {
		if t == nil {
			return ""
		}
		return t.Value
	}
	for _, m := range n.Members {
		at := memberPath(path, m.Key)
		switch {
		case m.Value.Kind == Null:
		case m.Key == "db_lang":
			d.Language = value(r.optional(m.Value, at))
		case m.Key == "db_country_code":
			d.Country = value(r.optional(m.Value, at))
		case m.Key == "create_demo":
			r.flag(&d.CreateDemo, m.Value, at)
		case m.Key == "db_default_admin_login":
			d.Login = value(r.text(m.Value, at))
		case m.Key == "db_default_admin_password":
			d.Password = r.text(m.Value, at)
		}
		if AsksForDatabase(m) {
			s.Places[at] = m.KeyRange
		}
	}
}

// AsksForDatabase reports whether a member of `database` or db_creation_data
// wants something of a new database: null and a blank text do not, and false
// means none but for the switch create_demo.
func AsksForDatabase(m Member) bool {
	switch m.Value.Kind {
	case Null:
		return false
	case String:
		return strings.TrimSpace(m.Value.Text) != ""
	case Bool:
		return m.Key == "create_demo" || m.Value.Text == "true"
	default:
		return true
	}
}

// gates reads `sidecars` (spec §8.6). A gate is strictly true or false.
func (r *settingsReader) gates(n *Node, path string) []SidecarGate {
	if n.Kind != Object {
		r.report(diag.SidecarGates, diag.Error, n.Range, path, "the gates are "+describe(n)+", not an object", `write {"service": false} to leave a service out`)
		return nil
	}
	var out []SidecarGate
	for _, m := range n.Members {
		at := memberPath(path, m.Key)
		if m.Value.Kind != Bool {
			r.report(diag.SidecarGates, diag.Error, m.Value.Range, at, "a gate is true or false, not "+describe(m.Value), "write true or false, without quotes")
			continue
		}
		out = append(out, SidecarGate{Service: m.Key, On: m.Value.Text == "true", Range: m.KeyRange, Path: at})
	}
	return out
}
