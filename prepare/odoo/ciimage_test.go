package odoo

import (
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

// TestTheImageHoldsNothingPersonal plants what must not go in, in every place
// that the project's own odoo.conf is made from.
func TestTheImageHoldsNothingPersonal(t *testing.T) {
	var c diag.Collector
	src := strings.Replace(shop, `"dbfilter": "^x$"`, `"dbfilter": "^x$", "redis_url": "${@secret:redis}", "smtp_password": "${SMTP_PASSWORD}", "smtp_server": "${SMTP_SERVER}"`, 1)
	if src == shop {
		t.Fatal("the fixture has changed")
	}
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{
		Scenario:    CI,
		Environment: manifest.NewEnvironment([]string{"SMTP_PASSWORD=planted-smtp", "SMTP_SERVER=mail.example.org"}, nil, &c),
		Tokens:      manifest.Tokens{Secret: func(string) (string, string, *manifest.TokenFault) { return "planted-redis", "secrets.json", nil }},
	}, &c)
	if c.HasErrors() {
		t.Fatal(c.List())
	}
	manager := "planted-manager"
	own := "[options]\nlog_level = info\nadmin_passwd = planted-admin\n"
	l := Plan(m, settings(func(s *Settings) { s.Scenario, s.ManagerPassword = CI, &manager }), []byte(own), &c)
	if !strings.Contains(content(l.Files, confName), "planted-redis") {
		t.Fatal("the project's own odoo.conf lacks the secret, so this is no test")
	}
	for _, f := range l.CIImage.Files {
		if strings.Contains(string(f.Content), "planted") {
			t.Errorf("%s:\n%s", f.Path, f.Content)
		}
	}
	baked := content(l.CIImage.Files, confName)
	for _, want := range []string{"smtp_server = mail.example.org\n", "dbfilter = ^x$\n", "db_host = db\n", "addons_path = /home/odoo/odoo/addons"} {
		if !strings.Contains(baked, want) {
			t.Errorf("the image's odoo.conf lacks %q:\n%s", want, baked)
		}
	}
	if strings.Contains(baked, "log_level") {
		t.Errorf("a line of this machine is in the image's odoo.conf:\n%s", baked)
	}
	var told []string
	for _, d := range l.CIFound {
		told = append(told, string(d.Code)+" "+d.Path+" "+d.Range.File)
	}
	want := []string{"DPM3655 odoo_conf.options.redis_url odpm.json", "DPM3655 odoo_conf.options.smtp_password odpm.json", "DPM3656  odoo.conf"}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestTheManifestMaySayTheDatabaseInCI(t *testing.T) {
	var c diag.Collector
	src := strings.Replace(shop, `"odoo_conf"`, `"scenarios": {"ci": {"odoo_conf": {"options": {"DB_Host": "pg.example.org", "db_password": "${@secret:db}"}}}}, "odoo_conf"`, 1)
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{
		Scenario: CI, Environment: manifest.NewEnvironment(nil, nil, &c), Tokens: manifest.Tokens{Secret: func(string) (string, string, *manifest.TokenFault) { return "planted", "secrets.json", nil }},
	}, &c)
	if c.HasErrors() {
		t.Fatal(c.List())
	}
	baked := content(Plan(m, settings(func(s *Settings) { s.Scenario = CI }), nil, &c).CIImage.Files, confName)
	for text, want := range map[string]bool{"DB_Host = pg.example.org\n": true, "db_host": false, "db_user = odoo\n": true, "db_password": false} {
		if strings.Contains(baked, text) != want {
			t.Errorf("%q in it: %t:\n%s", text, !want, baked)
		}
	}
}

func content(files []prepare.File, name string) string {
	for _, f := range files {
		if f.Path == name {
			return string(f.Content)
		}
	}
	return ""
}
