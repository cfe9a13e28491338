package conformance

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/extensions/sdk"
)

// asExtension makes the test binary the program of an extension: "sample", or
// one that is wrong in the way that it names. It is the sandbox's helper too.
const asExtension = "DEVPM_TEST_EXTENSION"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == sandbox.Verb {
		os.Exit(sandbox.Main(os.Args[2:]))
	}
	switch what := os.Getenv(asExtension); what {
	case "":
		os.Exit(m.Run())
	case "sample":
		sdk.Main(sample())
	default:
		os.Exit(playWrong(what))
	}
}

// sampleProgram is the test binary as an extension.
func sampleProgram(t *testing.T, what string) Program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Program{Argv: []string{self}, Dir: t.TempDir(), Env: []string{asExtension + "=" + what}}
}

// sample is the extension of the transcripts, in Go.
func sample() sdk.Extension {
	return sdk.Extension{
		Name: "sample", Version: "1.0.0",
		Steps: []sdk.Step{{
			ID: "sample.certificate", Description: "Make a certificate", Order: 100,
			Evaluate: func(context.Context, sdk.Project) (sdk.Evaluation, error) {
				return sdk.Run("there is no certificate", sdk.Change{Key: "certificate", New: "localhost"}), nil
			},
			Execute: func(ctx context.Context, _ sdk.Project) error {
				sdk.Log(ctx, sdk.Info, "certificate for localhost")
				return nil
			},
		}},
		Services: []sdk.Fragment{{Name: "mailpit", Services: func(context.Context, sdk.Project) (map[string]sdk.Service, error) {
			return map[string]sdk.Service{"mailpit": {"image": "axllent/mailpit", "ports": []string{"8025:8025", "1025:1025"}}}, nil
		}}},
		Patches: []sdk.Patch{{Name: "mailpit", Patches: func(context.Context, sdk.Project) (map[string]sdk.Service, error) {
			return map[string]sdk.Service{"web": {"environment": map[string]string{"SMTP_HOST": "mailpit"}}}, nil
		}}},
		Hooks: []sdk.Hook{{ID: "sample.warmup", Phases: []string{"post_prepare", "post_up"}, Run: func(ctx context.Context, _ sdk.Project, phase string) error {
			sdk.Log(ctx, sdk.Info, "warm after "+phase)
			return nil
		}}},
		Secrets: []sdk.Provider{{Name: "sample", Fetch: func(_ context.Context, _ sdk.Project, keys []string) (map[string]string, error) {
			out := map[string]string{}
			for _, key := range keys {
				if key == "token" {
					out[key] = "correct horse"
				}
			}
			return out, nil
		}}},
		Stacks: []sdk.Stack{{Name: "static", Get: func(context.Context, sdk.Project) (sdk.Document, error) {
			return sdk.Document{
				Services: map[string]sdk.Service{"web": {"image": "nginx:1.27", "volumes": []string{"html:/usr/share/nginx/html:ro"}}},
				Volumes:  map[string]any{"html": map[string]any{}},
			}, nil
		}}},
		Policies: []sdk.Policy{{Name: "no-latest", Check: noLatest}},
		Commands: []sdk.Command{{Name: "greet", Run: greet}, {Name: "wait", Run: wait}, {Name: "fail", Run: fail}},
	}
}

func noLatest(_ context.Context, _ sdk.Project, document map[string]any) ([]sdk.Finding, error) {
	var out []sdk.Finding
	services, _ := document["services"].(map[string]any)
	for name, s := range services {
		service, _ := s.(map[string]any)
		if image, _ := service["image"].(string); strings.HasSuffix(image, ":latest") {
			out = append(out, sdk.Finding{Severity: sdk.Error, Path: "services." + name + ".image", Message: image + " changes by itself", Fix: "name a version"})
		}
	}
	return out, nil
}

func greet(ctx context.Context, _ sdk.Project, in sdk.Input) (sdk.Result, error) {
	sdk.Progress(ctx, 50, "greeting")
	for _, name := range in.Args {
		text := "hello, " + name
		if in.Fields["loud"] == true {
			text = strings.ToUpper(text)
		}
		if _, err := io.WriteString(sdk.Output(ctx), text+"\n"); err != nil {
			return sdk.Result{}, err
		}
	}
	return sdk.Result{Message: fmt.Sprintf("greeted %d", len(in.Args)), Output: map[string]any{"greeted": in.Args}}, nil
}

func wait(ctx context.Context, _ sdk.Project, _ sdk.Input) (sdk.Result, error) {
	sdk.Progress(ctx, -1, "waiting")
	<-ctx.Done()
	return sdk.Result{}, ctx.Err()
}

func fail(context.Context, sdk.Project, sdk.Input) (sdk.Result, error) {
	return sdk.Result{}, &sdk.Failure{Message: "no licence for shop", Source: "licence.txt", Line: 3, Fix: "put the licence into licence.txt", ExitCode: 7}
}
