//go:build engine

package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
)

var projects atomic.Int32 // makes the names of one run unique

// project is one Compose project on the real engine, removed after the test.
type project struct {
	*engine.Compose
	api    *engine.Engine
	name   string
	dir    string
	events []engine.Event
}

func newProject(t *testing.T, document string) *project {
	t.Helper()
	ctx := t.Context()
	runner := execx.System{Now: time.Now}
	tool, err := engine.Locate(ctx, engine.LocateOptions{Runner: runner, Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	ep, err := engine.ResolveEndpoint(os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	api, err := engine.Connect(ctx, ep, engine.ConnectOptions{Patience: 10 * time.Second, Clock: engine.SystemClock(time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	p := &project{api: api, dir: t.TempDir()}
	p.name = fmt.Sprintf("devpm-engine-%d-%d", os.Getpid(), projects.Add(1))
	p.write(t, document)
	p.Compose = engine.NewCompose(engine.Options{
		Runner: runner, Tool: tool, Env: os.Environ(), Dir: p.dir, ProjectName: p.name,
		Progress: func(e engine.Event) { p.events = append(p.events, e) },
	})
	t.Cleanup(func() {
		if err := p.Down(context.WithoutCancel(ctx), engine.DownOptions{Volumes: true, Timeout: time.Second}); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
		api.Close()
	})
	return p
}

func (p *project) write(t *testing.T, document string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, engine.DefaultFile), []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (p *project) observe(t *testing.T, o engine.ObserveOptions) engine.Snapshot {
	t.Helper()
	o.Project = p.name
	s, err := p.api.Observe(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func codes(err error) []diag.Code {
	var out []diag.Code
	if f, ok := errors.AsType[*diag.Failure](err); ok {
		for _, d := range f.List {
			out = append(out, d.Code)
		}
	}
	return out
}

func TestEngineUpWaitObserveDown(t *testing.T) {
	p := newProject(t, `
services:
  web:
    image: busybox:latest
    command: [sh, -c, "echo hello from web; exec sleep 600"]
    volumes: ["data:/data"]
    stop_grace_period: 1s
    healthcheck: {test: [CMD, "true"], interval: 200ms, retries: 5}
  plain:
    image: busybox:latest
    command: [sleep, "600"]
    stop_grace_period: 1s
  job:
    image: busybox:latest
    command: [sh, -c, "echo done"]
volumes: {data: {}}
`)
	ctx := t.Context()
	if err := p.Up(ctx, engine.UpOptions{}); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(p.events, func(e engine.Event) bool {
		return e.Kind == "container" && e.Name == p.name+"-web-1" && e.Text == "Started" && e.Status == engine.Done
	}) {
		t.Errorf("no event says that web was started: %+v", p.events)
	}

	var seen []engine.ServiceState
	result, err := p.api.Wait(ctx, engine.WaitOptions{
		Project: p.name, Services: []string{"web", "plain", "job"}, Timeout: time.Minute,
		Changed: func(s engine.ServiceState) { seen = append(seen, s) },
	})
	if err != nil {
		t.Fatalf("%v: %+v", err, result)
	}
	want := map[string]engine.Phase{"web": engine.Ready, "plain": engine.Ready, "job": engine.Finished}
	for _, s := range result.Services {
		if s.Phase != want[s.Service] {
			t.Errorf("%s is %s, want %s", s.Service, s.Phase, want[s.Service])
		}
	}
	if len(seen) < 3 {
		t.Errorf("changes %+v", seen)
	}

	s := p.observe(t, engine.ObserveOptions{Images: []string{"busybox:latest", "no-such-image:9"}, Details: true, Resources: true})
	if len(s.Containers) != 3 || s.Containers[0].Service != "job" || s.Containers[2].Health != "healthy" {
		t.Fatalf("containers %+v", s.Containers)
	}
	for _, c := range s.Containers {
		if c.ImageID != s.Images["busybox:latest"] || c.ConfigHash == "" || c.WorkingDir != p.dir || c.Number != 1 || c.OneOff {
			t.Errorf("container %+v", c)
		}
	}
	if _, there := s.Images["no-such-image:9"]; there {
		t.Error("an image that does not exist has an id")
	}
	if !slices.Equal(s.Networks, []string{p.name + "_default"}) || !slices.Equal(s.Volumes, []string{p.name + "_data"}) {
		t.Errorf("networks %q volumes %q", s.Networks, s.Volumes)
	}
	hashes, err := p.ConfigHashes(ctx)
	if err != nil || hashes["web"] != s.Containers[2].ConfigHash {
		t.Errorf("hashes %v, %v", hashes, err)
	}
	dirs, err := p.api.ProjectDirs(ctx, p.name)
	if err != nil || !slices.Equal(dirs, []string{p.dir}) {
		t.Errorf("dirs %q, %v", dirs, err)
	}

	var out bytes.Buffer
	code, err := p.Exec(ctx, "web", []string{"sh", "-c", "echo $A; exit 7"}, engine.ExecOptions{NoTTY: true, Env: []string{"A=$b c"}}, engine.Streams{Out: &out, Err: &out})
	if err != nil || code != 7 || out.String() != "$b c\n" {
		t.Errorf("exec: %d %q %v", code, &out, err)
	}
	out.Reset()
	if code, err := p.Logs(ctx, engine.LogsOptions{Services: []string{"web"}, Tail: -1, NoColor: true}, engine.Streams{Out: &out}); err != nil || code != 0 || !strings.Contains(out.String(), "hello from web") {
		t.Errorf("logs: %d %q %v", code, &out, err)
	}
	out.Reset()
	if code, err := p.Raw(ctx, []string{"ps", "--services"}, engine.Streams{Out: &out}); err != nil || code != 0 || !strings.Contains(out.String(), "plain") {
		t.Errorf("raw: %d %q %v", code, &out, err)
	}
	if err := p.Stop(ctx, []string{"plain"}, time.Second); err != nil {
		t.Error(err)
	}
	if err := p.Restart(ctx, []string{"web"}, time.Second); err != nil {
		t.Error(err)
	}

	// Down goes by labels: the document may be broken or gone.
	p.write(t, "services: {")
	if err := p.Down(ctx, engine.DownOptions{Volumes: true, Timeout: time.Second}); err != nil {
		t.Fatal(err)
	}
	if s := p.observe(t, engine.ObserveOptions{Resources: true}); len(s.Containers)+len(s.Networks)+len(s.Volumes) != 0 {
		t.Errorf("left behind: %+v", s)
	}
}

func TestEngineWaitSaysWhyServicesFail(t *testing.T) {
	p := newProject(t, `
services:
  sick:
    image: busybox:latest
    command: [sh, -c, "echo starting up; exec sleep 600"]
    stop_grace_period: 1s
    healthcheck: {test: [CMD-SHELL, "echo the pool is empty; exit 3"], interval: 100ms, retries: 1}
  crash:
    image: busybox:latest
    command: [sh, -c, "echo cannot open the door; exit 4"]
  loop:
    image: busybox:latest
    command: [sh, -c, "exit 5"]
    restart: always
`)
	if err := p.Up(t.Context(), engine.UpOptions{}); err != nil {
		t.Fatal(err)
	}
	result, err := p.api.Wait(t.Context(), engine.WaitOptions{
		Project: p.name, Services: []string{"sick", "crash", "loop"}, Timeout: time.Minute,
		Settle: 10 * time.Second, Restarts: 2,
	})
	if got, want := codes(err), []diag.Code{diag.ServiceUnhealthy, diag.ServiceExited, diag.ServiceRestarts}; !slices.Equal(got, want) {
		t.Fatalf("codes %v, want %v: %v", got, want, err)
	}
	for _, text := range []string{"ended with 3: the pool is empty", "ended with 4", "keeps restarting", "ended with 5"} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q is not in %s", text, err)
		}
	}
	if logs := result.Services[0].Logs; !slices.Equal(logs, []string{"cannot open the door"}) {
		t.Errorf("logs %q", logs)
	}
}

func TestEngineWaitTimesOut(t *testing.T) {
	p := newProject(t, `
services:
  slow:
    image: busybox:latest
    command: [sleep, "600"]
    stop_grace_period: 1s
    healthcheck: {test: [CMD, "false"], interval: 100ms, start_period: 10m}
`)
	if err := p.Up(t.Context(), engine.UpOptions{}); err != nil {
		t.Fatal(err)
	}
	result, err := p.api.Wait(t.Context(), engine.WaitOptions{Project: p.name, Services: []string{"slow", "absent"}, Timeout: 3 * time.Second})
	if got, want := codes(err), []diag.Code{diag.ServiceNotReady, diag.ServiceWithoutContainer}; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("codes %v: %v %+v", got, err, result)
	}
}

func TestEngineComposeFailuresAreNamed(t *testing.T) {
	holder := newProject(t, `
services:
  w: {image: "busybox:latest", command: [sleep, "600"], ports: ["127.0.0.1:39471:80"], stop_grace_period: 1s}
`)
	if err := holder.Up(t.Context(), engine.UpOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, document string
		code           diag.Code
	}{
		{"a port of another project", `services: {w: {image: "busybox:latest", command: [sleep, "600"], ports: ["127.0.0.1:39471:80"]}}`, diag.HostPortTakenAtStart},
		{"an image that is nowhere", `services: {w: {image: "devpm-no-such-image:9", pull_policy: never}}`, diag.ImageUnavailable},
		{"no YAML", `services: {`, diag.ComposeDocumentRefused},
		{"an unknown key", `services: {w: {image: "busybox:latest", prots: []}}`, diag.ComposeDocumentRefused},
		{"a volume that is not declared", `services: {w: {image: "busybox:latest", volumes: ["data:/x"]}}`, diag.ComposeDocumentRefused},
		{"an external network that does not exist", "services: {w: {image: \"busybox:latest\", networks: [n]}}\nnetworks: {n: {external: true, name: devpm-no-such-net}}", diag.ExternalResourceMissing},
		{"an external volume that does not exist", "services: {w: {image: \"busybox:latest\", volumes: [\"data:/v\"]}}\nvolumes: {data: {external: true, name: devpm-no-such-volume}}", diag.ExternalResourceMissing},
		{"a bind source that does not exist", `services: {w: {image: "busybox:latest", volumes: [{type: bind, source: /no/such/dir, target: /x, bind: {create_host_path: false}}]}}`, diag.VolumeMountFailed},
		{"a job that others need fails", `services: {j: {image: "busybox:latest", command: ["false"]}, w: {image: "busybox:latest", depends_on: {j: {condition: service_completed_successfully}}}}`, diag.ServiceDependencyFailed},
		{"a service that others need is unhealthy", `services: {j: {image: "busybox:latest", command: [sleep, "60"], stop_grace_period: 1s, healthcheck: {test: [CMD, "false"], interval: 100ms, retries: 1}}, w: {image: "busybox:latest", depends_on: {j: {condition: service_healthy}}}}`, diag.ServiceDependencyFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newProject(t, tc.document)
			err := p.Up(t.Context(), engine.UpOptions{})
			if got := codes(err); !slices.Equal(got, []diag.Code{tc.code}) {
				t.Errorf("codes %v, want %s: %v", got, tc.code, err)
			}
			t.Log(err)
			var failed *engine.CommandError
			if !errors.As(err, &failed) || failed.ExitCode == 0 || len(failed.Lines) == 0 {
				t.Errorf("error %#v", err)
			}
		})
	}
	wish := engine.PortWish{HostIP: "127.0.0.1", Published: 39471}
	other := newProject(t, "services: {}")
	for _, mode := range []engine.PortMode{engine.PortsByReading, engine.PortsByListening} {
		held := engine.PortHolders(t.Context(), []engine.PortWish{wish}, other.observe(t, engine.ObserveOptions{}), mode)
		if got := held[wish.Key()].String(); got != "container "+holder.name+"-w-1 of project "+holder.name+" in "+holder.dir {
			t.Errorf("mode %d: the holder is %q", mode, got)
		}
		if held := engine.PortHolders(t.Context(), []engine.PortWish{wish}, holder.observe(t, engine.ObserveOptions{}), mode); len(held) != 0 {
			t.Errorf("mode %d: the project's own container counts: %v", mode, held)
		}
	}
}

func TestEngineBuildReportsStepsAndTheirFailure(t *testing.T) {
	document := func(run string) string {
		return "services: {w: {image: devpm-engine-test-build, build: {dockerfile_inline: \"FROM busybox:latest\\nRUN " + run + "\"}}}"
	}
	p := newProject(t, document("echo all is well; exit 9"))
	err := p.Build(t.Context(), nil, nil)
	if got := codes(err); !slices.Equal(got, []diag.Code{diag.ImageBuildFailed}) {
		t.Errorf("codes %v: %v", got, err)
	}
	var lines []string
	for _, e := range p.events {
		if e.Kind == "build step" && e.Line != "" {
			lines = append(lines, e.Line)
		}
	}
	if !slices.Contains(lines, "all is well") {
		t.Errorf("the step's output is not in %q; events %+v", lines, p.events)
	}
}

func TestEngineInfo(t *testing.T) {
	p := newProject(t, "services: {}")
	info, err := p.api.Info(t.Context())
	if err != nil || info.Version == "" || info.DataRoot == "" || info.FreeBytes <= 0 || info.APIVersion != p.api.APIVersion || p.api.Version != info.Version {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestEngineInterruptedUpLeavesNoCompose(t *testing.T) {
	p := newProject(t, `
services:
  first: {image: "busybox:latest", command: [sleep, "600"], stop_grace_period: 1s, healthcheck: {test: [CMD, "false"], interval: 1s, start_period: 10m}}
  second: {image: "busybox:latest", command: [sleep, "600"], depends_on: {first: {condition: service_healthy}}}
`)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	began := time.Now()
	err := p.Up(ctx, engine.UpOptions{})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 20*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}
