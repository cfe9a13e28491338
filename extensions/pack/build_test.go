package pack_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

// tree writes files below a directory, with their modes.
func tree(t testing.TB, files ...file) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(f.content), 0o600|f.mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func build(t testing.TB, dir string) (*pack.Archive, []string) {
	t.Helper()
	var c diag.Collector
	a, err := pack.Build(dir, "src", &c)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range c.List() {
		lines = append(lines, d.String())
	}
	return a, lines
}

func TestTheSameFilesGiveTheSameBytes(t *testing.T) {
	files := with(file{name: "lib/b.py", content: "B = 1\n"}, file{name: "lib/a.py", content: strings.Repeat("A = 1\n", 500)}, file{name: "run.sh", content: "#!/bin/sh\n"},
		file{name: "zeros", content: strings.Repeat("\x00", 2<<20)}, file{name: "\u00e9.txt", content: "e"})
	first, found := build(t, tree(t, files...))
	if first == nil {
		t.Fatal(found)
	}
	// Other modes, times, an order of creation and an umask's traces.
	dir := tree(t, files[4], files[3], files[2], files[1], files[0], files[5], files[6])
	for i, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.Chmod(name, []os.FileMode{0o777, 0o400, 0o755}[i%3]); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, time.Unix(int64(i)*1e8, 0), time.Unix(int64(i)*1e8, 0)); err != nil {
			t.Fatal(err)
		}
	}
	second, found := build(t, dir)
	if second == nil {
		t.Fatal(found)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the archives differ")
	}
	var executable []string
	for _, e := range first.Entries {
		if e.Executable {
			executable = append(executable, e.Name)
		}
	}
	if d := cmp.Diff([]string{"run.sh"}, executable); d != "" {
		t.Error(d)
	}
}

func TestWhatStaysOut(t *testing.T) {
	dir := tree(t, with(file{name: "lib/__pycache__/a.pyc"}, file{name: ".git/config"}, file{name: "dist/tools.zip"}, file{name: "lib/dist/kept"}, file{name: "a.pyc"},
		file{name: ".devpmignore", content: "# comments\n*.log\ntests/\n!keep.log\n!.git\n"}, file{name: "x.log"}, file{name: "keep.log"}, file{name: "tests/a.py"}, file{name: "tools.zip.minisig"})...)
	a, found := build(t, dir)
	if a == nil {
		t.Fatal(found)
	}
	var names []string
	for _, e := range a.Entries {
		names = append(names, e.Name)
	}
	if d := cmp.Diff([]string{"extension.py", "extension.yml", "keep.log", "lib/dist/kept"}, names); d != "" {
		t.Error(d)
	}
}

func TestDirectoriesThatAreNotBuilt(t *testing.T) {
	meta := func(text string) file { return file{name: "extension.yml", content: text} }
	tests := []struct {
		name  string
		files []file
		want  []string
	}{
		{"no extension.yml", []file{pair[1]}, []string{"src: error DPM7431: extension.yml is missing"}},
		{"no extension.py", []file{pair[0]}, []string{"src: error DPM7431: extension.py is missing"}},
		{"no version", []file{pair[1], meta(strings.Replace(tools, "  version: \"1.2.3\"\n", "", 1))}, []string{"src/extension.yml:2:9: error DPM7407: extension.version: a package needs a version"}},
		{"a version of two numbers", []file{pair[1], meta(strings.Replace(tools, "1.2.3", "1.2", 1))}, []string{`src/extension.yml:3:12: error DPM7407: extension.version: "1.2" is not a semantic version`}},
		{"UEX-17", []file{pair[1], meta(strings.Replace(tools, "1.4.0", "1.3.0", 1) + "  zip_safe: false\n")}, []string{"src/extension.yml:5:13: error DPM7411: extension.zip_safe: 'zip_safe' is only valid for API level 1.4.0 and above"}},
		{"UEX-19", with(file{name: "dep/tools-1.2.3-py3-none-any.whl"}), []string{"src: error DPM7437"}},
		{"a program that is missing", []file{meta(tools + "devpm: {runtime: exec, binaries: {linux/amd64: bin/x}}\n")}, []string{"src/extension.yml:5:48: error DPM7431: devpm.binaries.linux/amd64: the program bin/x is not in the package"}},
		{"a module that is missing", []file{meta(tools + "devpm: {runtime: python, entry: a.b}\n")}, []string{"src/extension.yml:5:33: error DPM7431: devpm.entry: the module a.b is not in the package"}},
		{"a name for no other system", with(file{name: "a:b"}), []string{"src/a:b: error DPM7438: this must not be in a package"}},
		{"two names that are one", with(file{name: "A"}, file{name: "a"}), []string{"src/a: error DPM7438: \"A\" and \"a\" are one file"}},
		{"a pattern that is none", with(file{name: ".devpmignore", content: "[\n"}), []string{"src/.devpmignore: error DPM7438: a pattern cannot be read"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, found := build(t, tree(t, tt.files...))
			if a != nil || len(found) != len(tt.want) {
				t.Fatalf("got %v, %q", a, found)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(found[i], want) {
					t.Errorf("got %q, want %q", found[i], want)
				}
			}
		})
	}
	dir := tree(t, pair...)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if a, found := build(t, dir); a != nil || !strings.HasPrefix(found[0], "src/link: error DPM7438: this must not be in a package: it is a symbolic link") {
		t.Errorf("got %v %q", a, found)
	}
}

// Patterns that cannot be read would let into the package what they were to keep
// out.
func TestPatternsThatCannotBeReadAreAFault(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a link that leads out": func(path string) error { return os.Symlink("/etc/hostname", path) },
		"a directory":           func(path string) error { return os.Mkdir(path, 0o755) },
	} {
		dir := tree(t, with(file{name: "secret.log"})...)
		if err := make(filepath.Join(dir, pack.IgnoreName)); err != nil {
			t.Fatal(err)
		}
		if a, found := build(t, dir); a != nil || len(found) != 1 || !strings.HasPrefix(found[0], "src/.devpmignore: error DPM7438: it cannot be read: ") {
			t.Errorf("%s: got %v %q", name, a, found)
		}
	}
}

func TestPrivateKeysAreNotPacked(t *testing.T) {
	public, plain, err := pack.KeyPair("")
	if err != nil {
		t.Fatal(err)
	}
	encrypted := "untrusted comment: minisign encrypted secret key\nRWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AgAAAAAAAAAAAAAEAAAAA4sFDQi1rc3r4YGkQmscPDcmDwN9ASmmiUvhMwZ9Kpx07ubCfhUpH8HsU/c1T54UjvrCDe8oVPc2ruAQDTF3L6CRrNVyt9Byovn1VM5Cflxtpkqk//cJzDAVeEIm2rPJjbgBSXNDcKx8=\n"
	for _, private := range []string{string(plain), encrypted} {
		a, found := build(t, tree(t, with(file{name: "keys/me.key", content: private}, file{name: "keys/me.pub", content: string(public)})...))
		if a != nil || len(found) != 1 || !strings.HasPrefix(found[0], "src/keys/me.key: error DPM7438: this is a private key") {
			t.Errorf("got %v %q", a, found)
		}
	}
	if a, found := build(t, tree(t, with(file{name: "me.key", content: string(plain)}, file{name: "me.pub", content: string(public)}, file{name: pack.IgnoreName, content: "*.key\n"})...)); a == nil {
		t.Error(found)
	}
}

func TestModulesAreFoundInExtraPaths(t *testing.T) {
	a, found := build(t, tree(t, file{name: "extension.yml", content: tools + "  python_extra_paths: ${extension_zip}/lib\ndevpm: {runtime: python, entry: inbox}\n"}, file{name: "lib/inbox/__init__.py"}))
	if a == nil {
		t.Error(found)
	}
}

func TestOwnWheelsAreTakenOthersLeftOut(t *testing.T) {
	a, found := build(t, tree(t, file{name: "extension.yml", content: tools + "  zip_safe: false\n"}, pair[1], file{name: "dep/tools-1.2.3-py3-none-any.whl", content: string(plain(file{name: "tools_dep.py"}))}, file{name: "dep/other-1.2.3-py3-none-any.whl"}))
	if a == nil || len(found) != 1 || !strings.HasPrefix(found[0], "src/dep/other-1.2.3-py3-none-any.whl: warning DPM7437") || !a.Has("dep/tools-1.2.3-py3-none-any.whl") || a.Has("dep/other-1.2.3-py3-none-any.whl") {
		t.Errorf("got %v %q", a, found)
	}
}
