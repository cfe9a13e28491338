package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/internal/testkit"
)

const richFixture = "../../../../testdata/fixtures/contract-rich"

// TestTheRichProjectInEveryScenario holds the documents of one project that
// uses the whole contract: prefix, network, overlays, patches in three layers,
// services of a dependency, sources, secrets, gates, volumes.
func TestTheRichProjectInEveryScenario(t *testing.T) {
	p := richProject(t)
	for _, scenario := range []string{"developer", "server", "ci"} {
		t.Run(scenario, func(t *testing.T) {
			status, stdout, stderr := p.devpm(t, "--scenario", scenario, "render")
			if status != 0 || strings.Count(stderr, " warning ") != 1 || !strings.Contains(stderr, "services.mailpit: the service of the dependency") {
				t.Fatalf("exit status %d\n%s", status, stderr)
			}
			if strings.Contains(stdout+stderr, "planted") {
				t.Error("a secret is shown")
			}
			if _, err := compose.LoadProject(t.Context(), []byte(stdout), p.dir, "acme"); err != nil {
				t.Error(err)
			}
			testkit.Golden(t, filepath.Join(richFixture, scenario+".yml"), []byte(p.elsewhere(t, scenario, stdout)))
		})
	}
}

// richProject is a copy of the fixture, with its secrets.
func richProject(t *testing.T) project {
	t.Helper()
	p := newProject(t, "{}")
	if err := os.RemoveAll(p.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(p.dir, os.DirFS(richFixture)); err != nil {
		t.Fatal(err)
	}
	env, err := os.ReadFile(filepath.Join(richFixture, ".env"))
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, ".env", string(env)+"DEPS_DIR="+p.dir+"/deps\n")
	secrets := filepath.Join(p.dir, ".odpm", "secrets.json")
	if err := os.WriteFile(secrets, []byte(`{"schema_version": 1, "secrets": {"redis.password": "planted-one", "smtp": "planted-two"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.write(t, ".odpm/.gitignore", "secrets.json\n")
	return p
}

// elsewhere writes a document as if the project stood in /srv/shop of a user
// called ana: what a golden file can hold.
func (p project) elsewhere(t *testing.T, scenario, document string) string {
	t.Helper()
	value := func(key string) string {
		_, rest, ok := strings.Cut(document, "\n  acme-odoo:\n")
		_, rest, found := strings.Cut(rest, "\n    "+key+": ")
		if !ok || !found {
			t.Fatalf("no %s in\n%s", key, document)
		}
		return rest[:strings.IndexByte(rest, '\n')]
	}
	user, home := value("user"), value("working_dir")
	document = strings.NewReplacer(p.dir, "/srv/shop", p.home, "/srv/home").Replace(document)
	if scenario == "ci" { // which has a user of its own
		return document
	}
	odoo := strings.Index(document, "\n  acme-odoo:\n")
	return document[:odoo] + strings.NewReplacer(
		"user: "+user+"\n", "user: ana\n", "data/odoo/home/"+user+"/", "data/odoo/home/ana/",
		" "+home+"\n", " /home/ana\n", home+"/", "/home/ana/",
	).Replace(document[odoo:])
}
