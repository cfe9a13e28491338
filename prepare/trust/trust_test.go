package trust_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare/trust"
)

// project is a project on no disk.
type project struct {
	manifest string // without the keys that every one has
	dotenv   string
	files    map[string]string
}

func (p project) set(t *testing.T) trust.Set {
	t.Helper()
	var c diag.Collector
	src := `{"manifest_schema": 2, "requires_odpm": "4.5.0", "stack": "none", ` + p.manifest + `}`
	m := manifest.Load("odpm.json", []byte(src), manifest.Options{HostArch: "amd64"}, &c)
	if m == nil {
		t.Fatal(c.List())
	}
	files := fstest.MapFS{}
	for name, text := range p.files {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	from := trust.Project{Manifest: m, Tree: trust.Tree{Files: files, Dir: "/home/ana/shop"}}
	if p.dotenv != "" {
		from.Dotenv = &manifest.Layer{Name: ".env", Data: []byte(p.dotenv)}
	}
	return trust.NewSet(from.Subjects()...)
}

func base() project {
	return project{
		manifest: `"hooks": {"pre_up": [["sh", "scripts/setup.sh", "${MODE:-fast}"], ["make", "--file=tools/Makefile"]], "post_up": [{"run": ["psql", "seed.sql"], "service": "db"}]},
			"services": {"web": {"image": "nginx:1", "ports": ["80:80"]}}, "extensions": {"require": {"mail": "^1"}},
			"secrets": {"provider": {"type": "exec", "command": ["bin/get"]}}`,
		dotenv: "PORT=8080\nNAME=ana\n",
		files: map[string]string{
			"scripts/setup.sh": "echo", "tools/Makefile": "all:", "seed.sql": "select 1", "bin/get": "#!", "other.sh": "x", ".odpm/plugins/a.py": "pass",
		},
	}
}

// What changes the effect changes the digest, and nothing else does.
func TestTheDigestFollowsTheEffect(t *testing.T) {
	digest := base().set(t).Digest()
	if len(digest) != 64 || digest != base().set(t).Digest() {
		t.Fatalf("digest %q", digest)
	}
	replace := func(old, new string) func(*project) {
		return func(p *project) {
			if !strings.Contains(p.manifest, old) {
				t.Fatalf("no %s", old)
			}
			p.manifest = strings.Replace(p.manifest, old, new, 1)
		}
	}
	file := func(name, text string) func(*project) { return func(p *project) { p.files[name] = text } }
	env := func(text string) func(*project) { return func(p *project) { p.dotenv = text } }
	for _, tt := range []struct {
		name   string
		change func(*project)
		asks   bool
	}{
		{"an argument of a hook", replace("${MODE:-fast}", "${MODE:-slow}"), true},
		{"the order of hooks", replace(`["sh", "scripts/setup.sh", "${MODE:-fast}"], ["make", "--file=tools/Makefile"]`, `["make", "--file=tools/Makefile"], ["sh", "scripts/setup.sh", "${MODE:-fast}"]`), true},
		{"the service of a hook", replace(`"service": "db"`, `"service": "web"`), true},
		{"the script of a hook", file("scripts/setup.sh", "rm -r ~"), true},
		{"a file behind =", file("tools/Makefile", "all: evil"), true},
		{"the script goes", func(p *project) { delete(p.files, "scripts/setup.sh") }, true},
		{"a plugin", file(".odpm/plugins/a.py", "import os"), true},
		{"a new plugin, deep down", file(".odpm/plugins/lib/b.py", ""), true},
		{"compiled Python beside a plugin", file(".odpm/plugins/__pycache__/a.cpython-311.pyc", "x"), true},
		{"an extension", replace("^1", "^2"), true},
		{"the provider's argv", replace(`"bin/get"`, `"bin/get", "-v"`), true},
		{"the provider's program", file("bin/get", "#!x"), true},
		{".env: what a hook's argument becomes", env("PORT=8080\nNAME=ana\nMODE=slow\n"), true},
		{".env: a text that hooks get", env("PORT=8080\nNAME=eve\n"), true},
		{".env: a name that steers programs", env("PORT=8080\nNAME=ana\nLD_PRELOAD=1\n"), true},
		{".env: PATH", env("PORT=8080\nNAME=ana\nPATH=./bin\n"), true},
		{".env: a port", env("PORT=9090\nNAME=ana\n"), false},
		{"a file that nothing names", file("other.sh", "y"), false},
		{"a file that a hook in a container names", file("seed.sql", "drop table x"), false},
		{"an image tag", replace("nginx:1", "nginx:2"), false},
		{"a port", replace("80:80", "81:80"), false},
		{"where a hook is written", replace(`"hooks": {`, "\n\n\"hooks\": {"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := base()
			tt.change(&p)
			if got := p.set(t).Digest() != digest; got != tt.asks {
				t.Errorf("asked again: %v, want %v\n%+v", got, tt.asks, p.set(t))
			}
		})
	}
}

func TestWithoutAnythingToRunThereIsNothingToAsk(t *testing.T) {
	p := project{manifest: `"services": {"web": {"image": "nginx", "build": "."}}`, dotenv: "LD_PRELOAD=./x.so\n", files: map[string]string{"x.so": ""}}
	if set := p.set(t); len(set) != 0 || set.Digest() != "" {
		t.Errorf("%+v", set)
	}
	// A hook that runs in a container gets nothing of .env.
	p.manifest = `"services": {"web": {"image": "nginx"}}, "hooks": {"post_up": [{"run": ["true"], "service": "web"}]}`
	if set := p.set(t); len(set) != 1 || set[0].Kind != trust.ServiceHook {
		t.Errorf("%+v", set)
	}
}

func TestSubjectsSayWhatAndWhere(t *testing.T) {
	p := base()
	p.dotenv = "MODE=a b\nGIT_SSH_COMMAND=evil\nNPM_TOKEN=hunter2\n"
	var lines []string
	for _, s := range p.set(t) {
		lines = append(lines, fmt.Sprintf("%s | %s | %s | %s", s.Kind, s.Key, s.Text, s.Range.File))
		if strings.Contains(s.Text+strings.Join(s.Notes, ""), "hunter2") {
			t.Errorf("a secret is shown: %+v", s)
		}
	}
	want := []string{
		"hook | hooks.pre_up[0] | sh scripts/setup.sh ${MODE:-fast} | odpm.json",
		"hook | hooks.pre_up[1] | make --file=tools/Makefile | odpm.json",
		"service hook | hooks.post_up[0] | in service db: psql seed.sql | odpm.json",
		"plugin | .odpm/plugins/a.py | .odpm/plugins/a.py | .odpm/plugins/a.py",
		"extension | extensions.require.mail | mail ^1 | odpm.json",
		"secret provider | secrets.provider.command | bin/get | odpm.json",
		"environment | MODE | MODE | .env",
		"environment | GIT_SSH_COMMAND | GIT_SSH_COMMAND=evil | .env",
		"environment | NPM_TOKEN | NPM_TOKEN | .env",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	if notes := p.set(t)[0].Notes; len(notes) != 2 || notes[0] != "without your environment: sh scripts/setup.sh 'a b'" || !strings.HasPrefix(notes[1], "file scripts/setup.sh, sha256 ") {
		t.Errorf("%q", notes)
	}
}

// A link that leads out of the project is seen and not followed; one that stays
// inside is.
func TestLinksOfAProject(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(out, "x.py"), "outside")
	write(filepath.Join(dir, "lib", "y.py"), "inside")
	write(filepath.Join(dir, ".odpm", "plugins", "a.py"), "pass")
	for link, target := range map[string]string{"out.py": filepath.Join(out, "x.py"), "lib": "../../lib", "loop": "."} {
		if err := os.Symlink(target, filepath.Join(dir, ".odpm", "plugins", link)); err != nil {
			t.Skipf("no symbolic links: %v", err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	m := &manifest.Manifest{}
	hashes := map[string]string{}
	for _, s := range (trust.Project{Manifest: m, Tree: trust.Tree{Files: root.FS(), Dir: dir}}).Subjects() {
		hashes[s.Key] = s.Files[0].Hash
	}
	if hashes[".odpm/plugins/a.py"] == "" || hashes[".odpm/plugins/lib/y.py"] == "" {
		t.Errorf("not covered: %v", hashes)
	}
	if hash, seen := hashes[".odpm/plugins/out.py"]; !seen || hash != "" {
		t.Errorf("the link out: %q, %v", hash, seen)
	}
	// ".." behind a link: the system goes up from where the link leads.
	write(filepath.Join(dir, "z.sh"), "here")
	write(filepath.Join(dir, ".odpm", "plugins", "z.sh"), "not there")
	var names []string
	m.Hooks = map[string][]manifest.HookEntry{"post_clone": {{Path: "hooks.post_clone[0]", Run: []manifest.Text{
		{Raw: "sh"}, {Raw: ".odpm/plugins/lib/../z.sh"}, {Raw: "../" + filepath.Base(dir) + "/lib/y.py"},
	}}}}
	for _, s := range (trust.Project{Manifest: m, Tree: trust.Tree{Files: root.FS(), Dir: dir}}).Subjects() {
		if s.Kind == trust.Hook {
			for _, f := range s.Files {
				names = append(names, f.Name)
			}
		}
	}
	if d := cmp.Diff([]string{".odpm/plugins/z.sh", "lib/y.py", "z.sh"}, names); d != "" {
		t.Error(d)
	}
}

func TestDecisionsAreKept(t *testing.T) {
	set := base().set(t)
	store := trust.Store{Dir: filepath.Join(t.TempDir(), "state", "one"), Project: "/home/ana/shop"}
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	if store.Load() != nil {
		t.Fatal("a decision before any")
	}
	if err := store.Save(set, now); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(store.Dir, "trust.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	d := store.Load()
	if d == nil || d.Digest != set.Digest() || !d.Decided.Equal(now.Truncate(time.Second)) {
		t.Fatalf("%+v", d)
	}
	if moved := (trust.Store{Dir: store.Dir, Project: "/home/ana/other"}); moved.Load() != nil {
		t.Error("the decision of another directory counts")
	}
	for _, tt := range []struct {
		name string
		mode fs.FileMode
		text string
	}{{"others may write it", 0o622, ""}, {"no JSON", 0o600, "{"}, {"another version", 0o600, `{"version": 2, "project": "/home/ana/shop", "digest": "x"}`}} {
		if tt.text != "" {
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		if store.Load() != nil {
			t.Errorf("%s: it counts", tt.name)
		}
	}
	if had, err := store.Revoke(); !had || err != nil {
		t.Errorf("revoke: %v %v", had, err)
	}
	if had, err := store.Revoke(); had || err != nil {
		t.Errorf("revoke again: %v %v", had, err)
	}
}

func TestCompareSaysWhatChanged(t *testing.T) {
	store := trust.Store{Dir: t.TempDir(), Project: "/p"}
	if err := store.Save(base().set(t), time.Now()); err != nil {
		t.Fatal(err)
	}
	p := base()
	p.files["scripts/setup.sh"] = "evil"
	p.manifest = strings.Replace(p.manifest, `, ["make", "--file=tools/Makefile"]`, "", 1)
	p.dotenv += "NEW=x\n"
	var got []string
	for _, c := range trust.Compare(store.Load(), p.set(t)) {
		if c.State != trust.Unchanged {
			got = append(got, string(c.State)+" "+c.Key)
		}
	}
	if want := []string{"gone hooks.pre_up[1]", "changed hooks.pre_up[0]", "new NEW"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, c := range trust.Compare(nil, p.set(t)) {
		if c.State != trust.Added {
			t.Errorf("without a decision: %s %s", c.State, c.Key)
		}
	}
}

// TestAPackageIsTrustedByItsContent, and by what it declares that it can do.
func TestAPackageIsTrustedByItsContent(t *testing.T) {
	var c diag.Collector
	m := manifest.Load("odpm.json", []byte(`{"manifest_schema":2,"requires_odpm":"4.6","stack":"none","extensions":{"require":{"mail":"^1","other":"^2"}}}`), manifest.Options{HostArch: "amd64"}, &c)
	subjects := func(hash string, rights ...string) trust.Set {
		p := trust.Project{Manifest: m, Tree: trust.Tree{Files: fstest.MapFS{}, Dir: "/p"}, Packages: []trust.Package{
			{Key: "extensions.require.mail", Step: "ext.mail", Text: "mail 1.2.0", Hash: hash, Rights: rights},
		}}
		return trust.NewSet(p.Subjects()...)
	}
	set := subjects("aa", "hooks/1")
	if len(set) != 2 || set[0].Text != "mail 1.2.0" || set[0].Step != "ext.mail" || set[1].Text != "other ^2" {
		t.Fatalf("%+v", set)
	}
	store := trust.Store{Dir: t.TempDir(), Project: "/p"}
	if err := store.Save(set, time.Now()); err != nil {
		t.Fatal(err)
	}
	d := store.Load()
	if !d.Accepts(subjects("aa", "hooks/1")) || !d.Accepts(set.Only(trust.Extension)) {
		t.Error("what was accepted is not")
	}
	for _, other := range []trust.Set{subjects("bb", "hooks/1"), subjects("aa", "hooks/1", "network")} {
		if d.Accepts(other) || other.Digest() == set.Digest() {
			t.Errorf("accepted: %+v", other)
		}
	}
	var none *trust.Decision
	if none.Accepts(set) || !none.Accepts(set.Only(trust.Plugin)) {
		t.Error("without a decision")
	}
}
