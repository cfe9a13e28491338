package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/testkit"
	"github.com/devpm/devpm/manifest"
)

// block cuts the first fenced block of a language out of a page.
func block(page, language string) (before, text, after string, ok bool) {
	before, rest, ok := strings.Cut(page, "```"+language+"\n")
	if !ok {
		return page, "", "", false
	}
	text, after, ok = strings.Cut(rest, "```\n")
	return before + "```" + language + "\n", text, "```\n" + after, ok
}

// The example of each page is run, and the page must show what devpm says.
func TestPagesShowWhatDevpmSays(t *testing.T) {
	pages, err := filepath.Glob("../docs/diagnostics/DPM1*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, file := range pages {
		code := strings.TrimSuffix(filepath.Base(file), ".md")
		t.Run(code, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			page := string(data)
			var c diag.Collector
			var layers []manifest.Layer
			_, src, _, isManifest := block(page, "json")
			_, env, _, isDotenv := block(page, "dotenv")
			switch {
			case isDotenv:
				layers, src = []manifest.Layer{{Name: ".env", Data: []byte(env)}}, `{"manifest_schema":2,"requires_odpm":"4.8.0","stack":"none"}`
			case !isManifest && code != string(diag.ManifestTooLarge) && code != string(diag.ManifestTooDeep):
				t.Fatal("the page has no example")
			case !isManifest:
				return
			}
			e := manifest.NewEnvironment(nil, layers, &c)
			names := manifest.ReadNames(e, &c)
			manifest.ReadSecurityProfile("", e, &c)
			if strings.Contains(page, "A `user_settings.json` file:\n") {
				manifest.LoadUserSettings("user_settings.json", []byte(src), e, manifest.Tokens{}, &c)
				src = `{"manifest_schema":2,"requires_odpm":"4.8.0","stack":"none"}`
			}
			switch code {
			case "DPM1124", "DPM1125", "DPM1126": // what only the conversion says
				o := manifest.MigrateOptions{LockFile: ".odpm/deps.lock.json"}
				if _, lock, _, ok := block(page, "json lock"); ok {
					o.Lock = []byte(lock)
				}
				manifest.Migrate("odpm.json", []byte(src), o, &c)
			case "DPM1722", "DPM1723": // what only `manifest validate` says
				tokens := manifest.Tokens{Secret: func(string) (string, string, *manifest.TokenFault) { return "", "project", nil }}
				m := manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: e, Tokens: tokens, HostArch: "amd64"}, &c)
				m.CheckReferences(nil, &c)
			default:
				manifest.Load("odpm.json", []byte(src), manifest.Options{Environment: e, Names: names, HostArch: "amd64"}, &c)
			}
			got := report(&c)
			if !strings.Contains(got, " "+code+": ") {
				t.Errorf("the example does not give %s:\n%s", code, got)
			}
			before, _, after, ok := block(page, "text")
			if !ok {
				t.Fatal("the page shows no output")
			}
			testkit.Golden(t, file, []byte(before+got+after))
		})
	}
}

func TestEachCodeIsUsedByTheTests(t *testing.T) {
	seen := map[diag.Code]bool{diag.ManifestTooLarge: true, diag.ManifestTooDeep: true} // read_test.go
	pages, err := filepath.Glob("../docs/diagnostics/DPM1*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range pages {
		seen[diag.Code(strings.TrimSuffix(filepath.Base(file), ".md"))] = true
	}
	for _, info := range diag.Codes() {
		if !strings.HasPrefix(string(info.Code), "DPM1") {
			continue
		}
		if !seen[info.Code] {
			t.Errorf("%s has no page", info.Code)
		}
		page, err := os.ReadFile("../docs/diagnostics/" + string(info.Code) + ".md")
		if err != nil || !strings.HasPrefix(string(page), "# "+string(info.Code)+": "+info.Title+"\n") {
			t.Errorf("%s: the page's heading is not its title %q", info.Code, info.Title)
		}
	}
	if len(pages) != len(seen) {
		t.Errorf("%d pages for %d codes", len(pages), len(seen))
	}
}
