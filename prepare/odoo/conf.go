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
	databaseHost  = "db"
	databasePort  = "5432"
	databaseRole  = "odoo"
	databaseAdmin = "postgres"
	databasePass  = "odoo"
)

// conf is odoo.conf: what is on disk, over it the manifest's odoo_conf, over it
// the keys that devpm manages (spec §14). Comments and the order of lines stay.
func conf(m *manifest.Manifest, s Settings, l *Layout, addons []string, existing []byte, _ *diag.Collector) []byte {
	ini := parseINI(string(existing))
	if len(existing) == 0 {
		ini.lines = []string{"; odoo.conf: yours to edit. devpm keeps your lines and sets the database, paths and `odoo_conf` of the manifest."}
	}
	if m.OdooConf != nil {
		for _, section := range m.OdooConf.Members {
			for _, option := range section.Value.Members {
				ini.set(section.Key, option.Key, confValue(option.Value))
			}
		}
	}
	platform := path.Join(l.Home, m.PlatformName)
	managed := [][2]string{
		{"addons_path", strings.Join(append([]string{path.Join(platform, "addons"), path.Join(platform, "odoo/addons")}, addons...), ",")},
		{"data_dir", path.Join(l.Home, ".local/share/Odoo")},
		{"http_port", "8069"},
	}
	if s.Scenario != CI {
		managed = append(managed, [2]string{"db_host", databaseHost}, [2]string{"db_port", databasePort},
			[2]string{"db_user", databaseRole}, [2]string{"db_password", databasePass})
	}
	for _, kv := range managed {
		ini.set("options", kv[0], kv[1])
	}
	return []byte(strings.Join(ini.lines, "\n") + "\n")
}

// confValue is a JSON scalar as Odoo's configuration writes it.
func confValue(n *manifest.Node) string {
	if n.Kind == manifest.Bool {
		if n.Text == "true" {
			return "True"
		}
		return "False"
	}
	// A line break would start another option.
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(n.Text)
}

// ini is a configuration file as its lines, so that setting one option leaves
// every other byte alone.
type ini struct{ lines []string }

func parseINI(text string) *ini {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if text == "" {
		return &ini{}
	}
	return &ini{lines: strings.Split(text, "\n")}
}

// set gives an option of a section a value: in place where it stands (the last
// one counts, as for Odoo's reader), else at the section's end, else in a new
// section.
func (f *ini) set(section, key, value string) {
	line := key + " = " + value
	at, end, current := -1, -1, ""
	for i, text := range f.lines {
		trimmed := strings.TrimSpace(text)
		if strings.HasPrefix(trimmed, "[") && strings.HasSuffix(trimmed, "]") {
			current = trimmed[1 : len(trimmed)-1]
			if current == section {
				end = i + 1
			}
			continue
		}
		if current != section || trimmed == "" || strings.HasPrefix(trimmed, ";") || strings.HasPrefix(trimmed, "#") {
			continue
		}
		end = i + 1
		indented := text != strings.TrimLeft(text, " \t")
		name, _, found := strings.Cut(strings.Replace(trimmed, ":", "=", 1), "=")
		if !indented && found && strings.EqualFold(strings.TrimSpace(name), key) {
			at = i
		}
	}
	switch {
	case at >= 0:
		last := at + 1
		for last < len(f.lines) && continues(f.lines[last]) {
			last++
		}
		f.lines = append(f.lines[:at], append([]string{line}, f.lines[last:]...)...)
	case end >= 0:
		f.lines = append(f.lines[:end], append([]string{line}, f.lines[end:]...)...)
	default:
		if len(f.lines) > 0 && strings.TrimSpace(f.lines[len(f.lines)-1]) != "" {
			f.lines = append(f.lines, "")
		}
		f.lines = append(f.lines, "["+section+"]", line)
	}
}

// continues reports whether a line belongs to the value before it.
func continues(line string) bool {
	return line != "" && (line[0] == ' ' || line[0] == '\t') && strings.TrimSpace(line) != ""
}
