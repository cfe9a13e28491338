package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// createdWith says what a setting for new databases would change. The older
// names are those of db_creation_data.
var createdWith = map[string]string{
	"language":                  "a new database does not get this language",
	"country":                   "a new database does not get this country",
	"db_lang":                   "a new database does not get this language",
	"db_country_code":           "a new database does not get this country",
	"create_demo":               "Odoo decides on the demo data of a new database",
	"db_default_admin_login":    "the administrator of a new database keeps Odoo's login",
	"db_default_admin_password": "the administrator of a new database keeps Odoo's password",
}

// warnDatabaseCreation names the settings for new databases: Odoo makes these,
// by its own page or odoo-bin's options, and is not told of the settings.
func (p *project) warnDatabaseCreation() {
	const old = "db_creation_data"
	for _, path := range slices.Sorted(maps.Keys(p.user.Places)) {
		if key, below := strings.CutPrefix(path, old+"."); below && createdWith[key] != "" {
			p.notApplied(diag.Warning, p.user.Places[path], path, createdWith[key])
		}
	}
	if p.manifest == nil {
		return
	}
	for _, section := range []string{"database", old} {
		database := p.manifest.Document.Root.Get(section)
		if database == nil || database.Kind != manifest.Object {
			continue
		}
		for _, m := range database.Members {
			if effect := createdWith[m.Key]; effect != "" && manifest.AsksForDatabase(m) {
				p.notApplied(diag.Warning, m.KeyRange, section+"."+m.Key, effect)
			}
		}
	}
}
