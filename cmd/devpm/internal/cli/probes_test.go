package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/execx"
)

// answers is a runner that gives every command the same end.
type answers struct {
	out    string
	result execx.Result
	err    error
	argv   []string
}

func (a *answers) Run(_ context.Context, c execx.Command) (execx.Result, error) {
	a.argv = c.Argv
	if a.err == nil && c.Stdout != nil {
		_, _ = c.Stdout.Write([]byte(a.out))
	}
	return a.result, a.err
}

func TestProbesJudgeWhatProgramsAnswer(t *testing.T) {
	missing := &execx.StartError{Name: "git", Reason: execx.NotFound}
	tests := []struct {
		name   string
		look   func(context.Context, *App, execx.Runner) view.Check
		runner answers
		env    string
		status view.CheckStatus
		detail string
		argv0  string
	}{
		{"git answers", checkGit, answers{out: "git version 2.39.5\n"}, "A=1", view.CheckOK, "2.39.5", "git"},
		{"git is missing", checkGit, answers{err: missing}, "A=1", view.CheckFail, "starting git: not found", "git"},
		{"git breaks", checkGit, answers{result: execx.Result{ExitCode: 3, Tail: []string{"bad", "day"}}}, "A=1", view.CheckFail, "git ended with status 3: bad day", "git"},
		{"git hangs", checkGit, answers{result: execx.Result{ExitCode: 124, TimedOut: true}}, "A=1", view.CheckFail, "git did not answer within 10s", "git"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.look(t.Context(), newApp(newRun(t, tt.env).host), &tt.runner)
			if got.Status != tt.status || got.Detail != tt.detail || (got.Fix == "") != (tt.status == view.CheckOK) || tt.runner.argv[0] != tt.argv0 {
				t.Errorf("got %+v from %q", got, tt.runner.argv)
			}
		})
	}
}

func TestPythonIsFoundAndNotStarted(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "python3.11")
	// Starting it would leave a file behind.
	if err := os.WriteFile(program, []byte("#!/bin/sh\ntouch "+dir+"/started\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("python3.11", filepath.Join(dir, "python3")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, env, detail string
		status            view.CheckStatus
	}{
		{"in PATH", "PATH=" + dir, filepath.Join(dir, "python3") + ", which is python3.11 (from PATH)", view.CheckOK},
		{"by name", "DEVPM_PYTHON=" + program, program + " (from DEVPM_PYTHON)", view.CheckOK},
		{"nowhere", "PATH=/nowhere", "starting python3: not found", view.CheckWarn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := checkPython(newApp(newRun(t, tt.env).host))
			if got.Status != tt.status || got.Detail != tt.detail || (got.Fix == "") != (tt.status == view.CheckOK) {
				t.Errorf("got %+v", got)
			}
			if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
				t.Error("the program was started")
			}
		})
	}
}

func TestDiskIsJudgedByFreeSpace(t *testing.T) {
	for _, tt := range []struct {
		free uint64
		err  error
		want view.CheckStatus
	}{
		{100 << 30, nil, view.CheckOK}, {5 << 30, nil, view.CheckOK}, {5<<30 - 1, nil, view.CheckWarn}, {1<<30 - 1, nil, view.CheckFail}, {0, errors.New("x"), view.CheckWarn},
	} {
		if got := checkDisk("/x", tt.free, tt.err); got.Status != tt.want || (got.Fix == "") != (tt.want == view.CheckOK) {
			t.Errorf("%d free: %+v", tt.free, got)
		}
	}
	if free, err := freeSpace(t.TempDir()); err != nil || free == 0 {
		t.Errorf("here: %d, %v", free, err)
	}
}

func TestDoctorKeepsTheOrderAndFailsWithAFailedCheck(t *testing.T) {
	probes := func(last view.CheckStatus) []probe {
		first := make(chan bool)
		return []probe{
			func(context.Context) []view.Check {
				<-first
				return []view.Check{{Name: "one", Status: view.CheckOK, Detail: "x"}}
			},
			func(context.Context) []view.Check { close(first); return nil },
			func(context.Context) []view.Check {
				return []view.Check{{Name: "two", Status: last, Detail: "y", Fix: "z"}}
			},
		}
	}
	for last, want := range map[view.CheckStatus]int{view.CheckOK: 0, view.CheckWarn: 0, view.CheckFail: 1} {
		for _, format := range []string{"text", "json"} {
			r := newRun(t)
			err := doctor(t.Context(), newApp(r.host), doctorOptions{Format: format}, probes(last))
			if got := statusOf(t.Context(), err); got != want {
				t.Errorf("%s as %s: the status is %d", last, format, got)
			}
			if out := r.out.String(); !strings.Contains(out, "one") || strings.Index(out, "one") > strings.Index(out, "two") {
				t.Errorf("%s as %s: %s", last, format, out)
			}
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := doctor(ended, newApp(newRun(t).host), doctorOptions{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestTheSandboxIsJudgedByItsLevel(t *testing.T) {
	full := sandbox.Level{Filesystem: true, Sockets: true, Processes: true}
	partial := sandbox.Level{Filesystem: true, Sockets: true, Missing: []string{"a program can do this: no reason", "and that"}}
	tests := []struct {
		name     string
		system   string
		level    sandbox.Level
		required bool
		want     view.CheckStatus
		detail   string
		fix      string
	}{
		{"full", "linux", full, false, view.CheckOK, "full", ""},
		{"full and required", "linux", full, true, view.CheckOK, "full, and the settings require that it is full", ""},
		{"partial", "linux", partial, false, view.CheckWarn, "partial: a program can do this: no reason; and that", "Linux 6.12"},
		{"partial and required", "linux", partial, true, view.CheckFail, "partial, and the settings require that it is full: a program", `"ext": {"sandbox": "preferred"}`},
		{"none, elsewhere", "darwin", sandbox.Level{Missing: []string{"all is open"}}, false, view.CheckWarn, "none: all is open", "run by hand"},
	}
	for _, tt := range tests {
		c := checkSandbox(tt.system, tt.level, tt.required)
		if c.Status != tt.want || !strings.HasPrefix(c.Detail, tt.detail) || (c.Fix == "") != (tt.fix == "") || !strings.Contains(c.Fix, tt.fix) {
			t.Errorf("%s: %+v", tt.name, c)
		}
	}
}
