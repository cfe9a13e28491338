package odoo

import (
	"path"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

const confName = "odoo.conf"

// The database as the built-in service `db` has it. Odoo refuses to run as the
// administrator, so the entrypoint makes a role of its own.
const (
	databasePort  = "5432"
	databaseRole  = "odoo"
	databaseAdmin = "postgres"
	databasePass  = "odoo"
)

// conf is odoo.conf: what is on disk, over it the manifest's odoo_conf, over it
// the keys that devpm manages (spec §14). Comments and the order of lines stay.
// The master password (admin_passwd) is the user's: it is set only when
// user_settings.json names one. The options say where each of them comes from.
func conf(m *manifest.Manifest, s Settings, l *Layout, addons []string, existing []byte, c *diag.Collector) ([]byte, []Option) {
	file := parseINI(string(existing))
	if len(file.lines) == 0 {
		file.lines = []string{"; odoo.conf: yours to edit. devpm keeps your lines and sets the database, paths and `odoo_conf` of the manifest."}
	}
	all := file.options(confName)
	for _, o := range append(manifestOptions(m, c), managedOptions(m, s, l, addons)...) {
		file.set(o.Section, o.Key, o.Value)
		all = replaceOption(all, o)
	}
	parseINI(string(existing)).check(confName, c)
	return file.bytes(), all
}

// manifestOptions are those of odoo_conf.
func manifestOptions(m *manifest.Manifest, c *diag.Collector) []Option {
	if m.OdooConf == nil {
		return nil
	}
	var out []Option
	for _, section := range m.OdooConf.Members {
		for _, option := range section.Value.Members {
			if value, ok := confValue(section.Key, option, c); ok {
				out = append(out, Option{Section: section.Key, Key: option.Key, Value: value, Node: option.Value})
			}
		}
	}
	return out
}

// managedOptions are those that devpm decides, whatever else says them.
func managedOptions(m *manifest.Manifest, s Settings, l *Layout, addons []string) []Option {
	platform := path.Join(l.Home, m.PlatformName)
	var out []Option
	add := func(key, value, rule string, by ...manifest.Choice) {
		out = append(out, Option{Section: "options", Key: key, Value: value, Rule: rule, By: by})
	}
	named := m.Setting("platform_name")
	folders := append([]string{path.Join(platform, "addons"), path.Join(platform, "odoo/addons")}, addons...)
	add("addons_path", strings.Join(folders, ","), "the platform's add-ons, then those of every repository in the order of the manifest", append([]manifest.Choice{named}, l.addonsBy...)...)
	add("data_dir", path.Join(l.Home, ".local/share/Odoo"), "Odoo keeps its files in its user's home directory", s.Account...)
	add("http_port", "8069", "the port in the container is fixed; ODOO_PORT is the one on the host")
	database := func(key, value string, by ...manifest.Choice) {
		if s.Scenario == CI && saysOption(m, key) {
			return // there the manifest may say it (spec §14)
		}
		add(key, value, "Odoo uses the database of the stack, with a role that the entrypoint makes", append(by, m.ScenarioBy)...)
	}
	database("db_host", s.Database, s.DatabaseBy)
	database("db_port", databasePort)
	database("db_user", databaseRole)
	database("db_password", databasePass)
	if s.ManagerPassword != nil {
		add("admin_passwd", *s.ManagerPassword, "the password of the database manager is a personal setting", s.ManagerPasswordBy)
		out[len(out)-1].Private = true
	}
	return out
}

// saysOption reports whether the manifest has an option, in Odoo's spelling of it.
func saysOption(m *manifest.Manifest, key string) bool {
	section := m.OdooConf.Get("options")
	return section != nil && slices.ContainsFunc(section.Members, func(o manifest.Member) bool { return strings.EqualFold(o.Key, key) })
}

// confValue is a JSON scalar as Odoo's configuration writes it. A name or text
// that would become another line is refused.
func confValue(section string, option manifest.Member, c *diag.Collector) (string, bool) {
	text := option.Value.Text
	if option.Value.Kind == manifest.Bool {
		text = map[string]string{"true": "True", "false": "False"}[text]
	}
	switch {
	case strings.ContainsAny(text, "\r\n"):
		report(c, section, option, option.Value.Range, "the value has a line break, which would begin another option", "write the value on one line")
	case badName(section, "]"), badName(option.Key, "=:[;#"):
		report(c, section, option, option.KeyRange, "the name cannot be written to an INI file", "use letters, digits and underscores")
	default:
		return text, true
	}
	return "", false
}

func badName(name, signs string) bool {
	return strings.TrimSpace(name) != name || name == "" || strings.ContainsAny(name, signs+"\r\n")
}

func report(c *diag.Collector, section string, option manifest.Member, at diag.Range, message, fix string) {
	c.Add(diag.Diagnostic{Code: diag.OdooConfSettings, Range: at, Path: "odoo_conf." + section + "." + option.Key, Message: message, Fix: fix})
}
