package python

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// program writes an executable file; a text without "#!" stands for a binary.
func programAt(t *testing.T, path, text string) string {
	t.Helper()
	write(t, path, text)
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	new, old := programAt(t, filepath.Join(bin, "python3.12"), "\x7fELF"), programAt(t, filepath.Join(bin, "python3.7"), "\x7fELF")
	shim := programAt(t, filepath.Join(dir, "shims", "python3"), "#!/bin/sh\n")
	link := filepath.Join(bin, "python3")
	if err := os.Symlink("python3.12", link); err != nil {
		t.Fatal(err)
	}
	env := filepath.Join(dir, "env")
	write(t, filepath.Join(env, "pyvenv.cfg"), "home = "+bin+"\nversion_info = 3.9.2.final.0\n")
	venv := programAt(t, filepath.Join(env, "bin", "python"), "\x7fELF")
	tests := []struct {
		name string
		env  []string
		want Interpreter
		code diag.Code
	}{
		{"PATH, through a link that tells the version", []string{"PATH=" + bin}, Interpreter{Path: link, From: FromPath, Version: "3.12"}, ""},
		{"an environment", []string{"PATH=" + bin, "VIRTUAL_ENV=" + env}, Interpreter{Path: venv, From: FromEnvironment, Version: "3.9"}, ""},
		{"the variable comes first", []string{"PATH=/x", "VIRTUAL_ENV=" + env, "DEVPM_PYTHON=" + new}, Interpreter{Path: new, From: FromVariable, Version: "3.12"}, ""},
		{"a name in PATH", []string{"PATH=" + bin, "DEVPM_PYTHON=python3.12"}, Interpreter{Path: new, From: FromVariable, Version: "3.12"}, ""},
		{"relative to the project", []string{"DEVPM_PYTHON=bin/python3.12"}, Interpreter{Path: new, From: FromVariable, Version: "3.12"}, ""},
		{"a script is known by its first bytes", []string{"PATH=" + filepath.Dir(shim)}, Interpreter{Path: shim, From: FromPath, Script: true}, ""},
		{"too old", []string{"DEVPM_PYTHON=" + old}, Interpreter{Path: old, From: FromVariable, Version: "3.7"}, diag.PythonTooOld},
		{"none", []string{"PATH=/nowhere"}, Interpreter{From: FromPath}, diag.PythonMissing},
		{"a wrong variable is not passed over", []string{"PATH=" + bin, "DEVPM_PYTHON=/nowhere"}, Interpreter{From: FromVariable}, diag.PythonMissing},
		{"a wrong environment is not passed over", []string{"PATH=" + bin, "VIRTUAL_ENV=/nowhere"}, Interpreter{From: FromEnvironment}, diag.PythonMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, fault := Find(lookup(tt.env...), dir)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if (fault == nil) != (tt.code == "") || fault != nil && (fault.Code != tt.code || fault.Fix == "") {
				t.Errorf("said %v", fault)
			}
		})
	}
}

// asked answers as the script would.
type asked struct {
	out   string
	res   execx.Result
	err   error
	times int
}

func (a *asked) Run(_ context.Context, c execx.Command) (execx.Result, error) {
	a.times++
	if c.Stdout != nil {
		c.Stdout.Write([]byte(a.out))
	}
	return a.res, a.err
}

func TestAScriptIsAskedOnceWhatItStandsFor(t *testing.T) {
	dir := t.TempDir()
	real, script := programAt(t, filepath.Join(dir, "python3.11"), "\x7fELF"), programAt(t, filepath.Join(dir, "python3"), "#!/bin/sh\n")
	old := programAt(t, filepath.Join(dir, "python3.6"), "\x7fELF")
	i := Interpreter{Path: script, From: FromPath, Script: true}
	tests := []struct {
		name string
		asked
		code diag.Code
		said string
	}{
		{"the interpreter", asked{out: real + "\n"}, "", ""},
		{"an old one", asked{out: old + "\n"}, diag.PythonTooOld, "is Python 3.6"},
		{"another script", asked{out: script}, diag.PythonMissing, "is a script as well"},
		{"nothing", asked{}, diag.PythonMissing, `it printed ""`},
		{"a failure", asked{res: execx.Result{ExitCode: 127, Tail: []string{"pyenv: python3: command not found"}}}, diag.PythonMissing, "status 127: pyenv: python3: command not found"},
		{"no end", asked{res: execx.Result{TimedOut: true}}, diag.PythonMissing, "within 10 seconds"},
		{"no start", asked{err: errors.New("bad interpreter")}, diag.PythonMissing, "bad interpreter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, fault := i.Resolve(t.Context(), &tt.asked, dir, nil)
			if tt.times != 1 {
				t.Errorf("asked %d times", tt.times)
			}
			if (fault == nil) != (tt.code == "") || fault != nil && (fault.Code != tt.code || !strings.Contains(fault.Message, tt.said)) {
				t.Fatalf("said %v", fault)
			}
			if fault == nil && (got.Script || got.Path != real || got.Version != "3.11") {
				t.Errorf("got %+v", got)
			}
		})
	}
	plain := &asked{}
	if got, fault := (Interpreter{Path: real}).Resolve(t.Context(), plain, dir, nil); fault != nil || plain.times != 0 || got.Path != real {
		t.Errorf("got %+v, %v after %d questions", got, fault, plain.times)
	}
}

func TestEntryPointsAreRead(t *testing.T) {
	dir := t.TempDir()
	site := filepath.Join(dir, "lib", "python3.11", "site-packages")
	python := programAt(t, filepath.Join(dir, "bin", "python3.11"), "\x7fELF")
	points := "# a comment\n; another\n[console_scripts]\nx = y:z\n\n[ odpm.hooks ]\nwarmup=a.b : C [extra]\nbroken\n= nothing\n[odpm.prepare_steps]\nstep = a.steps\n"
	write(t, filepath.Join(site, "B_pkg-1.0.dist-info", "entry_points.txt"), points)
	write(t, filepath.Join(site, "B_pkg-1.0.dist-info", "METADATA"), "Name: b.pkg\nVersion: 1.0\n\nName: not this\n")
	write(t, filepath.Join(site, "a.egg-info", "entry_points.txt"), "[odpm.secrets_providers]\nvault = v:V\n")
	write(t, filepath.Join(site, "a.egg-info", "PKG-INFO"), "Name: a\nVersion: 2\n")
	write(t, filepath.Join(site, "plain-1.dist-info", "entry_points.txt"), "[console_scripts]\nx = y:z\n")
	write(t, filepath.Join(site, "without-1.dist-info", "METADATA"), "Name: without\n")
	write(t, filepath.Join(site, "old.egg-info"), "a file, as distutils leaves it")
	develop := t.TempDir()
	write(t, filepath.Join(develop, "c.egg-info", "entry_points.txt"), "[odpm.hooks]\nc = c:C\n")
	write(t, filepath.Join(site, "c.egg-link"), develop+"\n.\n")
	write(t, filepath.Join(site, "d-1.dist-info", "entry_points.txt"), "[odpm.hooks]\nd = d.e:D\n")
	write(t, filepath.Join(site, "d-1.dist-info", "direct_url.json"), `{"dir_info": {"editable": true}, "url": "file://`+filepath.ToSlash(develop)+`/my%20d"}`)
	write(t, filepath.Join(develop, "my d", "src", "d", "__init__.py"), "")
	write(t, filepath.Join(site, "e-1.dist-info", "entry_points.txt"), "[odpm.hooks]\ne = e:E\n")
	write(t, filepath.Join(site, "e-1.dist-info", "direct_url.json"), `{"dir_info": {}, "url": "file:///e"}`)
	write(t, filepath.Join(site, "huge-1.dist-info", "entry_points.txt"), "[odpm.hooks]\nh = h:H\n"+strings.Repeat("#", 2<<20))

	got := EntryPoints(Interpreter{Path: python, From: FromVariable, Version: "3.11"})
	want := []Distribution{
		{Name: "a", Version: "2", Source: filepath.Join(site, "a.egg-info"), Points: []EntryPoint{{"odpm.secrets_providers", "vault", "v", "V"}}},
		{Name: "b.pkg", Version: "1.0", Source: filepath.Join(site, "B_pkg-1.0.dist-info"), Points: []EntryPoint{{"odpm.prepare_steps", "step", "a.steps", ""}, {"odpm.hooks", "warmup", "a.b", "C"}}},
		{Name: "c", Source: filepath.Join(develop, "c.egg-info"), Editable: develop, Points: []EntryPoint{{"odpm.hooks", "c", "c", "C"}}},
		{Name: "d", Version: "1", Source: filepath.Join(site, "d-1.dist-info"), Editable: filepath.Join(develop, "my d"), Points: []EntryPoint{{"odpm.hooks", "d", "d.e", "D"}}},
		{Name: "e", Version: "1", Source: filepath.Join(site, "e-1.dist-info"), Points: []EntryPoint{{"odpm.hooks", "e", "e", "E"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"c": "", "d": "my d/src/d"} {
		i := slices.IndexFunc(got, func(d Distribution) bool { return d.Name == name })
		if code := got[i].Code(); !slices.Equal(code, []string{filepath.Join(develop, filepath.FromSlash(want))}) {
			t.Errorf("the code of %s: %v", name, code)
		}
	}
	if got := EntryPoints(Interpreter{Path: python, From: FromPath, Version: "3.11"}); len(got) > 0 {
		t.Errorf("the packages of a plain python3 count: %v", got)
	}
	if got := EntryPoints(Interpreter{Path: python, From: FromVariable, Version: "3.10"}); len(got) > 0 {
		t.Errorf("the packages of another version count: %v", got)
	}
}

// pyvenv.cfg can say anything.
func TestEnvironmentsThatWereMadeFromEachOther(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for dir, home := range map[string]string{one: two, two: one} {
		programAt(t, filepath.Join(dir, "bin", "python"), "\x7fELF")
		write(t, filepath.Join(dir, "pyvenv.cfg"), "home = "+filepath.Join(home, "bin")+"\ninclude-system-site-packages = true\nversion = 3.11.2\n")
		write(t, filepath.Join(dir, "lib/python3.11/site-packages", "p-1.dist-info", "entry_points.txt"), "[odpm.hooks]\nb = b:B\n")
	}
	i, fault := Find(lookup("VIRTUAL_ENV="+one), one)
	if fault != nil {
		t.Fatal(fault)
	}
	if got := EntryPoints(i); len(got) != 1 || !strings.HasPrefix(got[0].Source, one) {
		t.Errorf("got %+v", got)
	}
}

func TestAnEnvironmentMaySeeThePackagesBelow(t *testing.T) {
	base, env := t.TempDir(), t.TempDir()
	programAt(t, filepath.Join(base, "bin", "python3.11"), "\x7fELF")
	python := programAt(t, filepath.Join(env, "bin", "python"), "\x7fELF")
	for dir, version := range map[string]string{base: "1", env: "2"} {
		site := filepath.Join(dir, "lib/python3.11/site-packages")
		write(t, filepath.Join(site, "Both-"+version+".dist-info", "entry_points.txt"), "[odpm.hooks]\nb = b:B\n")
		write(t, filepath.Join(site, "only"+version+"-1.dist-info", "entry_points.txt"), "[odpm.hooks]\no = o:O\n")
	}
	for system, want := range map[string]string{"true": "Both 2, only1 1, only2 1", "false": "Both 2, only2 1"} {
		write(t, filepath.Join(env, "pyvenv.cfg"), "home = "+filepath.Join(base, "bin")+"\ninclude-system-site-packages = "+system+"\nversion = 3.11.2\n")
		i, fault := Find(lookup("VIRTUAL_ENV="+env), env)
		if fault != nil || i.Path != python {
			t.Fatalf("got %+v, %v", i, fault)
		}
		var got []string
		for _, d := range EntryPoints(i) {
			got = append(got, d.Name+" "+d.Version)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("with %s: %v, want %s", system, got, want)
		}
	}
}
