package python

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// modulesOf loads the module list of a manifest's text; "" is one without
// `extensions`.
func modulesOf(t *testing.T, dir, list string) ([]string, diag.List) {
	t.Helper()
	var c diag.Collector
	var node *manifest.Node
	if list != "" {
		node = manifest.ReadJSON("odpm.json", []byte(`{"extensions": {"local": `+list+`}}`), &c).Get("extensions").Get("local")
	}
	var names []string
	for _, m := range Modules(dir, node, &c) {
		if m.Path != filepath.Join(dir, ".odpm", "plugins", m.Name+".py") || m.Source != ".odpm/plugins/"+m.Name+".py" {
			t.Errorf("got %+v", m)
		}
		names = append(names, m.Name)
	}
	return names, c.List()
}

func TestWhichLocalPluginsAreLoaded(t *testing.T) {
	dir := project(t, map[string]string{"b.py": "", "a.py": "", "my-plugin.py": "", ".hidden.py": "", "text.txt": "", "deep/c.py": "", "dir.py/x": "", "__pycache__/a.cpython-311.pyc": ""})
	plugins := filepath.Join(dir, ".odpm", "plugins")
	if err := os.Symlink("a.py", filepath.Join(plugins, "link.py")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(plugins, "dangling.py")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, list string
		want       []string
		said       []string // beginnings of the diagnostics
	}{
		{"no list: all, sorted", "", []string{"a", "b", "link", "my-plugin"}, nil},
		{"an empty list: none", "[]", nil, nil},
		{"the list's order", `["b", "a"]`, []string{"b", "a"}, nil},
		{"blanks are dropped, repetitions count once", `["", "  ", " b ", "b"]`, []string{"b"}, nil},
		{"one that is missing is passed over", `["missing", "a"]`, []string{"a"},
			[]string{`odpm.json:1:27: warning DPM7305: extensions.local[0]: there is no plugin "missing": .odpm/plugins/missing.py is not there; it is skipped`}},
		{"a directory is no plugin", `["dir"]`, nil, []string{`odpm.json:1:27: warning DPM7305: extensions.local[0]: there is no plugin "dir"`}},
		{"names that are none", `["../a", "deep/c", ".hidden", "deep\\c"]`, nil, []string{
			`odpm.json:1:27: error DPM7303: extensions.local[0]: "../a" is not the name of a module in .odpm/plugins`,
			`odpm.json:1:35: error DPM7303: extensions.local[1]: "deep/c"`,
			`odpm.json:1:45: error DPM7303: extensions.local[2]: ".hidden"`,
			`odpm.json:1:56: error DPM7303: extensions.local[3]: "deep\\c"`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, said := modulesOf(t, dir, tt.list)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if len(said) != len(tt.said) {
				t.Fatalf("said %v", said)
			}
			for i, want := range tt.said {
				if !strings.HasPrefix(said[i].String(), want) || said[i].Fix == "" {
					t.Errorf("said %s, want %s", said[i], want)
				}
			}
		})
	}
}

func TestPluginsThatLeadOutAreRefused(t *testing.T) {
	dir := project(t, map[string]string{"a.py": ""})
	elsewhere := filepath.Join(t.TempDir(), "evil.py")
	write(t, elsewhere, "")
	if err := os.Symlink(elsewhere, filepath.Join(dir, ".odpm", "plugins", "evil.py")); err != nil {
		t.Fatal(err)
	}
	// One that stays in the project but leaves the directory does as well.
	write(t, filepath.Join(dir, "lib.py"), "")
	if err := os.Symlink("../../lib.py", filepath.Join(dir, ".odpm", "plugins", "lib.py")); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"", `["a", "evil", "lib"]`} {
		got, said := modulesOf(t, dir, list)
		if !slices.Equal(got, []string{"a"}) || len(said) != 2 || said[0].Code != diag.PluginLeadsOut || said[1].Code != diag.PluginLeadsOut || said[0].Severity != diag.Error {
			t.Errorf("with %q: got %v, %v", list, got, said)
		}
	}

	// The directory itself.
	other := t.TempDir()
	if err := os.MkdirAll(filepath.Join(other, ".odpm"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, ".odpm", "plugins"), filepath.Join(other, ".odpm", "plugins")); err != nil {
		t.Fatal(err)
	}
	got, said := modulesOf(t, other, "")
	if len(got) != 0 || len(said) != 1 || said[0].Code != diag.PluginLeadsOut || said[0].Severity != diag.Warning {
		t.Errorf("got %v, %v", got, said)
	}
}

func TestAProjectWithoutPluginsHasNone(t *testing.T) {
	got, said := modulesOf(t, t.TempDir(), "")
	if len(got) != 0 || len(said) != 0 {
		t.Errorf("got %v, %v", got, said)
	}
	if _, said := modulesOf(t, t.TempDir(), `["a"]`); len(said) != 1 || said[0].Code != diag.PluginAbsent {
		t.Errorf("said %v", said)
	}
}

// modulesIn are all plugins of a project, which are known to be right.
func modulesIn(dir string) []Module { return Modules(dir, nil, new(diag.Collector)) }
