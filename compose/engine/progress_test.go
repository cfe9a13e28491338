package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/compose/engine"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/internal/execx/execxtest"
)

// says is a compose that prints and ends.
func says(stderr string, code int) *execxtest.Runner {
	return &execxtest.Runner{Answer: func(c execx.Command) (execx.Result, error) {
		execxtest.Print(c.Stderr, stderr)
		return execx.Result{ExitCode: code}, nil
	}}
}

func TestProgressIsRead(t *testing.T) {
	for _, tc := range []struct {
		name   string
		output string
		want   []engine.Event
	}{
		{
			"JSON of a container, repeated",
			`{"id":"Container shop-web-1","status":"Working","text":"Creating"}
{"id":"Container shop-web-1","status":"Working","text":"Creating"}
{"id":"Container shop-web-1","status":"Done","text":"Started"}
`,
			[]engine.Event{
				{Kind: "container", Name: "shop-web-1", Status: engine.Working, Text: "Creating"},
				{Kind: "container", Name: "shop-web-1", Status: engine.Done, Text: "Started"},
			},
		},
		{
			"JSON of an image's layer",
			`{"id":"a1b2","parent_id":"Image postgres:15","status":"Working","text":"Downloading","current":5,"total":10,"percent":50}` + "\n",
			[]engine.Event{{Kind: "layer", Name: "a1b2", Parent: "Image postgres:15", Status: engine.Working, Text: "Downloading", Current: 5, Total: 10, Percent: 50}},
		},
		{
			"JSON without a status, from 2.29",
			`{"id":"Network shop_default","text":"Created"}` + "\n",
			[]engine.Event{{Kind: "network", Name: "shop_default", Status: engine.Done, Text: "Created"}},
		},
		{
			"a warning of the logger",
			`{"level":"warning","msg":"Found orphan containers","time":"2026-01-01T00:00:00Z"}` + "\n",
			[]engine.Event{{Line: "Found orphan containers", Level: "warning"}},
		},
		{
			"BuildKit's steps and their output",
			`{"vertexes":[{"digest":"sha256:1","name":"[2/2] RUN make","started":"2026-01-01T00:00:00Z"}]}
{"logs":[{"vertex":"sha256:1","stream":1,"data":"b25lCnR3bwo="}]}
{"vertexes":[{"digest":"sha256:1","name":"[2/2] RUN make","started":"a","completed":"b","error":"exit code: 1"}]}
{"statuses":[{"id":"x"}]}
`,
			[]engine.Event{
				{Kind: "build step", Name: "[2/2] RUN make", Status: engine.Working, Text: "Running"},
				{Kind: "build step", Name: "[2/2] RUN make", Line: "one"},
				{Kind: "build step", Name: "[2/2] RUN make", Line: "two"},
				{Kind: "build step", Name: "[2/2] RUN make", Status: engine.Failed, Text: "Error", Details: "exit code: 1"},
			},
		},
		{
			"the plain form of older versions",
			" Container shop-web-1  Starting\n Volume \"shop_data\"  Created\n Container shop-db-1  Recreate\n",
			[]engine.Event{
				{Kind: "container", Name: "shop-web-1", Status: engine.Working, Text: "Starting"},
				{Kind: "volume", Name: "shop_data", Status: engine.Done, Text: "Created"},
				{Kind: "container", Name: "shop-db-1", Status: engine.Working, Text: "Recreate"},
			},
		},
		{
			"anything else is a line, also JSON of others",
			"hello there\n{\"a\":1}\n{broken\nContainer is a word\n\n",
			[]engine.Event{{Line: "hello there"}, {Line: `{"a":1}`}, {Line: "{broken"}, {Line: "Container is a word"}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []engine.Event
			if err := testCompose(says(tc.output, 0), "5.5.1", &got).Up(t.Context(), engine.UpOptions{}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFailuresAreExplained(t *testing.T) {
	json := func(message string) string { return `{"error":true,"message":"` + message + `"}` + "\n" }
	for _, tc := range []struct {
		name    string
		output  string
		code    diag.Code
		message string
	}{
		{"a port", json("Error response from daemon: Bind for 0.0.0.0:80 failed: port is already allocated"), diag.HostPortTakenAtStart, "Bind for 0.0.0.0:80 failed: port is already allocated"},
		{"a full disk", json("write /var/lib/docker/x: no space left on device"), diag.EngineDiskFull, "no space left on device"},
		{"a registry that is not reached", json(`Error response from daemon: Get \"https://registry.example/v2/\": no such host`), diag.ImageUnavailable, "no such host"},
		{"a private image", json("pull access denied for secret, repository does not exist or may require 'docker login'"), diag.ImageUnavailable, "pull access denied"},
		{"a failed build, first line only", json(`failed to solve: exit code: 1\nlong\ndetails`), diag.ImageBuildFailed, "failed to solve: exit code: 1"},
		{"a container name", json(`Error response from daemon: Conflict. The container name \"/db\" is already in use by container \"1\".`), diag.ContainerNameTaken, "already in use"},
		{"no engine", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n", diag.EngineNotRunning, "Cannot connect"},
		{"no document", json(`compose file \"/p/docker-compose.yml\" is invalid: open /p/docker-compose.yml: no such file or directory`), diag.ComposeDocumentRefused, "no such file"},
		{
			"an image is named, its registry without the way to it",
			`{"id":"Image acme/web:1","text":"Error","details":"Get \"https://registry.example/v2/\": dial tcp: lookup registry.example on 10.0.0.1:53: no such host"}` + "\n" +
				json(`Error response from daemon: Get \"https://registry.example/v2/\": dial tcp: lookup registry.example on 10.0.0.1:53: no such host`),
			diag.ImageUnavailable, "the image acme/web:1 cannot be had: registry.example: no such host",
		},
		{
			"an engine over ssh",
			`error during connect: Get \"http://docker.example.com/_ping\": command [ssh -- nowhere] has exited with exit status 255: stderr=ssh: unknown host` + "\n",
			diag.EngineUnreachable, "docker compose up: the engine cannot be reached: ssh: unknown host",
		},
		{
			"a Dockerfile that is missing",
			json("failed to solve: rpc error: code = Unknown desc = failed to solve with frontend dockerfile.v0: failed to read dockerfile: open /var/lib/docker/tmp/buildkit-mount1/Dockerfile: no such file or directory"),
			diag.ImageBuildFailed, "docker compose up: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory",
		},
		{"something new", json("the moon is full"), diag.ComposeFailed, "docker compose up: the moon is full"},
		{"the last line when none is called an error", "first\nno configuration file provided: not found\n", diag.ComposeFailed, "no configuration file provided: not found"},
		{"silence", "", diag.ComposeFailed, "ended with 9 and said nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := testCompose(says(tc.output, 9), "5.5.1", nil).Up(t.Context(), engine.UpOptions{})
			var failed *engine.CommandError
			if !errors.As(err, &failed) || failed.ExitCode != 9 || failed.Command != "docker compose up" {
				t.Fatalf("error %#v", err)
			}
			p, _ := engine.ProblemOf(err)
			if p.Code != tc.code || !strings.Contains(p.Message, tc.message) || p.Fix == "" || strings.Contains(p.Message, "\n") {
				t.Errorf("diagnostic %+v, want %s %q", p, tc.code, tc.message)
			}
		})
	}
}

func TestALongOutputKeepsItsEnd(t *testing.T) {
	err := testCompose(says(strings.Repeat("line\n", 500)+"the end\n", 1), "5.5.1", nil).Build(t.Context(), nil, nil)
	var failed *engine.CommandError
	if !errors.As(err, &failed) || len(failed.Lines) > 50 || failed.Lines[len(failed.Lines)-1] != "the end" {
		t.Errorf("lines %q", failed.Lines)
	}
}

func TestInterruptionIsTheContextsError(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	c := testCompose(&execxtest.Runner{}, "5.5.1", nil)
	for name, err := range map[string]error{
		"up":     c.Up(ctx, engine.UpOptions{}),
		"config": func() error { _, err := c.Config(ctx, "yaml"); return err }(),
		"raw":    func() error { _, err := c.Raw(ctx, nil, engine.Streams{}); return err }(),
	} {
		if !errors.Is(err, why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAComposeThatVanishedIsADiagnostic(t *testing.T) {
	gone := &execxtest.Runner{Answer: func(execx.Command) (execx.Result, error) {
		return execx.Result{}, &execx.StartError{Name: "docker", Reason: execx.NotFound}
	}}
	err := testCompose(gone, "5.5.1", nil).Stop(t.Context(), nil, 0)
	if p, ok := engine.ProblemOf(err); !ok || p.Code != diag.NoCompose {
		t.Errorf("error %v", err)
	}
}
