package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

func userSettings(t *testing.T, src string, process ...string) (*manifest.UserSettings, string) {
	t.Helper()
	var c diag.Collector
	s := manifest.LoadUserSettings("user_settings.json", []byte(src), environment(t, process...), manifest.Tokens{}, &c)
	return s, report(&c)
}

func values(texts []manifest.Text) string {
	var out []string
	for _, t := range texts {
		out = append(out, t.Value)
	}
	return strings.Join(out, "|")
}

func TestUserSettingsAreReadAndExpanded(t *testing.T) {
	s, got := userSettings(t, `{"developing_project": " ${GIT}/shop.git 17.0 ", "init_modules": "sale, stock,,", "update_modules": ["crm", "web,${MOD}"],
"db_creation_data": {"db_lang": "de_DE", "db_country_code": false, "create_demo": true, "db_default_admin_login": "admin", "db_default_admin_password": "${PW}"},
"update_git_repos": true, "clean_git_repos": true, "check_system": false, "dev_mode": "reload,xml", "db_manager_password": "m$$m",
"sql_queries": ["SELECT 1"], "pre_commit_map_files": [".pre-commit-config.yaml"], "use_oca_dependencies": true, "create_module_links": true,
"sidecars": {"mailpit": false, "redis": true}, "x-mine": 1}`, "GIT=https://git.example", "MOD=account", "PW=geheim")
	if got != "" {
		t.Fatal(got)
	}
	if s.DevelopingProject.Value != "https://git.example/shop.git 17.0" || s.DevelopingProject.Range.Start.Line != 1 || s.DevelopingProject.Path != "developing_project" {
		t.Errorf("%+v", s.DevelopingProject)
	}
	if values(s.InitModules) != "sale|stock" || values(s.UpdateModules) != "crm|web|account" || values(s.SQLQueries) != "SELECT 1" || values(s.PreCommitMapFiles) != ".pre-commit-config.yaml" {
		t.Errorf("%+v", s)
	}
	d := s.Database
	if d.Language != "de_DE" || d.Country != "" || !d.CreateDemo || d.Login != "admin" || d.Password.Value != "geheim" {
		t.Errorf("%+v", d)
	}
	if at := s.Places["check_system"].String(); at != "user_settings.json:3:52" {
		t.Error(at)
	}
	if !s.UpdateGitRepos || !s.CleanGitRepos || s.CheckSystem || !s.UseOCADependencies || !s.CreateModuleLinks || s.DevMode != "reload,xml" || s.ManagerPassword.Value != "m$m" {
		t.Errorf("%+v", s)
	}
	var gates []string
	for _, g := range s.Sidecars {
		gates = append(gates, g.Path+" "+map[bool]string{true: "on", false: "off"}[g.On])
	}
	if d := cmp.Diff([]string{"sidecars.mailpit off", "sidecars.redis on"}, gates); d != "" {
		t.Error(d)
	}
}

func TestAnEmptyFormOfUserSettingsIsTheDefault(t *testing.T) {
	for _, src := range []string{`{}`, `{"developing_project": false, "init_modules": "", "update_modules": [], "dev_mode": false, "sidecars": null, "check_system": null, "db_creation_data": {}}`} {
		s, got := userSettings(t, src)
		s.Places = nil
		if d := cmp.Diff(manifest.NoUserSettings(), s); got != "" || d != "" {
			t.Errorf("%s: %s%s", src, got, d)
		}
	}
	if s, _ := userSettings(t, `{"dev_mode": true}`); s.DevMode != "all" {
		t.Error(s.DevMode)
	}
}

// Every fault is said in one run, and what is right beside it still counts.
func TestUserSettingsFaults(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"no JSON", `{"a"`, "DPM1001"},
		{"another value", `[]`, "user_settings.json:1:1: error DPM1750: the settings are a list, not a JSON object"},
		{"a key twice", `{"dev_mode": "x", "dev_mode": "y"}`, "DPM1002"},
		{"an unknown key", `{"init_module": "a"}`, `1:2: warning DPM1751: init_module: the setting "init_module" is not known and is ignored` + "\n    fix: did you mean \"init_modules\"?"},
		{"an unknown key of the database", `{"db_creation_data": {"lang": "x"}}`, "DPM1751: db_creation_data.lang"},
		{"text for a switch", `{"check_system": "no"}`, "1:18: error DPM1752: check_system: the value is a string, not true or false"},
		{"a switch for text", `{"db_manager_password": true}`, "error DPM1752: db_manager_password: the value is true, not a string"},
		{"a password of two lines", `{"db_manager_password": "a\nb"}`, "error DPM1752: db_manager_password: the password has a line break"},
		{"a number in a list", `{"sql_queries": [1]}`, "error DPM1752: sql_queries[0]"},
		{"the database is text", `{"db_creation_data": "x"}`, "error DPM1752: db_creation_data"},
		{"gates are a list (GATE-02)", `{"sidecars": []}`, "error DPM1753: sidecars: the gates are a list, not an object"},
		{"a gate is text (GATE-02)", `{"sidecars": {"mailpit": "false"}}`, "error DPM1753: sidecars.mailpit: a gate is true or false, not a string"},
		{"a gate is a number (GATE-02)", `{"sidecars": {"mailpit": 0}}`, "error DPM1753: sidecars.mailpit"},
		{"a bad link", `{"developing_project": "not a link at all"}`, "error DPM1706: developing_project"},
		{"an unset variable", `{"db_manager_password": "${NOPE}"}`, "user_settings.json:1:26: error DPM1501: db_manager_password: the variable NOPE is not set"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, got := userSettings(t, tt.src)
			if !strings.Contains(got, tt.want) {
				t.Errorf("want %q in\n%s", tt.want, got)
			}
			if s == nil {
				t.Error("no settings")
			}
		})
	}
	s, got := userSettings(t, `{"check_system": 0, "dev_mode": "qweb", "sidecars": {"a": 1, "b": false}}`)
	if strings.Count(got, " error ") != 2 || s.DevMode != "qweb" || len(s.Sidecars) != 1 || s.Sidecars[0].Service != "b" {
		t.Errorf("%s%+v", got, s)
	}
}
