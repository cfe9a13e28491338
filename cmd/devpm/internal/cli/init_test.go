package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answered runs f with a wizard that gets these lines, and returns what it
// printed.
func answered(lines string, f func(w *wizard) error) (string, error) {
	var out strings.Builder
	err := f(&wizard{asker: &asker{in: strings.NewReader(lines), out: &out}, on: true})
	return out.String(), err
}

func TestInitAsksForWhatItNeeds(t *testing.T) {
	var content string
	shown, err := answered("odoo\n17.0\n\nhttps://git.example.com/acme/shop.git 17.0\n", func(w *wizard) error {
		m, err := firstManifest(t.Context(), nil, w, t.TempDir(), initOptions{})
		if err == nil {
			content = string(m.content())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "$schema": ".odpm/manifest.schema.json",
  "manifest_schema": 2,
  "requires_odpm": "4.8.0",
  "stack": "odoo",
  "odoo_version": "17.0",
  "platform": {"git": "https://github.com/odoo/odoo.git 17.0"},
  "python": "3.10",
  "distro": {"name": "debian", "version": "12"},
  "postgres": "16",
  "developing": {"git": "https://git.example.com/acme/shop.git 17.0"},
  "dependencies": [],
  "requirements": []
}
`
	if d := cmp.Diff(want, content); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("What is the environment built on? odoo brings Odoo and PostgreSQL, none only what you write (none, odoo) [none]: "+
		"Which version of Odoo? [18.0]: The git link of Odoo's sources, with the branch [https://github.com/odoo/odoo.git 17.0]: "+
		"The git link of the repository with your own modules [none]: ", shown); d != "" {
		t.Error(d)
	}
}

func TestInitAsksAgainAndStopsAtTheEndOfInput(t *testing.T) {
	shown, err := answered("rails\nmaybe", func(w *wizard) error {
		_, err := firstManifest(t.Context(), nil, w, t.TempDir(), initOptions{})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "nothing was written") || strings.Count(shown, "Answer with one of none, odoo.") != 2 {
		t.Errorf("%v\n%s", err, shown)
	}
	for answer, want := range map[string]bool{"\n": true, "y\n": true, "No\n": false, "what\nno\n": false} {
		_, err := answered(answer, func(w *wizard) error {
			if yes, err := w.confirm(t.Context(), "Import?"); err != nil || yes != want {
				t.Errorf("%q: %v %v", answer, yes, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
