//go:build unix

package host_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
)

// initialize is what devpm says first.
var initialize = protocol.Initialize{
	ProtocolVersion: protocol.Version,
	Host:            protocol.Party{Name: "devpm", Version: "test"},
	Mode:            protocol.ModePlan,
	Capabilities:    protocol.Capabilities(),
	Context:         protocol.Context{ProjectDir: "/project", Scenario: "developer", Manifest: json.RawMessage(`{}`)},
}

func program(act string) host.Program {
	return host.Program{Name: act, Argv: []string{os.Args[0]}, Env: []string{"HOST_ACT=" + act}}
}

func open(t *testing.T, o host.Options, act string) (*host.Host, *host.Session) {
	t.Helper()
	h := host.New(o)
	t.Cleanup(func() { _ = h.Close() })
	s, err := h.Start(t.Context(), program(act), initialize)
	if err != nil {
		t.Fatal(err)
	}
	return h, s
}

func TestAProgramInOrderAnswersEverything(t *testing.T) {
	h, s := open(t, host.Options{}, "good")
	ctx := t.Context()
	if s.Name() != "good" || s.Version() != "1.2.3" {
		t.Errorf("name %q version %q", s.Name(), s.Version())
	}
	if d := cmp.Diff(protocol.Capabilities(), s.Capabilities()); d != "" {
		t.Error(d)
	}
	check := func(what string, err error, got, want any) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	d, err := s.Describe(ctx)
	check("describe", err, len(d.Registrations), 3)
	e, err := s.Evaluate(ctx, "a.step")
	check("evaluate", err, e, protocol.Evaluation{Outcome: "run", Required: true, Reason: "always"})
	check("execute", s.Execute(ctx, "a.step"), nil, nil)
	services, err := s.Services(ctx, "mailpit")
	check("services", err, string(services), `{"mailpit":{"image":"axllent/mailpit"}}`)
	patches, err := s.Patches(ctx, "mailpit")
	check("patches", err, string(patches), `{"odoo":{"environment":{"A":"1"}}}`)
	check("hook", s.RunHook(ctx, "a.hook", "pre_up"), nil, nil)
	secrets, err := s.Secrets(ctx, "vault", []string{"token"})
	check("secrets", err, secrets, map[string]string{"token": "s3cret"})
	stack, err := s.Stack(ctx, "rails")
	check("stack", err, string(stack.Services)+string(stack.Volumes), `{"web":{"image":"nginx"}}{"data":{}}`)
	findings, err := s.Policy(ctx, "rules", json.RawMessage(`{}`))
	check("policy", err, findings, []protocol.Finding{{Severity: "warning", Path: "services.web", Message: "too big"}})
	result, err := s.Command(ctx, protocol.CommandParams{Name: "c"})
	check("command", err, result.ExitCode, 3)
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
