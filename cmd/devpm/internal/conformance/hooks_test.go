package conformance

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/hooks"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/manifest"
)

var hookCases = []testCase{
	passes("HOOK-01", "an argv and a plugin id in one phase", func(t *testing.T) {
		entries := hookEntries(t, `[["echo","hi"],"my.plugin"]`)
		if len(entries) != 2 || len(entries[0].Run) != 2 || entries[0].Plugin != "" || entries[1].Plugin != "my.plugin" || entries[1].Run != nil {
			t.Errorf("%+v", entries)
		}
	}),
	passes("HOOK-02", "two argv run in order, in the project directory", func(t *testing.T) {
		p := newProject(t, hooked(`"post_prepare":[["sh","-c","echo one >> log"],["sh","-c","pwd >> log"]]`))
		p.prepare(t, 0)
		wantText(t, p.read(t, "log"), "one\n"+p.dir+"\n")
	}),
	passes("HOOK-04", "a failing argv stops the run; phase and command are named", func(t *testing.T) {
		p := newProject(t, hooked(`"post_clone":[["false"],["touch","second"]],"post_prepare":[["touch","third"]]`))
		said := p.prepare(t, 1)
		if p.has("second") || p.has("third") || p.has("docker-compose.yml") {
			t.Error("the run went on")
		}
		if !strings.Contains(said, "hooks.post_clone[0]") || !strings.Contains(said, "false ended with exit status 1") {
			t.Error(said)
		}
	}),
	differs("HOOK-05", "an argv that exits 7: devpm exits 7", func(t *testing.T) {
		newProject(t, hooked(`"post_prepare":[["sh","-c","exit 7"]]`)).prepare(t, 7)
	}),
	passes("HOOK-07", "a registered hook runner is called once in its phase", func(t *testing.T) {
		p := plugged(t, hooked(`"post_prepare":["my.runner"]`), map[string]string{"mine": hookPlugin}).trusted(t)
		wantText(t, p.read(t, "phases"), "post_prepare\n")
	}),
	differs("HOOK-08", "entries run in the order written, plugin ids among them", func(t *testing.T) {
		r := newRunner(t)
		entries := hookEntries(t, `["p1",["touch","after"]]`)
		err := r.Run(t.Context(), manifest.PostPrepare, entries)
		var failure *hooks.Failure
		if !errors.As(err, &failure) || failure.Index != 0 || failure.Diagnostic.Code != diag.HookPlugin {
			t.Errorf("the plugin was not first: %v", err)
		}
		if _, err := os.Stat(filepath.Join(r.Dir, "after")); err == nil {
			t.Error("the command ran before the plugin")
		}
		// The other way round the command has run when the plugin is reached.
		if err := r.Run(t.Context(), manifest.PostPrepare, []manifest.HookEntry{entries[1], entries[0]}); !errors.As(err, &failure) || failure.Index != 1 {
			t.Errorf("the plugin was not second: %v", err)
		}
		if _, err := os.Stat(filepath.Join(r.Dir, "after")); err != nil {
			t.Error(err)
		}
	}),
	passes("HOOK-10", "--skip-start: post_prepare runs, pre_up does not", func(t *testing.T) {
		p := newProject(t, hooked(`"post_prepare":[["touch","prepared"]],"pre_up":[["touch","starting"]]`))
		p.prepare(t, 0)
		if !p.has("prepared") || p.has("starting") {
			t.Errorf("%q", p.tree(t))
		}
	}),
	passes("HOOK-11", `"||" in an argv is an argument; a warning says so`, func(t *testing.T) {
		m, list := load(t, hooked(`"pre_up":[["docker","network","create","n","||","true"]]`), environment{})
		if len(list) != 1 || list[0].Code != diag.ManifestHookShell || list[0].Severity != diag.Warning {
			t.Error(text(list))
		}
		var (
			mu    sync.Mutex
			lines []string
		)
		r := newRunner(t)
		r.Line = func(_, line string) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, line)
		}
		bin := t.TempDir()
		if err := os.WriteFile(filepath.Join(bin, "docker"), []byte("#!/bin/sh\nprintf '%s\\n' \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		r.Environment = environment{process: []string{"PATH=" + bin + ":" + os.Getenv("PATH")}}.build(t)
		if err := r.Run(t.Context(), manifest.PreUp, m.Hooks[manifest.PreUp]); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"network", "create", "n", "||", "true"}, slices.Clone(lines)); d != "" {
			t.Error(d)
		}
	}),
	passes("HOOK-13", "post_clone with a hook runner that lacks this phase", func(t *testing.T) {
		p := plugged(t, hooked(`"post_clone":["my.runner"]`), map[string]string{"mine": hookPlugin})
		p.refusedUp(t, "DPM7604", "hooks.post_clone[0]", "my.runner", "post_prepare")
		if p.has("docker-compose.yml") {
			t.Error("the run began")
		}
	}),
}

// hookPlugin has a hook runner of two phases.
const hookPlugin = `
from dev_project.extensions import register_hook_runner

class Runner:
    name = "my.runner"
    def run_post_prepare(self, ctx):
        open("phases", "a").write("post_prepare\n")
    def run_pre_up(self, ctx):
        open("phases", "a").write("pre_up\n")

register_hook_runner("my.runner", Runner())
`

// hooked is a project without containers to speak of, and hooks.
func hooked(phases string) string {
	return plus(plain, `"services":{"w":{"image":"i"}},"hooks":{`+phases+`}`)
}

func hookEntries(t *testing.T, list string) []manifest.HookEntry {
	t.Helper()
	return accept(t, hooked(`"post_prepare":`+list), environment{}).Hooks[manifest.PostPrepare]
}

// prepare runs `devpm up --skip-start` and returns what it said.
func (p project) prepare(t *testing.T, want int) string {
	t.Helper()
	status, stdout, stderr := p.devpm(t, "up", "--trust", "--skip-start")
	if status != want {
		t.Fatalf("exit status %d, want %d\n%s%s", status, want, stdout, stderr)
	}
	return stdout + stderr
}

func newRunner(t *testing.T) *hooks.Runner {
	t.Helper()
	return &hooks.Runner{
		Exec: execx.System{}, Dir: t.TempDir(), Line: func(string, string) {}, Findings: &diag.Collector{},
		Environment: environment{process: []string{"PATH=" + os.Getenv("PATH")}}.build(t),
	}
}
