package compose

import (
	"path/filepath"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
)

const fixtures = "../testdata/fixtures"

const mailpit = `"mailpit": {"image": "axllent/mailpit", "restart": "unless-stopped", "ports": ["8025:8025", "1025:1025"]}`

func TestGoldenDocuments(t *testing.T) {
	for _, scenario := range []string{scenarioDeveloper, scenarioServer, scenarioCI} {
		t.Run(scenario, func(t *testing.T) {
			m, l := check(t, `{"scenario": "`+scenario+`",
  "services": {`+mailpit+`},
  "service_patches": {"odoo": {"environment": {"CUSTOM_METRIC": "1"}}}}`, Odoo(testOdoo(scenario)))
			wantClean(t, l)
			testkit.Golden(t, filepath.Join(fixtures, "compose-odoo", scenario+".yml"), m.YAML())
			c := &diag.Collector{}
			LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, c)
			wantClean(t, c.List())
		})
	}
}

func TestGoldenOfEverythingAroundServices(t *testing.T) {
	m, l := check(t, `{
  "services": {
    "web": {"image": "nginx", "volumes": ["data:/data", "./site:/site:ro"], "networks": {"front": {"aliases": ["www"]}},
      "configs": ["motd"], "labels": {"price": "5$"}, "healthcheck": {"test": ["CMD", "true"], "retries": 3},
      "command": ["sh", "-c", "echo one\necho two\n"]}
  },
  "volumes": {"data": {}, "cache": null},
  "networks": {"front": {"driver": "bridge"}},
  "configs": {"motd": {"content": "hello ${you}"}},
  "x-team": {"lead": "ana"}
}`, nil)
	wantClean(t, l)
	testkit.Golden(t, filepath.Join(fixtures, "compose-around", "document.yml"), m.YAML())
	testkit.Golden(t, filepath.Join(fixtures, "compose-around", "document.json"), m.JSON())
	c := &diag.Collector{}
	LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, c)
	wantClean(t, c.List())
}

func TestDocumentIsByteStable(t *testing.T) {
	src := `{"services": {"b": {"image": "x", "environment": {"Z": "1", "A": "2"}}, "a": {"image": "y"}}, "volumes": {"z": {}, "y": {}}}`
	first, _ := build(t, src, Odoo(testOdoo(scenarioDeveloper)))
	for range 50 {
		again, _ := build(t, src, Odoo(testOdoo(scenarioDeveloper)))
		if string(again.YAML()) != string(first.YAML()) || string(again.JSON()) != string(first.JSON()) {
			t.Fatal("the same input gave other bytes")
		}
	}
}
