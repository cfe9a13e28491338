package sdk

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/devpm/devpm/extensions/protocol"
)

// The package carries its own copy of the wire, so that it can be copied. What is
// unused of it is named here.
func TestWireIsTheProtocol(t *testing.T) {
	pairs := []struct {
		own, wire any
		unused    []string
	}{
		{message{}, protocol.Message{}, nil},
		{wireError{}, protocol.Error{}, nil},
		{errorData{}, protocol.ErrorData{}, nil},
		{party{}, protocol.Party{}, nil},
		{initializeParams{}, protocol.Initialize{}, []string{"host", "capabilities"}},
		{wireContext{}, protocol.Context{}, nil},
		{initialized{}, protocol.Initialized{}, nil},
		{registration{}, protocol.Registration{}, []string{"source", "extension"}},
		{description{}, protocol.Description{}, []string{"notices"}},
		{stepParams{}, protocol.StepParams{}, nil},
		{nameParams{}, protocol.NameParams{}, nil},
		{hookParams{}, protocol.HookParams{}, nil},
		{secretsParams{}, protocol.SecretsParams{}, nil},
		{policyParams{}, protocol.PolicyParams{}, nil},
		{commandParams{}, protocol.CommandParams{}, nil},
		{cancelParams{}, protocol.CancelParams{}, nil},
		{Evaluation{}, protocol.Evaluation{}, nil},
		{Change{}, protocol.Change{}, nil},
		{servicesResult{}, protocol.Services{}, nil},
		{patchesResult{}, protocol.Patches{}, nil},
		{secretsResult{}, protocol.Secrets{}, nil},
		{Document{}, protocol.Stack{}, nil},
		{policyResult{}, protocol.PolicyResult{}, nil},
		{Finding{}, protocol.Finding{}, nil},
		{Result{}, protocol.CommandResult{}, nil},
		{logParams{}, protocol.LogParams{}, []string{"extension"}},
		{progressParams{}, protocol.ProgressParams{}, nil},
		{outputParams{}, protocol.OutputParams{}, nil},
	}
	for _, p := range pairs {
		own, wire := names(p.own), names(p.wire)
		for _, n := range p.unused {
			if !slices.Contains(wire, n) {
				t.Errorf("%T: the protocol has no %q", p.own, n)
			}
			wire = slices.DeleteFunc(wire, func(x string) bool { return x == n })
		}
		if !slices.Equal(own, wire) {
			t.Errorf("%T has %v, %T has %v", p.own, own, p.wire, wire)
		}
	}
}

// names are the JSON names of a struct's fields, sorted.
func names(v any) []string {
	var out []string
	for f := range reflect.TypeOf(v).Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func TestConstantsAreTheProtocol(t *testing.T) {
	for _, c := range []struct{ own, wire any }{
		{codeParse, protocol.CodeParse}, {codeInvalidRequest, protocol.CodeInvalidRequest}, {codeMethodNotFound, protocol.CodeMethodNotFound},
		{codeInvalidParams, protocol.CodeInvalidParams}, {codeInternal, protocol.CodeInternal}, {codeCancelled, protocol.CodeCancelled},
		{codeFailed, protocol.CodeFailed}, {codeConfig, protocol.CodeConfig}, {maxMessage, protocol.MaxMessage}, {protocolVersion, protocol.Version},
	} {
		if c.own != c.wire {
			t.Errorf("%v is %v in the protocol", c.own, c.wire)
		}
	}
}

// An extension that has everything has every capability, registers every kind
// and knows the methods of each.
func TestCapabilitiesAreTheProtocol(t *testing.T) {
	all := Extension{
		Steps: make([]Step, 1), Services: make([]Fragment, 1), Patches: make([]Patch, 1), Hooks: make([]Hook, 1),
		Secrets: make([]Provider, 1), Stacks: make([]Stack, 1), Policies: make([]Policy, 1), Commands: make([]Command, 1),
	}
	var want []string
	for _, c := range protocol.Capabilities() {
		want = append(want, string(c))
	}
	if got := all.capabilities(); !slices.Equal(got, want) {
		t.Errorf("capabilities %v, want %v", got, want)
	}
	var kinds []string
	for _, r := range all.describe().Registrations {
		kinds = append(kinds, string(protocol.Kind(r.Kind).Capability()))
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("kinds of %v, want %v", kinds, want)
	}
	for _, m := range []string{
		protocol.MethodDescribe, protocol.MethodEvaluate, protocol.MethodExecute, protocol.MethodServices, protocol.MethodPatches, protocol.MethodRunHook,
		protocol.MethodSecrets, protocol.MethodStack, protocol.MethodPolicy, protocol.MethodCommand,
	} {
		if _, ok := all.handler(m); !ok {
			t.Errorf("%s is unknown", m)
		}
		if _, ok := (Extension{}).handler(m); ok != (protocol.CapabilityOf(m) == "") {
			t.Errorf("%s: an extension that has nothing says %t", m, ok)
		}
	}
}
