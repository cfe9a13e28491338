package odoo

import (
	"path"
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
// user_settings.json names one.
func conf(m *manifest.Manifest, s Settings, l *Layout, addons []string, existing []byte, c *diag.Collector) []byte {
	file := parseINI(string(existing))
	if len(file.lines) == 0 {
		file.lines = []string{"; odoo.conf: yours to edit. devpm keeps your lines and sets the database, paths and `odoo_conf` of the manifest."}
	}
	platform := path.Join(l.Home, m.PlatformName)
	managed := [][2]string{
		{"addons_path", strings.Join(append([]string{path.Join(platform, "addons"), path.Join(platform, "odoo/addons")}, addons...), ",")},
		{"data_dir", path.Join(l.Home, ".local/share/Odoo")},
		{"http_port", "8069"},
	}
	if s.Scenario != CI {
		managed = append(managed, [2]string{"db_host", s.Database}, [2]string{"db_port", databasePort},
			[2]string{"db_user", databaseRole}, [2]string{"db_password", databasePass})
	}
	if s.ManagerPassword != nil {
		managed = append(managed, [2]string{"admin_passwd", *s.ManagerPassword})
	}
	if m.OdooConf != nil {
		for _, section := range m.OdooConf.Members {
			for _, option := range section.Value.Members {
				if value, ok := confValue(section.Key, option, c); ok {
					file.set(section.Key, option.Key, value)
				}
			}
		}
	}
	for _, kv := range managed {
		file.set("options", kv[0], kv[1])
	}
	parseINI(string(existing)).check(confName, c)
	return file.bytes()
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
