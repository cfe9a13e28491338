package compose

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
)

var fence = regexp.MustCompile("(?s)```(json|dotenv|text)\n(.*?)```")

// TestDiagnosticPages runs the examples of docs/diagnostics: a manifest, what
// extensions add to it, and the findings with the page's code. So every code
// of this package is reachable, and every page shows what devpm prints.
func TestDiagnosticPages(t *testing.T) {
	pages := 0
	for _, info := range diag.Codes() {
		if !strings.HasPrefix(string(info.Code), "DPM2") || strings.HasPrefix(string(info.Code), "DPM24") { // compose/policy tests its own
			continue
		}
		pages++
		t.Run(string(info.Code), func(t *testing.T) {
			path := filepath.Join("../docs/diagnostics", string(info.Code)+".md")
			page, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(page), "# "+string(info.Code)+": "+info.Title+"\n") {
				t.Errorf("the heading is not %q", info.Title)
			}
			var sources []string
			env := ""
			shown := 0
			updated := fence.ReplaceAllStringFunc(string(page), func(block string) string {
				parts := fence.FindStringSubmatch(block)
				switch parts[1] {
				case "json":
					sources = append(sources, parts[2])
					return block
				case "dotenv":
					env = parts[2]
					return block
				}
				shown++
				out := findingsOf(t, sources, env, info.Code)
				sources, env = nil, ""
				return "```text\n" + out + "```"
			})
			if shown == 0 {
				t.Error("the page shows no example")
			}
			if testkit.Updating() {
				if err := os.WriteFile(path, []byte(updated), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := cmp.Diff(string(page), updated); d != "" {
				t.Errorf("the page shows something else (set %s=1 to accept): %s", testkit.UpdateEnv, d)
			}
		})
	}
	if pages < 25 {
		t.Errorf("only %d codes", pages)
	}
}

// findingsOf takes manifests, fragments of extensions, and personal settings,
// which are told by their key.
func findingsOf(t *testing.T, sources []string, env string, code diag.Code) string {
	var builtin *Builtin
	root := parse(t, "odpm.json", sources[0])
	if root.Get("stack") != nil && root.Get("stack").Text == manifest.StackOdoo {
		builtin = Odoo(testOdoo(scenarioDeveloper))
	}
	var fragments []Fragment
	var gates []manifest.SidecarGate
	for i, src := range sources[1:] {
		name := []string{"alpha", "beta"}[i]
		if strings.Contains(src, `"sidecars"`) {
			gates = settings(t, src).Sidecars
			continue
		}
		n := parse(t, "", src)
		unplaced(n)
		fragments = append(fragments, Fragment{Extension: name, Services: n.Get("services"), Patches: n.Get("patches")})
	}
	m, l := checkWith(t, sources[0], builtin, Input{Names: dotenvNames(t, env), Sidecars: gates, Fragments: fragments})
	c := &diag.Collector{}
	c.Add(l...)
	if !l.HasErrors() {
		LoadCheck(t.Context(), m.YAML(), t.TempDir(), m, c)
	}
	var out strings.Builder
	for _, d := range c.List() {
		if d.Code == code {
			out.WriteString(d.String() + "\n")
		}
	}
	if out.Len() == 0 {
		t.Errorf("the example does not lead to %s but to %v", code, c.List())
	}
	return out.String()
}

// unplaced takes the places from a tree, as extensions send them.
func unplaced(n *manifest.Node) {
	n.Range = diag.Range{}
	for i := range n.Members {
		n.Members[i].KeyRange = diag.Range{}
		unplaced(n.Members[i].Value)
	}
	for _, item := range n.Items {
		unplaced(item)
	}
}
