package pack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func parse(t testing.TB, files ...file) *pack.Archive {
	t.Helper()
	a, found := open(t, archive(t, files...))
	if a == nil {
		t.Fatal(found)
	}
	return a
}

// package of a name and version that is extracted before it runs.
func extracted(t testing.TB, version string, more ...file) *pack.Archive {
	t.Helper()
	text := strings.Replace(tools, "1.2.3", version, 1) + "  zip_safe: false\n  python_extra_paths: ${extension_zip}/lib\n"
	return parse(t, append([]file{{name: "extension.yml", content: text}, pair[1], {name: "lib/a.py", content: "A = 1\n"}, {name: "run.sh", content: "#!/bin/sh\n", mode: 0o111}}, more...)...)
}

func install(t testing.TB, s *pack.Store, a *pack.Archive) *pack.Installed {
	t.Helper()
	i, _, err := s.Install(t.Context(), a, pack.Note{Source: "a.zip", At: noon})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func constraint(t testing.TB, text string) pack.Constraint {
	t.Helper()
	c, err := pack.ParseConstraint(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// faultOf is the code of the first diagnostic of an error.
func faultOf(err error) diag.Code {
	var f *diag.Failure
	if !errors.As(err, &f) {
		return ""
	}
	return f.List[0].Code
}

func TestAPackageIsInstalledOnce(t *testing.T) {
	s := &pack.Store{Dir: filepath.Join(t.TempDir(), "data", "extensions")}
	a := parse(t, pair...)
	i, added, err := s.Install(t.Context(), a, pack.Note{Source: "a.zip", At: noon})
	if err != nil || !added {
		t.Fatal(added, err)
	}
	// UEX-22: the very bytes.
	if got, err := os.ReadFile(i.Blob()); err != nil || !bytes.Equal(got, a.Bytes()) {
		t.Errorf("the archive is another: %v", err)
	}
	again, added, err := s.Install(t.Context(), a, pack.Note{Source: "b.zip", At: noon.Add(time.Hour)})
	if err != nil || added {
		t.Fatal(added, err)
	}
	if again.Source != "a.zip" || !again.At.Equal(noon) {
		t.Errorf("the same bytes changed what is noted: %+v", again)
	}
	_, _, err = s.Install(t.Context(), parse(t, with(file{name: "b.py"})...), pack.Note{})
	if faultOf(err) != diag.StoreConflict {
		t.Errorf("other bytes under the same version: %v", err)
	}
	list, faults, err := s.List()
	if err != nil || faults != nil || len(list) != 1 || list[0].SHA256 != a.SHA256 {
		t.Errorf("got %v %v %v", list, faults, err)
	}
	for _, dir := range []string{"", "blobs", "index", "cache"} {
		if info, err := os.Stat(filepath.Join(s.Dir, dir)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%q: %v %v", dir, info.Mode(), err)
		}
	}
}

func TestVersionsAreResolved(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	sums := map[string]string{}
	for _, v := range []string{"1.2.0", "1.10.1", "1.9.9", "2.0.0-rc.1", "2.1"} {
		a := parse(t, file{name: "extension.yml", content: strings.Replace(tools, "1.2.3", v, 1)}, pair[1])
		sums[v] = a.SHA256
		install(t, s, a)
	}
	for _, tt := range []struct{ constraint, sum, want string }{
		{"^1.2", "", "1.10.1"}, {"~1.9", "", "1.9.9"}, {"<1.5, >=1", "", "1.2.0"}, {"*", "", "2.1"}, {"", "", "2.1"},
		{">=2.0.0-rc.0, <2.1.0", "", "2.0.0-rc.1"}, {"1.2.x", "", "1.2.0"}, {"", sums["1.9.9"], "1.9.9"}, {"^1", sums["1.2.0"], "1.2.0"},
	} {
		i, err := s.Resolve("tools", constraint(t, tt.constraint), tt.sum)
		if err != nil || i.Version != tt.want {
			t.Errorf("%+v: got %+v %v", tt, i, err)
		}
	}
	for _, tt := range []struct{ name, constraint, sum, want string }{
		{"tools", "^3", "", "no version of tools that is installed is ^3; there is 2.1, 2.0.0-rc.1, 1.10.1, 1.9.9, 1.2.0"},
		{"other", "", "", "the extension other is not installed"},
		{"../index", "", "", "is not installed"},
		{"tools", "", strings.Repeat("0", 64), "is not installed as it is locked"},
		{"tools", "^1", sums["2.1"], "is not installed as it is locked"},
	} {
		_, err := s.Resolve(tt.name, constraint(t, tt.constraint), tt.sum)
		if faultOf(err) != diag.StoreMissing || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v", tt, err)
		}
	}
	if _, err := pack.ParseConstraint("about two"); err == nil {
		t.Error("a constraint that is none was accepted")
	}
}

func TestWithoutAVersion(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	text := strings.Replace(tools, "  version: \"1.2.3\"\n", "", 1)
	install(t, s, parse(t, file{name: "extension.yml", content: text}, pair[1]))
	install(t, s, parse(t, file{name: "extension.yml", content: text}, pair[1], file{name: "more"}))
	if i, err := s.Resolve("tools", constraint(t, ""), ""); err != nil || i.Described() != "(no version)" {
		t.Errorf("got %+v %v", i, err)
	}
	if list, _, _ := s.List(); len(list) != 2 {
		t.Errorf("got %d", len(list))
	}
}

func TestRemovingAPackage(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	install(t, s, extracted(t, "1.0.0"))
	install(t, s, extracted(t, "2.0.0"))
	if got, err := s.Remove(t.Context(), "tools", "1.0.0"); err != nil || cmp.Diff([]string{"1.0.0"}, got) != "" {
		t.Fatal(got, err)
	}
	if _, err := s.Resolve("tools", constraint(t, "^1"), ""); faultOf(err) != diag.StoreMissing {
		t.Error("it is still there")
	}
	if i, err := s.Resolve("tools", constraint(t, ""), ""); err != nil || i.Version != "2.0.0" {
		t.Error(err)
	}
	if _, err := s.Remove(t.Context(), "tools", ""); err != nil {
		t.Fatal(err)
	}
	// UEX-23: nothing is left to download.
	var left []string
	_ = filepath.WalkDir(s.Dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Base(name) != "store.lock" {
			left = append(left, name)
		}
		return err
	})
	if left != nil {
		t.Errorf("left behind: %q", left)
	}
	for _, name := range []string{"tools", "../x", "nobody"} {
		if _, err := s.Remove(t.Context(), name, ""); faultOf(err) != diag.StoreMissing {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A home directory may have any name.
func TestAPlaceWithOddCharacters(t *testing.T) {
	for _, name := range []string{"a[1]", "a[", "a*?", "ü b"} {
		s := &pack.Store{Dir: filepath.Join(t.TempDir(), name)}
		kept := install(t, s, extracted(t, "1.0.0"))
		install(t, s, extracted(t, "2.0.0"))
		left := filepath.Join(s.Dir, "cache", "tools", ".new-left")
		if err := os.Mkdir(left, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(s.Dir, "cache", "tools", "1.0.0-"+kept.SHA256[:12])); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Deploy(t.Context(), kept); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s: what a killed process left is still there", name)
		}
		if _, err := s.Remove(t.Context(), "tools", "2.0.0"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if i, err := s.Resolve("tools", constraint(t, ""), ""); err != nil || i.Version != "1.0.0" {
			t.Errorf("%s: removing one version took the other: %v", name, err)
		}
	}
}

// An entry that cannot be read may be of any archive.
func TestRemovingKeepsWhatItCannotJudge(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	install(t, s, extracted(t, "1.0.0"))
	other := parse(t, file{name: "extension.yml", content: strings.Replace(tools, "name: tools", "name: other", 1)}, pair[1])
	kept := install(t, s, other)
	entry := filepath.Join(s.Dir, "index", "other", "1.2.3.json")
	text, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(entry), os.Mkdir(entry, 0o700)); err != nil { // root can read everything else
		t.Fatal(err)
	}
	if _, err := s.Remove(t.Context(), "tools", ""); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(entry), os.WriteFile(entry, text, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Deploy(t.Context(), kept); err != nil {
		t.Error(err)
	}
}

// UEX-16 and UEX-25.
func TestACopyIsPrivateAndMadeAnewWhenChanged(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	i := install(t, s, extracted(t, "1.0.0"))
	d, err := s.Deploy(t.Context(), i)
	if err != nil || d.Remade || d.Zip {
		t.Fatalf("after an installation: %+v %v", d, err)
	}
	if want := "1.0.0-" + i.SHA256[:12]; filepath.Base(d.Root) != want {
		t.Errorf("it is in %s, want %s", d.Root, want)
	}
	paths, fault := d.PythonPath(pack.Interpreter{Version: "3.11.2"})
	if fault != nil || cmp.Diff([]string{d.Root, filepath.Join(d.Root, "lib")}, paths) != "" {
		t.Errorf("got %q %v", paths, fault)
	}
	_ = filepath.WalkDir(d.Root, func(name string, e fs.DirEntry, err error) error {
		info, _ := e.Info()
		want := fs.FileMode(0o600)
		if e.IsDir() || e.Name() == "run.sh" {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has %v, want %v", name, info.Mode().Perm(), want)
		}
		return err
	})
	module := filepath.Join(d.Root, "lib", "a.py")
	later := time.Now().Add(time.Hour)
	for name, change := range map[string]func() error{
		"content":                func() error { return os.WriteFile(module, []byte("A = 2\n"), 0o600) },
		"a file more":            func() error { return os.WriteFile(filepath.Join(d.Root, "sitecustomize.py"), nil, 0o600) },
		"a file less":            func() error { return os.Remove(module) },
		"a link":                 func() error { return errors.Join(os.Remove(module), os.Symlink("/etc/passwd", module)) },
		"a mode":                 func() error { return os.Chmod(filepath.Join(d.Root, "run.sh"), 0o600) },
		"no list":                func() error { return os.Remove(d.Root + ".files.json") },
		"a list that is no list": func() error { return os.WriteFile(d.Root+".files.json", []byte("[{"), 0o600) },
		"all of it":              func() error { return os.RemoveAll(d.Root) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, ready, err := s.Check(i); ready || err != nil {
			t.Errorf("%s: a plan does not see it: %v", name, err)
		}
		again, err := s.Deploy(t.Context(), i)
		if err != nil || !again.Remade {
			t.Errorf("%s: not made anew: %+v %v", name, again, err)
		}
		if got, err := os.ReadFile(module); err != nil || string(got) != "A = 1\n" {
			t.Errorf("%s: got %q %v", name, got, err)
		}
		if _, err := os.Stat(filepath.Join(d.Root, "sitecustomize.py")); err == nil {
			t.Errorf("%s: the file that was added is still there", name)
		}
	}
	// The same content with another time is read, and is the same.
	if err := os.Chtimes(module, later, later); err != nil {
		t.Fatal(err)
	}
	if _, ready, err := s.Check(i); !ready || err != nil {
		t.Error("a time alone counts as a change", err)
	}
	// Content with the old size and time escapes a plan's look, not the one
	// before a run.
	info, _ := os.Stat(module)
	if err := errors.Join(os.WriteFile(module, []byte("A = 3\n"), 0o600), os.Chtimes(module, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	if again, err := s.Deploy(t.Context(), i); err != nil || !again.Remade {
		t.Errorf("%+v %v", again, err)
	}
}

func TestAPackageThatRunsFromItsArchive(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	i := install(t, s, parse(t, file{name: "extension.yml", content: tools + "  python_extra_paths: ${extension_zip}/lib\n"}, pair[1], file{name: "lib/a.py"}))
	d, err := s.Deploy(t.Context(), i)
	if err != nil || !d.Zip || d.Root != i.Blob() {
		t.Fatalf("%+v %v", d, err)
	}
	if paths, fault := d.PythonPath(pack.Interpreter{}); fault != nil || paths[1] != i.Blob()+"/lib" {
		t.Errorf("%q %v", paths, fault)
	}
	if got := d.Expand("${extension_zip}/x"); got != i.Blob()+"/x" {
		t.Error(got)
	}
	for name, change := range map[string]func() error{
		"changed": func() error { return os.WriteFile(i.Blob(), []byte("x"), 0o600) },
		"gone":    func() error { return os.Remove(i.Blob()) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Deploy(t.Context(), i); faultOf(err) != diag.StoreDamaged {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Resolve("tools", constraint(t, ""), ""); faultOf(err) != diag.StoreDamaged {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Installing it again heals it.
	install(t, s, parse(t, file{name: "extension.yml", content: tools + "  python_extra_paths: ${extension_zip}/lib\n"}, pair[1], file{name: "lib/a.py"}))
	if _, err := s.Resolve("tools", constraint(t, ""), ""); err != nil {
		t.Error(err)
	}
}

// ONE-17: a package that a newer devpm installed is refused with the words of
// validate and install.
func TestALevelOfTheFutureIsRefusedAtDeploy(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	install(t, s, parse(t, pair...))
	file := filepath.Join(s.Dir, "index", "tools", "1.2.3.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte("1.4.0"), []byte("9.0.0"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = s.Resolve("tools", constraint(t, ""), "")
	if faultOf(err) != diag.PackageLevel || !strings.Contains(err.Error(), "the API level 9.0.0 is not known: this devpm knows 1.0.0 to 1.4.0") {
		t.Error(err)
	}
	if _, faults, err := s.List(); err != nil || len(faults) != 1 {
		t.Error(faults, err)
	}
}

func TestADamagedIndexIsNamed(t *testing.T) {
	s := &pack.Store{Dir: t.TempDir()}
	a := parse(t, pair...)
	install(t, s, a)
	file := filepath.Join(s.Dir, "index", "tools", "1.2.3.json")
	for _, text := range []string{"{", "{}", `{"index":1,"name":"tools","version":"1.2.3","sha256":"../../x"}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Resolve("tools", constraint(t, ""), ""); faultOf(err) != diag.StoreDamaged {
			t.Errorf("%s: %v", text, err)
		}
		install(t, s, a) // heals
		if _, err := s.Resolve("tools", constraint(t, ""), ""); err != nil {
			t.Error(err)
		}
	}
}

func TestManyInstallAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	a, b := extracted(t, "1.0.0"), extracted(t, "2.0.0")
	for n := range 16 {
		all.Go(func() {
			s := &pack.Store{Dir: dir}
			a := []*pack.Archive{a, b}[n%2]
			i, _, err := s.Install(context.WithoutCancel(t.Context()), a, pack.Note{At: noon})
			if err != nil {
				t.Error(err)
				return
			}
			if _, ready, err := s.Check(i); !ready || err != nil {
				t.Error("not ready", err)
			}
		})
	}
	all.Wait()
	s := &pack.Store{Dir: dir}
	if list, faults, err := s.List(); len(list) != 2 || faults != nil || err != nil {
		t.Error(len(list), faults, err)
	}
}

// killEnvironment makes the test binary install a package over and over.
const killEnvironment = "DEVPM_TEST_INSTALL_INTO"

func TestAStoreSurvivesKill(t *testing.T) {
	if dir := os.Getenv(killEnvironment); dir != "" {
		s := &pack.Store{Dir: dir}
		fmt.Println("ready")
		for n := 0; ; n++ {
			install(t, s, extracted(t, fmt.Sprintf("1.0.%d", n%4)))
			if _, err := s.Remove(t.Context(), "tools", fmt.Sprintf("1.0.%d", (n+2)%4)); err != nil && faultOf(err) == "" {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	for round := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAStoreSurvivesKill$")
		cmd.Env = append(os.Environ(), killEnvironment+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(round*3) * time.Millisecond) // a different moment each round
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()

		s := &pack.Store{Dir: dir}
		list, faults, err := s.List()
		if err != nil || faults != nil {
			t.Fatal(faults, err)
		}
		for _, i := range list {
			if _, err := s.Resolve("tools", constraint(t, "="+i.Version), i.SHA256); err != nil {
				t.Fatal(err)
			}
			if d, err := s.Deploy(t.Context(), i); err != nil {
				t.Fatal(err)
			} else if got, err := os.ReadFile(filepath.Join(d.Root, "lib", "a.py")); err != nil || string(got) != "A = 1\n" {
				t.Fatal(string(got), err)
			}
		}
	}
	// And what the killed ones left is gone with the package.
	s := &pack.Store{Dir: dir}
	install(t, s, extracted(t, "1.0.0"))
	if _, err := s.Remove(t.Context(), "tools", ""); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"blobs", "cache", "index"} {
		if entries, err := os.ReadDir(filepath.Join(dir, left)); err != nil || len(entries) != 0 {
			t.Errorf("%s holds %v %v", left, entries, err)
		}
	}
}

// A directory whose name looks like a pattern is as good as another: what is
// removed takes nothing else along.
func TestRemovingInADirectoryOfAnyName(t *testing.T) {
	s := &pack.Store{Dir: filepath.Join(t.TempDir(), "[jane]*", "store")}
	install(t, s, extracted(t, "1.0.0"))
	kept := install(t, s, extracted(t, "2.0.0"))
	if _, err := s.Deploy(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(t.Context(), "tools", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	if _, ready, err := s.Check(kept); err != nil || !ready {
		t.Errorf("ready %t, %v", ready, err)
	}
	if _, err := os.Stat(kept.Blob()); err != nil {
		t.Error(err)
	}
}
