package engine_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/internal/execx/execxtest"
)

// program puts an executable file into dir; it is looked up, never run.
func program(t *testing.T, dir, name string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// versions answers version probes by the command's name; a command that is
// not named has no compose.
func versions(byCommand map[string]string) *execxtest.Runner {
	return &execxtest.Runner{Answer: func(c execx.Command) (execx.Result, error) {
		name := strings.Join(append([]string{filepath.Base(c.Argv[0])}, c.Argv[1:]...), " ")
		name = strings.TrimSuffix(name, " version --short")
		version, ok := byCommand[name]
		if !ok {
			execxtest.Print(c.Stderr, "docker: unknown command\n")
			return execx.Result{ExitCode: 1, Tail: []string{"docker: unknown command"}}, nil
		}
		if version == "hang" {
			return execx.Result{ExitCode: execx.ExitTimeout, TimedOut: true}, nil
		}
		execxtest.Print(c.Stdout, version+"\n")
		return execx.Result{}, nil
	}}
}

func TestLocate(t *testing.T) {
	for _, tc := range []struct {
		name     string
		programs []string
		versions map[string]string
		variable string // DEVPM_COMPOSE; BIN is the directory of the programs
		want     string // command and version
		code     diag.Code
	}{
		{
			name: "the plugin comes first", programs: []string{"docker", "docker-compose"},
			versions: map[string]string{"docker compose": "2.29.1", "docker-compose": "2.30.0"}, want: "docker compose 2.29.1",
		},
		{
			name: "the program when docker has no plugin", programs: []string{"docker", "docker-compose"},
			versions: map[string]string{"docker-compose": "v5.5.1"}, want: "docker-compose 5.5.1",
		},
		{
			name: "a version of a distribution", programs: []string{"docker"},
			versions: map[string]string{"docker compose": "2.20.0+ds1-4"}, want: "docker compose 2.20.0",
		},
		{
			name: "a development build tells no number", programs: []string{"docker"},
			versions: map[string]string{"docker compose": "dev"}, want: "docker compose dev",
		},
		{
			name: "an old plugin does not hide a newer program", programs: []string{"docker", "docker-compose"},
			versions: map[string]string{"docker compose": "2.19.9", "docker-compose": "2.20.0"}, want: "docker-compose 2.20.0",
		},
		{
			name: "Compose v1 alone", programs: []string{"docker", "docker-compose"},
			versions: map[string]string{"docker-compose": "1.29.2"}, code: diag.ComposeV1,
		},
		{
			name: "too old", programs: []string{"docker"},
			versions: map[string]string{"docker compose": "2.19.1"}, code: diag.ComposeTooOld,
		},
		{name: "docker without compose", programs: []string{"docker"}, code: diag.NoCompose},
		{name: "nothing at all", code: diag.NoCompose},
		{
			name: "a plugin that hangs", programs: []string{"docker"},
			versions: map[string]string{"docker compose": "hang"}, code: diag.ComposeSilent,
		},
		{
			name: "the variable wins", programs: []string{"docker", "docker-compose", "mine"}, variable: "BIN/mine",
			versions: map[string]string{"docker compose": "5.0.0", "mine": "2.24.0"}, want: "mine 2.24.0",
		},
		{
			name: "the variable with a command", programs: []string{"podman"}, variable: "podman compose",
			versions: map[string]string{"podman compose": "2.24.0"}, want: "podman compose 2.24.0",
		},
		{
			name: "the variable naming docker means its plugin", programs: []string{"docker"}, variable: "BIN/docker",
			versions: map[string]string{"docker compose": "5.0.0"}, want: "docker compose 5.0.0",
		},
		{
			name: "a path with blanks", programs: []string{"my tools/compose"}, variable: "BIN/my tools/compose",
			versions: map[string]string{"compose": "2.24.0"}, want: "compose 2.24.0",
		},
		{
			name: "the variable is not passed over", programs: []string{"docker"}, variable: "/no/such/compose",
			versions: map[string]string{"docker compose": "5.0.0"}, code: diag.BadComposeVariable,
		},
		{
			name: "the variable names what is no compose", programs: []string{"docker", "true"}, variable: "true",
			versions: map[string]string{"docker compose": "5.0.0"}, code: diag.BadComposeVariable,
		},
		{
			name: "the variable names v1", programs: []string{"docker-compose"}, variable: "docker-compose",
			versions: map[string]string{"docker-compose": "1.29.2"}, code: diag.ComposeV1,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bin := t.TempDir()
			for _, p := range tc.programs {
				program(t, bin, p)
			}
			env := []string{"PATH=" + bin, "HOME=" + t.TempDir()}
			if tc.variable != "" {
				env = append(env, "DEVPM_COMPOSE="+strings.ReplaceAll(tc.variable, "BIN", bin))
			}
			tool, err := engine.Locate(t.Context(), engine.LocateOptions{Runner: versions(tc.versions), Env: env})
			if tc.code != "" {
				p, ok := engine.ProblemOf(err)
				if !ok || p.Code != tc.code || p.Fix == "" {
					t.Fatalf("error %v, want %s with a fix", err, tc.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(append([]string{filepath.Base(tool.Argv[0])}, tool.Argv[1:]...), " ") + " " + tool.Version.String()
			if got != tc.want || !filepath.IsAbs(tool.Argv[0]) {
				t.Errorf("got %q from %q, want %q", got, tool.Argv, tc.want)
			}
		})
	}
}

func TestLocateProbesAgainOnlyWhenAProgramChanged(t *testing.T) {
	bin, home, cache := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "state")
	program(t, bin, "docker")
	plugin := program(t, home, ".docker/cli-plugins/docker-compose")
	runner := versions(map[string]string{"docker compose": "2.29.1"})
	locate := func() {
		t.Helper()
		tool, err := engine.Locate(t.Context(), engine.LocateOptions{
			Runner: runner, Env: []string{"PATH=" + bin, "HOME=" + home}, CacheDir: cache,
		})
		if err != nil || tool.Version.String() != "2.29.1" {
			t.Fatalf("%+v, %v", tool, err)
		}
	}
	probes := func(want int) {
		t.Helper()
		if got := len(runner.Calls()); got != want {
			t.Errorf("%d probes, want %d", got, want)
		}
	}
	locate()
	locate()
	probes(1)
	if err := os.WriteFile(plugin, []byte("#!/bin/sh\n# newer\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	locate()
	locate()
	probes(2)
	if err := os.WriteFile(filepath.Join(cache, "compose-versions.json"), []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	locate()
	probes(3)
}

func TestVersions(t *testing.T) {
	for _, tc := range []struct {
		version string
		atLeast string
		want    bool
	}{
		{"2.20.0", "2.20.0", true}, {"2.19.9", "2.20.0", false}, {"v5.5.1", "2.20.0", true},
		{"2.29.0-desktop.1", "2.29.0", true}, {"2.9.1", "2.29.0", false}, {"dev", "2.29.0", true}, {"1.29.2", "2.0.0", false},
	} {
		if got := engine.ParseVersion(tc.version).AtLeast(engine.ParseVersion(tc.atLeast)); got != tc.want {
			t.Errorf("%s at least %s: %v", tc.version, tc.atLeast, got)
		}
	}
}

func testCompose(runner execx.Runner, version string, events *[]engine.Event) *engine.Compose {
	return engine.NewCompose(engine.Options{
		Runner: runner, Dir: "/srv/shop", ProjectName: "shop",
		Tool: engine.Tool{Argv: []string{"/usr/bin/docker", "compose"}, Version: engine.ParseVersion(version)},
		Env:  []string{"PATH=/bin", "COMPOSE_FILE=other.yml", "COMPOSE_PROFILES=x", "COMPOSE_PARALLEL_LIMIT=3", "DOCKER_CONTEXT=c"},
		Progress: func(e engine.Event) {
			if events != nil {
				*events = append(*events, e)
			}
		},
	})
}

func TestCommandLines(t *testing.T) {
	const start = "/usr/bin/docker compose -f docker-compose.yml --project-directory . --env-file " + os.DevNull + " -p shop "
	for _, tc := range []struct {
		name    string
		version string
		call    func(*engine.Compose) error
		want    string
		dir     string
	}{
		{"up", "5.5.1", func(c *engine.Compose) error { return c.Up(t.Context(), engine.UpOptions{}) }, start + "--progress json up --detach", ""},
		{"up before JSON", "2.28.1", func(c *engine.Compose) error { return c.Up(t.Context(), engine.UpOptions{}) }, start + "up --detach", ""},
		{"up with all options", "5.5.1", func(c *engine.Compose) error {
			return c.Up(t.Context(), engine.UpOptions{
				Services: []string{"web", "db"}, Profiles: []string{"debug"}, Build: engine.BuildNever,
				ForceRecreate: true, RemoveOrphans: true, Pull: "never", Wait: 1500_000_000,
			})
		}, start + "--progress json --profile debug up --detach --no-build --force-recreate --remove-orphans --pull never --wait --wait-timeout 2 web db", ""},
		{"build", "5.5.1", func(c *engine.Compose) error { return c.Build(t.Context(), []string{"web"}, nil) }, start + "--progress json build web", ""},
		{"build of something marked", "5.5.1", func(c *engine.Compose) error {
			return c.Build(t.Context(), []string{"web"}, map[string]string{"web": "0a1b"})
		}, start + "--progress json -f - build web", ""},
		{"build of something unknown", "5.5.1", func(c *engine.Compose) error {
			return c.Build(t.Context(), []string{"web"}, map[string]string{"web": ""})
		}, start + "--progress json build web", ""},
		{"stop", "5.5.1", func(c *engine.Compose) error { return c.Stop(t.Context(), []string{"web"}, 0) }, start + "--progress json stop web", ""},
		{"restart", "5.5.1", func(c *engine.Compose) error { return c.Restart(t.Context(), nil, 3e9) }, start + "--progress json restart --timeout 3", ""},
		{"down names no file", "5.5.1", func(c *engine.Compose) error {
			return c.Down(t.Context(), engine.DownOptions{Volumes: true})
		}, "/usr/bin/docker compose -p shop --progress json down --remove-orphans --volumes", string(filepath.Separator)},
		{"attach", "5.5.1", func(c *engine.Compose) error {
			_, err := c.Attach(t.Context(), engine.UpOptions{Build: engine.BuildAlways, Services: []string{"web"}}, engine.Streams{})
			return err
		}, start + "up --build web", ""},
		{"logs", "5.5.1", func(c *engine.Compose) error {
			_, err := c.Logs(t.Context(), engine.LogsOptions{Services: []string{"web"}, Follow: true, Tail: 5, Since: "1h"}, engine.Streams{})
			return err
		}, start + "logs --follow --tail 5 --since 1h web", ""},
		{"logs of now", "5.5.1", func(c *engine.Compose) error {
			_, err := c.Logs(t.Context(), engine.LogsOptions{Follow: true}, engine.Streams{})
			return err
		}, start + "logs --follow --tail 0", ""},
		{"all logs", "5.5.1", func(c *engine.Compose) error {
			_, err := c.Logs(t.Context(), engine.LogsOptions{Tail: -1}, engine.Streams{})
			return err
		}, start + "logs", ""},
		{"exec", "5.5.1", func(c *engine.Compose) error {
			_, err := c.Exec(t.Context(), "web", []string{"sh", "-c", "a b"}, engine.ExecOptions{NoTTY: true, User: "u", Workdir: "/w", Index: 2, Env: []string{"A=1"}}, engine.Streams{})
			return err
		}, start + "exec -T --user u --workdir /w --index 2 --env A=1 web sh -c a b", ""},
		{"raw", "5.5.1", func(c *engine.Compose) error {
			_, err := c.Raw(t.Context(), []string{"top", "web"}, engine.Streams{})
			return err
		}, start + "top web", ""},
		{"config", "5.5.1", func(c *engine.Compose) error { _, err := c.Config(t.Context(), "json"); return err }, start + "config --format json", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			runner := &execxtest.Runner{}
			if err := tc.call(testCompose(runner, tc.version, nil)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]string{tc.want}, runner.Lines()); d != "" {
				t.Error(d)
			}
			call := runner.Calls()[0]
			if dir := tc.dir; dir == "" && call.Dir != "/srv/shop" || dir != "" && call.Dir != dir {
				t.Errorf("runs in %s", call.Dir)
			}
			if want := []string{"PATH=/bin", "COMPOSE_PARALLEL_LIMIT=3", "DOCKER_CONTEXT=c"}; !slices.Equal(call.Env, want) {
				t.Errorf("environment %q", call.Env)
			}
		})
	}
}
