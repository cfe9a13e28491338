package python

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

// pretend writes a script that answers as an interpreter.
func pretend(t *testing.T, dir, name, answer string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the interpreters of this test are shell scripts")
	}
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+answer+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCandidatesAreInTheOrderOfChoice(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"bin/python3.9", "bin/python3.12", "bin/python3.7", "bin/python3", "venv/bin/python", "own/py"} {
		pretend(t, dir, name, "exit 0")
	}
	// The same file by another name is no other candidate.
	if err := os.Symlink("python3", filepath.Join(dir, "bin", "python")); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"PATH": filepath.Join(dir, "bin"), FromVariable: "own/py", FromEnvironment: filepath.Join(dir, "venv")}
	lookup := func(name string) (string, bool) { v, ok := variables[name]; return v, ok }
	found, fault := Candidates(lookup, dir)
	if fault != nil {
		t.Fatal(fault.Message)
	}
	var got []string
	for _, i := range found {
		rel, err := filepath.Rel(dir, i.Path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rel+" "+i.From)
	}
	want := []string{"own/py DEVPM_PYTHON", "venv/bin/python VIRTUAL_ENV", "bin/python3 PATH", "bin/python3.12 PATH", "bin/python3.9 PATH"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	variables[FromVariable] = "no/such"
	if _, fault := Candidates(lookup, dir); fault == nil || fault.Code != diag.PythonMissing || !strings.Contains(fault.Message, "DEVPM_PYTHON") {
		t.Errorf("a name that leads nowhere: %+v", fault)
	}
}

func TestAskTakesAnInterpreterAtItsWord(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, answer                string
		implementation, flags, arch string
		code                        diag.Code
		message                     string
	}{
		{name: "full", answer: `printf '/usr/bin/python3.11\n3.11.2\ncpython\nglibc 2.36\n\nx86_64\n64\n.\n'`, implementation: "cpython", arch: "amd64"},
		{name: "short", answer: `printf '/usr/bin/python3.11\n3.11.2\ncpython\nglibc 2.36\n'`, implementation: "cpython"},
		{name: "threads", answer: `printf '/usr/bin/python3.11\n3.11.2\ncpython\nglibc 2.36\nt\naarch64\n64\n.\n'`, implementation: "cpython", flags: "t", arch: "arm64"},
		{name: "half", answer: `printf '/usr/bin/python3.11\n3.11.2\npypy\nglibc 2.36\n\nx86_64\n32\n.\n'`, implementation: "pypy", arch: "386"},
		{name: "old", answer: `printf '/usr/bin/python3.7\n3.7.16\ncpython\nglibc 2.36\n'`, code: diag.PythonTooOld, message: "is Python 3.7.16; extensions need 3.8"},
		{name: "silent", answer: `exit 0`, code: diag.PythonMissing, message: `does not say which Python it is: it printed ""`},
		{name: "broken", answer: `echo "version not installed" >&2; exit 127`, code: diag.PythonMissing, message: "ended with status 127: version not installed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := Interpreter{Path: pretend(t, dir, tt.name, tt.answer), From: FromPath, Script: true}
			got, fault := i.Ask(t.Context(), execx.System{}, t.TempDir(), []string{"PATH=" + os.Getenv("PATH")})
			if tt.code != "" {
				if fault == nil || fault.Code != tt.code || !strings.Contains(fault.Message, tt.message) {
					t.Fatalf("got %+v", fault)
				}
				return
			}
			want := Answer{Interpreter{Path: "/usr/bin/python3.11", From: FromPath, Version: "3.11.2"}, tt.implementation, "glibc 2.36", tt.flags, tt.arch}
			if d := cmp.Diff(want, got); fault != nil || d != "" {
				t.Error(fault, d)
			}
		})
	}
}

// A real interpreter answers with three numbers.
func TestAskARealInterpreter(t *testing.T) {
	got, fault := interpreter(t).Ask(t.Context(), execx.System{}, t.TempDir(), []string{"PATH=" + os.Getenv("PATH")})
	if fault != nil {
		t.Fatal(fault.Message)
	}
	var major, minor, patch int
	if n, err := fmt.Sscanf(got.Version, "%d.%d.%d", &major, &minor, &patch); n != 3 || err != nil || major != 3 || got.Implementation == "" || got.Arch != runtime.GOARCH {
		t.Errorf("%+v", got)
	}
}
