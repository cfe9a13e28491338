package starter

import (
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions"
	"github.com/devpm/devpm/extensions/pack"
)

func TestFilesAreAnExtension(t *testing.T) {
	for _, l := range []Language{Python, Go} {
		for _, name := range []string{"x", "mail-tools", "a1-b2-c3"} {
			files, err := Files(name, l, "linux", "amd64")
			if err != nil {
				t.Fatal(err)
			}
			var metadata []byte
			for _, f := range files {
				if f.Name == pack.MetadataName {
					metadata = f.Content
				}
				if strings.Contains(string(f.Content), "{{.") || strings.Contains(f.Name, "MODULE") {
					t.Errorf("%s: %s is not filled", l, f.Name)
				}
				if formatted, err := format.Source(f.Content); strings.HasSuffix(f.Name, ".go") && (err != nil || string(formatted) != string(f.Content)) {
					t.Errorf("%s: %s is not formatted: %v", l, f.Name, err)
				}
			}
			var c diag.Collector
			m := pack.ReadMetadata(pack.MetadataName, metadata, &c)
			if m == nil {
				t.Fatalf("%s: %v", l, c.List())
			}
			m.CheckBuild(&c)
			if len(c.List()) > 0 || m.Name != name || len(m.Capabilities) != 1 {
				t.Errorf("%s: %+v, %v", l, m, c.List())
			}
			if l == Go && m.Binary("linux/amd64") != "bin/linux-amd64/"+name {
				t.Errorf("the program is %q", m.Binary("linux/amd64"))
			}
			if l == Python && !slices.ContainsFunc(files, func(f File) bool { return f.Name == m.Entry+".py" }) {
				t.Errorf("the entry %s has no file", m.Entry)
			}
		}
	}
}

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "mail-tools": true, "a1-2b": true, strings.Repeat("a", maxName): true,
		"": false, "-a": false, "a-": false, "a--b": false, "1a": false, "A": false, "a_b": false, "a/b": false, "..": false, "a b": false,
		"ü": false, strings.Repeat("a", maxName+1): false,
	} {
		if ValidName(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
}

// The copy is the whole SDK and nothing else.
func TestSDKIsComplete(t *testing.T) {
	dir := "../sdk"
	var want []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			want = append(want, e.Name())
		}
	}
	got, err := fs.Glob(extensions.SDK(), "*")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("embedded %v, the SDK has %v", got, want)
	}
	for _, name := range want {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "github.com/") {
			t.Errorf("%s imports more than the standard library", name)
		}
	}
}
