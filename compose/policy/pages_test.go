package policy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/compose/policy"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
)

var fence = regexp.MustCompile("(?s)```(json|text)\n(.*?)```")

// model builds the document of a manifest of stack none, given as its
// services, volumes and networks, in the project /home/ana/shop.
func model(t *testing.T, src string) *compose.Model {
	t.Helper()
	var c diag.Collector
	src = strings.TrimSuffix(strings.TrimSpace(src), "}") + `, "manifest_schema": 2, "requires_odpm": "4.5.0", "stack": "none"}`
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{HostArch: "amd64"}, &c)
	doc := compose.Build(compose.Input{Manifest: m, ProjectDir: "/home/ana/shop", HomeDir: "/home/ana"}, &c)
	if doc == nil || c.HasErrors() {
		t.Fatalf("%s: %v", src, c.List())
	}
	return doc
}

// found reads a policy and judges a document by it.
func found(t *testing.T, rules, src string) diag.List {
	t.Helper()
	var c diag.Collector
	p := policy.Read("policy.json", []byte(rules), "", &c)
	if p == nil || src == "" {
		return c.List()
	}
	p.Check(model(t, src), policy.Options{HomeDir: "/home/ana"}, &c)
	return c.List()
}

// The example of each page is run, and the page must show what devpm says.
func TestPagesShowWhatDevpmSays(t *testing.T) {
	pages, err := filepath.Glob("../../docs/diagnostics/DPM24*.md")
	if err != nil || len(pages) != 7 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, path := range pages {
		code := strings.TrimSuffix(filepath.Base(path), ".md")
		t.Run(code, func(t *testing.T) {
			page, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sources := []string{}
			updated := fence.ReplaceAllStringFunc(string(page), func(block string) string {
				parts := fence.FindStringSubmatch(block)
				if parts[1] == "json" {
					sources = append(sources, parts[2])
					return block
				}
				var out strings.Builder
				for _, d := range found(t, sources[0], strings.Join(sources[1:], "")) {
					if string(d.Code) == code {
						out.WriteString(d.String() + "\n")
					}
				}
				if out.Len() == 0 {
					t.Error("the example does not lead to the finding")
				}
				return "```text\n" + out.String() + "```"
			})
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
}

// The example of docs/policy.md is a policy, and does what the text says.
func TestTheExampleOfTheManual(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := fence.FindStringSubmatch(string(page))[2]
	var got []string
	for _, d := range found(t, rules, `{"services": {
		"a": {"image": "nginx", "privileged": true, "network_mode": "host", "volumes": ["~/src/shop:/s", "~/src/private/x:/p", "/etc:/e"]},
		"b": {"image": "evil/nginx:latest", "ports": ["80:80"]}, "c": {"image": "postgres:16.2"}}}`) {
		got = append(got, d.Severity.String()+" "+string(d.Code)+" "+d.Path)
	}
	want := []string{
		"error DPM2402 services.a.privileged", "warning DPM2403 services.a.network_mode", "error DPM2404 services.a.volumes[1]", "error DPM2404 services.a.volumes[2]",
		"warning DPM2406 services.a.image", "error DPM2406 services.b.image", "warning DPM2407 services.b.ports[0]",
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
