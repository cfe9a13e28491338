package odoo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
)

const shop = `{
  "manifest_schema": 2, "requires_odpm": "4.8.0", "stack": "odoo", "odoo_version": "17.0",
  "platform": {"git": "https://github.com/odoo/odoo.git 17.0"},
  "python": "3.11", "distro": {"name": "debian", "version": "12"}, "postgres": "15", "arch": "amd64",
  "developing": {"git": "git@git.example.org:acme/shop.git"},
  "dependencies": [
    "https://github.com/OCA/web.git",
    "https://github.com/acme/web 16.0",
    "https://github.com/OCA/server-tools 17.0 0123456789abcdef0123456789abcdef01234567",
    "file:///srv/local-addons"
  ],
  "requirements": ["requests==2.31.0", "  pandas   <3 "],
  "odoo_conf": {"options": {"proxy_mode": true, "workers": 0, "dbfilter": "^x$"}, "queue_job": {"channels": "root:2"}}
}`

func load(t *testing.T, src string) *manifest.Manifest {
	t.Helper()
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: manifest.NewEnvironment(nil, nil, &c), HostArch: "amd64"}, &c)
	if m == nil || c.HasErrors() {
		t.Fatalf("the manifest of this test is faulty: %v", c.List())
	}
	return m
}

func settings(change func(*Settings)) Settings {
	s := Settings{
		ProjectDir: "/home/ana/shop", ProjectsDir: "/home/ana/src", BackupDir: "/home/ana/shop/.odpm/backups",
		Scenario: Developer, Login: "ana", UID: 1000, GID: 1000,
	}
	if change != nil {
		change(&s)
	}
	return s
}

// text is a layout to read: what a person would check.
func text(l *Layout) string {
	var b strings.Builder
	fmt.Fprintf(&b, "image %s\nuser %s in %s\ndatabase %s\n", l.Image, l.User, l.Home, l.DatabaseDir)
	for _, r := range l.Repositories {
		fmt.Fprintf(&b, "repository %s %s %s branch=%q commit=%q local=%v keep=%v in %s at %s\n", r.Role, r.Name, r.URL, r.Branch, r.Commit, r.Local, r.Keep, r.Dir, r.Range)
	}
	for _, d := range l.Directories {
		fmt.Fprintf(&b, "directory %s %o\n", d.Path, d.Mode)
	}
	for _, m := range l.Mounts {
		fmt.Fprintf(&b, "mount %s on %s read-only=%v\n", m.Source, m.Target, m.ReadOnly)
	}
	for _, k := range l.Links {
		fmt.Fprintf(&b, "link %s to %s\n", k.Path, k.Target)
	}
	for _, f := range l.Files {
		fmt.Fprintf(&b, "\n---- %s (%s, %o)\n", f.Path, f.Step, f.Mode)
		if !strings.HasSuffix(f.Path, "entrypoint.sh") {
			b.Write(f.Content)
		}
	}
	if l.CIImage != nil {
		fmt.Fprintf(&b, "\nci image %s of %s\n", l.CIImage.Tag, l.CIImage.Service)
		for _, s := range l.CIImage.Sources {
			fmt.Fprintf(&b, "source %s from %s to %s\n", s.Name, s.Dir, s.To)
		}
		for _, f := range l.CIImage.Files {
			fmt.Fprintf(&b, "\n---- context: %s (%o)\n", f.Path, f.Mode)
			if !strings.HasSuffix(f.Path, "entrypoint.sh") {
				b.Write(f.Content)
			}
		}
	}
	return b.String()
}

func TestLayout(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"developer": nil,
		"server":    func(s *Settings) { s.Scenario = Server },
		"ci":        func(s *Settings) { s.Scenario = CI },
		"root":      func(s *Settings) { s.Login, s.UID, s.GID, s.BaseImage = "root", 0, 0, "registry.example.org/base:1" },
	} {
		t.Run(name, func(t *testing.T) {
			var c diag.Collector
			l := Plan(load(t, shop), settings(change), nil, &c)
			if len(c.List()) > 0 {
				t.Errorf("%v", c.List())
			}
			testkit.Golden(t, "testdata/layout_"+name+".txt", []byte(text(l)))
		})
	}
}

func TestLayoutIsStable(t *testing.T) {
	var c diag.Collector
	m := load(t, shop)
	first := Plan(m, settings(nil), nil, &c)
	var written []byte
	for _, f := range first.Files {
		if f.Path == confName {
			written = f.Content
		}
	}
	if d := cmp.Diff(text(first), text(Plan(m, settings(nil), written, &c))); d != "" {
		t.Errorf("a second plan differs:\n%s", d)
	}
	other := Plan(m, settings(func(s *Settings) { s.UID = 1001 }), nil, &c)
	if other.Identity == first.Identity {
		t.Error("another uid has the same image")
	}
}

func TestRepositories(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(shop, old, new, 1) }
	t.Run("one repository at two versions is an error at the second place", func(t *testing.T) {
		var c diag.Collector
		Plan(load(t, with(`"file:///srv/local-addons"`, `"https://github.com/OCA/web 15.0"`)), settings(nil), nil, &c)
		list := c.List()
		if len(list) != 1 || list[0].Code != diag.OdooTwoVersions || list[0].Range.Start.Line != 10 || len(list[0].Related) != 1 {
			t.Fatalf("%v", list)
		}
		if want := "OCA/web is wanted at 15.0 here and at 17.0 elsewhere, and has one working tree"; list[0].Message != want {
			t.Errorf("message %q", list[0].Message)
		}
	})
	t.Run("the same link twice is one repository", func(t *testing.T) {
		var c diag.Collector
		l := Plan(load(t, with(`"file:///srv/local-addons"`, `"https://github.com/OCA/web"`)), settings(nil), nil, &c)
		if len(l.Repositories) != 5 || len(c.List()) > 0 {
			t.Errorf("%d repositories; %v", len(l.Repositories), c.List())
		}
	})
	t.Run("without odoo_version and branch the remote decides", func(t *testing.T) {
		var c diag.Collector
		src := strings.NewReplacer(`"odoo_version": "17.0",`, "", "odoo.git 17.0", "odoo.git").Replace(shop)
		if l := Plan(load(t, src), settings(nil), nil, &c); l.Repositories[0].Branch != "" {
			t.Errorf("branch %q", l.Repositories[0].Branch)
		}
	})
	t.Run("folders of one name get the owner's, then a number", func(t *testing.T) {
		var c diag.Collector
		src := with(`"file:///srv/local-addons"`, `"https://gitlab.com/oca/WEB"`)
		var names []string
		for _, l := range Plan(load(t, src), settings(nil), nil, &c).Links {
			names = append(names, l.Path)
		}
		want := []string{"dependencies/OCA_web", "dependencies/acme_web", "dependencies/server-tools", "dependencies/oca_WEB_2"}
		if d := cmp.Diff(want, names); d != "" {
			t.Error(d)
		}
	})
}

func TestAccountName(t *testing.T) {
	for login, want := range map[string]string{
		"ana": "ana", "Ana.Maria": "ana_maria", `CORP\ana`: "corp_ana", "ana@example.org": "ana_example_org", "": "developer", "123": "developer",
		"élise": "lise", strings.Repeat("x", 40): strings.Repeat("x", 32), "a-b_c1": "a-b_c1",
	} {
		if got := accountName(login); got != want {
			t.Errorf("%q: %q, want %q", login, got, want)
		}
	}
}
