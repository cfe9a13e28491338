package hooks

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/manifest"
)

// recorder keeps what a runner prints.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorder) line(label, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, label+" | "+text)
}

func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

func newRunner(t *testing.T, env ...string) (*Runner, *recorder) {
	t.Helper()
	rec := &recorder{}
	process := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	layers := []manifest.Layer{{Name: ".env", Data: []byte("FROM_DOTENV=dotenv\nGREETING=from the file\n")}}
	var c diag.Collector
	r := &Runner{
		Exec: execx.System{}, Dir: t.TempDir(), Line: rec.line, Findings: &diag.Collector{},
		Environment: manifest.NewEnvironment(process, layers, &c),
	}
	if c.HasErrors() {
		t.Fatal(c.List())
	}
	return r, rec
}

func argv(words ...string) manifest.HookEntry {
	var e manifest.HookEntry
	for _, w := range words {
		e.Run = append(e.Run, manifest.Text{Value: w, Raw: w})
	}
	e.Path = "hooks.pre_up[0]"
	return e
}

func TestRun(t *testing.T) {
	t.Run("entries run in the order written, in the project, and stream their output", func(t *testing.T) {
		r, rec := newRunner(t)
		named := argv("sh", "-c", "pwd")
		named.Name = "where"
		if err := r.Run(t.Context(), "post_prepare", []manifest.HookEntry{argv("echo", "one"), argv("echo", "two"), named}); err != nil {
			t.Fatal(err)
		}
		dir, _ := filepath.EvalSymlinks(r.Dir)
		want := []string{"post_prepare[0] | one", "post_prepare[1] | two", "where | " + dir}
		if got := rec.all(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("argv expands from the process, then .env, then the default, and the program gets the same values", func(t *testing.T) {
		r, rec := newRunner(t, "GREETING=from the process")
		if err := r.Run(t.Context(), "pre_up", []manifest.HookEntry{
			argv("echo", "${GREETING}", "${FROM_DOTENV}", "${ABSENT:-default}", "$$literal"),
			argv("printenv", "FROM_DOTENV"),
		}); err != nil {
			t.Fatal(err)
		}
		want := []string{"pre_up[0] | from the process dotenv default $literal", "pre_up[1] | dotenv"}
		if got := rec.all(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("there is no shell: an operator is an argument", func(t *testing.T) {
		r, rec := newRunner(t)
		if err := r.Run(t.Context(), "pre_up", []manifest.HookEntry{argv("echo", "a", "||", "true", "; rm", "$(id)")}); err != nil {
			t.Fatal(err)
		}
		if got := rec.all(); !slices.Equal(got, []string{"pre_up[0] | a || true ; rm $(id)"}) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("continue_on_error turns a failure into a warning", func(t *testing.T) {
		r, rec := newRunner(t)
		bad := argv("false")
		bad.ContinueOnError = true
		if err := r.Run(t.Context(), "pre_up", []manifest.HookEntry{bad, argv("echo", "after")}); err != nil {
			t.Fatal(err)
		}
		if got := rec.all(); !slices.Equal(got, []string{"pre_up[1] | after"}) {
			t.Errorf("got %q", got)
		}
		if l := r.Findings.List(); len(l) != 1 || l[0].Severity != diag.Warning || l[0].Code != diag.HookTolerated {
			t.Errorf("findings: %v", l)
		}
	})
	t.Run("a service entry goes to the service", func(t *testing.T) {
		r, rec := newRunner(t)
		r.Service = func(_ context.Context, service string, argv []string, _ time.Duration, line func(string)) (execx.Result, error) {
			line(service + ": " + strings.Join(argv, " "))
			return execx.Result{}, nil
		}
		e := argv("psql", "-l")
		e.Service = "db"
		if err := r.Run(t.Context(), "post_up", []manifest.HookEntry{e}); err != nil {
			t.Fatal(err)
		}
		if got := rec.all(); !slices.Equal(got, []string{"post_up[0] | db: psql -l"}) {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a long silence is reported", func(t *testing.T) {
		r, rec := newRunner(t)
		r.Quiet = 20 * time.Millisecond
		if err := r.Run(t.Context(), "pre_up", []manifest.HookEntry{argv("sleep", "0.2")}); err != nil {
			t.Fatal(err)
		}
		if got := rec.all(); len(got) == 0 || !strings.Contains(got[0], "still running, silent for 20ms: sleep 0.2") {
			t.Errorf("got %q", got)
		}
	})
}

func TestFailures(t *testing.T) {
	script := func(content string, mode os.FileMode) func(*Runner) manifest.HookEntry {
		return func(r *Runner) manifest.HookEntry {
			if err := os.WriteFile(filepath.Join(r.Dir, "script"), []byte(content), mode); err != nil {
				t.Fatal(err)
			}
			return argv("./script")
		}
	}
	entry := func(e manifest.HookEntry) func(*Runner) manifest.HookEntry {
		return func(*Runner) manifest.HookEntry { return e }
	}
	slow := argv("sleep", "60")
	slow.Timeout = 30 * time.Millisecond
	inService := argv("true")
	inService.Service = "web"
	tests := []struct {
		name   string
		entry  func(*Runner) manifest.HookEntry
		status int
		code   diag.Code
		says   string
	}{
		{"a failing command's exit code is kept", entry(argv("sh", "-c", "echo last words; exit 7")), 7, diag.HookFailed, "exit status 7"},
		{"a hanging command ends at its timeout", entry(slow), 124, diag.HookTimeout, "did not end within 30ms"},
		{"a program that does not exist", entry(argv("no-such-program")), 127, diag.HookNotFound, `"no-such-program" was not found`},
		{"a file that is not executable", script("#!/bin/sh\n", 0o644), 126, diag.HookNotExecutable, "cannot be executed"},
		{"a script whose interpreter is missing", script("#!/no/such/sh\n", 0o755), 0, diag.HookNotExecutable, "interpreter"},
		{"a project directory that has gone", func(r *Runner) manifest.HookEntry {
			if err := os.RemoveAll(r.Dir); err != nil {
				t.Fatal(err)
			}
			return argv("true")
		}, 126, diag.HookNotExecutable, "cannot be entered"},
		{"more arguments than the system takes", entry(argv("true", strings.Repeat("x", 4<<20))), 126, diag.HookNotExecutable, "argument list too long"},
		{"a plugin where no extension is", entry(manifest.HookEntry{Plugin: "my.plugin"}), 1, diag.HookPlugin, "my.plugin"},
		{"a service before anything runs", entry(inService), 1, diag.HookService, `service "web"`},
		{"an empty program after expansion", entry(argv("${NOTHING:-}")), 1, diag.HookNoProgram, "first element"},
		{"an unset variable", entry(argv("echo", "${NOT_SET_ANYWHERE}")), 1, "", "NOT_SET_ANYWHERE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, rec := newRunner(t)
			err := r.Run(t.Context(), "pre_up", []manifest.HookEntry{tt.entry(r), argv("echo", "never")})
			var f *Failure
			if !errors.As(err, &f) {
				t.Fatalf("got %v", err)
			}
			if tt.status != 0 && f.ExitStatus() != tt.status {
				t.Errorf("status %d, want %d", f.ExitStatus(), tt.status)
			}
			if tt.code != "" && f.Diagnostic.Code != tt.code {
				t.Errorf("code %s, want %s", f.Diagnostic.Code, tt.code)
			}
			if !strings.Contains(f.Diagnostic.Message, tt.says) || f.Diagnostic.Fix == "" {
				t.Errorf("message %q, fix %q", f.Diagnostic.Message, f.Diagnostic.Fix)
			}
			for _, l := range rec.all() {
				if strings.Contains(l, "never") {
					t.Error("the entry after a failure ran")
				}
			}
		})
	}
	t.Run("a cancelled run is no failure of the hook", func(t *testing.T) {
		r, _ := newRunner(t)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		err := r.Run(ctx, "pre_up", []manifest.HookEntry{argv("sleep", "60")})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
