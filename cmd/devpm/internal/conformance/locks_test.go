package conformance

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/dependencies"
	"github.com/devpm/devpm/manifest/link"
	"github.com/devpm/devpm/prepare/lock"
	"github.com/devpm/devpm/prepare/observe"
)

const sha = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// lockCases are those of the group LCK that are about lock files.
var lockCases = []testCase{
	passes("LCK-05", "an entry without a commit, or with one that is none, is refused", func(t *testing.T) {
		lockRefused(t, `{"schema_version":1,"platform":{"url":"https://example.com/repo"}}`, `"commit" is missing`)
		lockRefused(t, `{"schema_version":1,"platform":{"url":"https://example.com/repo","commit":"not-a-sha"}}`, `"not-a-sha" is not a commit`)
	}),
	passes("LCK-07", "a git entry has no kind", func(t *testing.T) {
		l := lock.Dependencies{GeneratedAt: lock.Stamp(time.Unix(0, 0)), Platform: lock.Entry{URL: "https://github.com/odoo/odoo", Commit: sha}}
		wantText(t, string(l.Encode()), `{
  "dependencies": [],
  "generated_at": "1970-01-01T00:00:00+00:00",
  "platform": {
    "commit": "`+sha+`",
    "url": "https://github.com/odoo/odoo"
  },
  "schema_version": 1
}
`)
	}),
	passes("LCK-08", "schema_version 99 is refused", func(t *testing.T) {
		lockRefused(t, `{"schema_version":99,"platform":{}}`, "version 99")
	}),
	passes("LCK-10", "a tree without git has an identity of 40 digits that stays", func(t *testing.T) {
		dir := t.TempDir()
		for name, content := range map[string]string{"odoo/release.py": "x", "odoo-bin": "y"} {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		one, err := observe.TreeIdentity(dir)
		two, again := observe.TreeIdentity(dir)
		// printf 'odoo/release.py\0xodoo-bin\0y' | sha256sum | head -c 40
		if err != nil || again != nil || one != two || one != "f4720cdf6a81da1672950aceb8fb5a6c431c04ed" {
			t.Errorf("%s %s %v %v", one, two, err, again)
		}
	}),
	passes("LCK-11", "locks.git is the source when it is not empty; the file is only compared", func(t *testing.T) {
		p := newProject(t, with(`"locks":{"git":{"https://github.com/odoo/odoo.git 19.0":"1111111"}}`))
		p.write(t, ".odpm/deps.lock.json", `{"schema_version":1,"platform":{"url":"https://github.com/odoo/odoo","commit":"2222222"}}`)
		got := p.plan(t)
		if reason := got.Steps[got.index("git.lock_load")].Reason; !strings.Contains(reason, "locks.git in odpm.json") {
			t.Error(reason)
		}
		if !got.warns("locks.git in odpm.json and .odpm/deps.lock.json hold https://github.com/odoo/odoo to different commits") {
			t.Errorf("%q", got.Warnings)
		}
	}),
	passes("LCK-13", "a difference is exit 1 in ci, a warning in developer", func(t *testing.T) {
		p := newProject(t, "")
		platform := filepath.Join(p.home, "platform")
		if err := os.Mkdir(platform, 0o755); err != nil {
			t.Fatal(err)
		}
		url := "file://" + filepath.ToSlash(platform)
		p.write(t, "odpm.json", changed(t, "https://github.com/odoo/odoo.git 19.0", url))
		p.write(t, ".odpm/deps.lock.json", `{"schema_version":1,"platform":{"url":"`+url+`","commit":"`+sha+`"}}`)
		if !p.plan(t).warns("and .odpm/deps.lock.json holds it to") {
			t.Error("no warning")
		}
		status, _, stderr := p.devpm(t, "up", "--skip-start", "--scenario", "ci")
		if status != 1 || !strings.Contains(stderr, string(diag.LockDrift)) {
			t.Errorf("exit status %d\n%s", status, stderr)
		}
	}),
}

func lockRefused(t *testing.T, src, want string) {
	t.Helper()
	var c diag.Collector
	if l := lock.ReadDependencies("deps.lock.json", []byte(src), &c); l != nil {
		t.Errorf("accepted: %+v", l)
	}
	wantError(t, c.List(), diag.LockFile, want)
}

// lockPlanCase is one of lockPlanCases by its id.
func lockPlanCase(id string) testCase {
	i := slices.IndexFunc(lockPlanCases, func(c testCase) bool { return c.id == id })
	return lockPlanCases[i]
}

// lockPlanCases are the cases of the group PLAN that are about locks.
var lockPlanCases = []testCase{
	passes("PLAN-04", "--update-lock: git.lock_collect would update, nothing starts", func(t *testing.T) {
		got := newProject(t, minimal).plan(t, "--update-lock")
		got.wantOutcomes(t, map[string]string{"git.lock_collect": "update", "git.lock_load": "skip", "compose.up": ""})
	}),
	passes("PLAN-07", "--update-lock --show-diff: a summary for the lock, no diff", func(t *testing.T) {
		var diffs []struct {
			Path, Summary string
			Unified       string `json:"unified_diff"`
		}
		if err := json.Unmarshal(newProject(t, minimal).plan(t, "--update-lock", "--show-diff").keys["diffs"], &diffs); err != nil {
			t.Fatal(err)
		}
		for _, d := range diffs {
			if d.Path == ".odpm/deps.lock.json" {
				wantText(t, d.Summary+"|"+d.Unified, "will rewrite from resolved commits|")
				return
			}
		}
		t.Errorf("%+v", diffs)
	}),
	passes("PLAN-08", "--update-lock --strict: exit 1", func(t *testing.T) {
		p := newProject(t, minimal)
		for _, format := range []string{"table", "json"} {
			if status, stdout, _ := p.devpm(t, "plan", "--no-docker", "--update-lock", "--strict", "--format", format); status != 1 {
				t.Errorf("%s: exit status %d\n%s", format, status, stdout)
			}
		}
	}),
	passes("PLAN-25", "--sync-manifest-locks alone: a warning, then an error", func(t *testing.T) {
		p := newProject(t, minimal)
		if !p.plan(t, "--sync-manifest-locks").warns("--sync-manifest-locks needs --update-lock") {
			t.Error("no warning")
		}
		if status, _, stderr := p.devpm(t, "up", "--skip-start", "--sync-manifest-locks"); status != 1 || !strings.Contains(stderr, string(diag.LockSync)) {
			t.Errorf("exit status %d\n%s", status, stderr)
		}
	}),
	passes("PLAN-26", "locks.git and the lock file differ: a warning names both", func(t *testing.T) {
		p := newProject(t, with(`"locks":{"git":{"https://github.com/odoo/odoo.git 19.0":"1111111"}}`))
		p.write(t, ".odpm/deps.lock.json", `{"schema_version":1,"platform":{"url":"https://github.com/odoo/odoo","commit":"2222222"}}`)
		if got := p.plan(t); !got.warns("locks.git") || !got.warns(".odpm/deps.lock.json") {
			t.Errorf("%q", got.Warnings)
		}
	}),
}

// dependencyCases are the group DEP.
var dependencyCases = []testCase{
	passes("DEP-01", "a name in oca_dependencies.txt is a repository of the OCA", ocaLine("sale-workflow", "https://github.com/OCA/sale-workflow.git")),
	passes("DEP-02", "a whole URL stays as it is", ocaLine("https://github.com/acme/demo.git", "https://github.com/acme/demo.git")),
	differs("DEP-04", "what follows # is a comment", ocaLine("sale-workflow # note", "https://github.com/OCA/sale-workflow.git")),
	differs("DEP-05", "dependencies and versions, and services", func(t *testing.T) {
		n := nested(t, `{"dependencies":["https://h/o/framework.git",""],"requirements":["x"],"services":{"mail":{"image":"m"}},"odoo_version":"17.0","python_version":3.12}`, environment{}, "")
		if len(n.Dependencies) != 1 || n.Dependencies[0].Value != "https://h/o/framework.git" || n.OdooVersion.Value != "17.0" || n.Python.Value != "3.12" {
			t.Errorf("%+v", n)
		}
		if n.Services.Get("mail") == nil {
			t.Error("the service is lost")
		}
	}),
	differs("DEP-07", "services alone count; requirements do not", func(t *testing.T) {
		n := nested(t, `{"requirements":["x"],"services":{"mail":{"image":"m"}}}`, environment{}, "")
		if n.Services.Get("mail") == nil || len(n.Dependencies) > 0 {
			t.Errorf("%+v", n)
		}
	}),
	passes("DEP-08", "invalid JSON, or no object: a warning, ignored", func(t *testing.T) {
		for _, src := range []string{"{", "[1,2]"} {
			var c diag.Collector
			n := manifest.LoadNested("o/r", "o/r/odpm.json", []byte(src), manifest.Options{Environment: environment{}.build(t)}, manifest.StackOdoo, &c)
			if list := c.List(); n != nil || len(list) != 1 || list[0].Code != diag.DependencyManifest || list[0].Severity != diag.Warning {
				t.Errorf("%s: %v\n%s", src, n, text(list))
			}
		}
	}),
	passes("DEP-10", "a variable in a nested link is expanded, in odoo_version not", func(t *testing.T) {
		n := nested(t, `{"dependencies":["file://${OCA_WEB_PATH}"],"odoo_version":"17.${X}"}`, environment{project: "OCA_WEB_PATH=/srv/web\n"}, "")
		wantText(t, n.Dependencies[0].Value+" "+n.OdooVersion.Value, "file:///srv/web 17.${X}")
	}),
	passes("DEP-11", "a missing variable is an error that names it and dependencies", func(t *testing.T) {
		nested(t, `{"dependencies":["file://${MISSING}"]}`, environment{}, diag.ManifestUnset, "MISSING", "dependencies[0]", "o/r/odpm.json:1:")
	}),
	passes("DEP-13", "A names B and C, B names C: A, B, C", resolved("A", map[string]string{"A": "B C", "B": "C"}, "A B C")),
	passes("DEP-14", "A and B name each other, A is there twice: A, B", resolved("A A", map[string]string{"A": "B", "B": "A"}, "A B")),
	passes("DEP-16", "without use_oca_dependencies only the manifest's own", func(t *testing.T) {
		p := newProject(t, "")
		dir := filepath.Join(p.home, "web")
		p.write(t, "odpm.json", changed(t, `"dependencies":[]`, `"dependencies":["file://`+filepath.ToSlash(dir)+`"]`))
		p.write(t, "../home/web/odpm.json", `{"dependencies":["https://github.com/acme/more.git"],"services":{"mail":{"image":"m"}}}`)
		more := func() bool { got := p.plan(t); return got.index("compose.fragment.mail") >= 0 }
		if more() {
			t.Error("a nested manifest counts")
		}
		p.write(t, "user_settings.json", `{"use_oca_dependencies": true}`)
		if !more() {
			t.Error("with the setting it does not count") // else the case could not fail
		}
	}),
	passes("DEP-17", "the project's service wins over a dependency's, with a warning", func(t *testing.T) {
		p := newProject(t, "")
		dir := filepath.Join(p.home, "web")
		p.write(t, "odpm.json", strings.TrimSuffix(changed(t, `"dependencies":[]`, `"dependencies":["file://`+filepath.ToSlash(dir)+`"]`), "}")+`,"services":{"mailpit":{"image":"custom"}}}`)
		p.write(t, "../home/web/odpm.json", `{"services":{"mailpit":{"image":"nested"}}}`)
		p.write(t, "user_settings.json", `{"use_oca_dependencies": true}`)
		if _, stdout, stderr := p.devpm(t, "explain", "services.mailpit.image"); !strings.Contains(stdout, `"custom"`) {
			t.Error(stdout, stderr)
		}
		if !p.plan(t).warns(`the service of the dependency "home/web" is not used: the one of odpm.json wins`) {
			t.Error("no warning")
		}
	}),
}

func ocaLine(line, want string) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		got, ok := dependencies.OCALine(line)
		if !ok {
			t.Error("skipped")
		}
		wantText(t, got, want)
	}
}

// nested reads the manifest of a dependency; code "" wants no finding.
func nested(t *testing.T, src string, e environment, code diag.Code, words ...string) *manifest.Nested {
	t.Helper()
	var c diag.Collector
	n := manifest.LoadNested("o/r", "o/r/odpm.json", []byte(src), manifest.Options{Environment: e.build(t)}, manifest.StackOdoo, &c)
	if code != "" {
		wantError(t, c.List(), code, words...)
	} else if list := c.List(); len(list) > 0 {
		t.Fatal(text(list))
	}
	return n
}

var repositoryName = regexp.MustCompile(`[^/]+$`)

// resolved searches from some repositories on, by their one-letter names.
func resolved(seeds string, graph map[string]string, want string) func(*testing.T) {
	return func(t *testing.T) {
		urls := func(names string) []string {
			out := strings.Fields(names)
			for i := range out {
				out[i] = "https://h/o/" + out[i]
			}
			return out
		}
		m := &manifest.Manifest{Stack: manifest.StackOdoo, OdooVersion: "17.0"}
		for _, url := range urls(seeds) {
			m.Dependencies = append(m.Dependencies, manifest.Text{Value: url})
		}
		var c diag.Collector
		got := dependencies.Resolve(m, dependencies.Options{
			Load: manifest.Options{Environment: environment{}.build(t)},
			Read: func(l link.Link, file string) ([]byte, error) {
				names, ok := graph[repositoryName.FindString(l.URL)]
				if !ok || file != dependencies.ManifestFile {
					return nil, fs.ErrNotExist
				}
				return json.Marshal(map[string]any{"dependencies": urls(names)})
			},
		}, &c)
		var found []string
		for _, text := range got.Dependencies {
			found = append(found, repositoryName.FindString(text.Value))
		}
		if d := cmp.Diff(strings.Fields(want), found); d != "" || len(c.List()) > 0 {
			t.Errorf("-want +got\n%s%s", d, text(c.List()))
		}
	}
}
