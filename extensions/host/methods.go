package host

import (
	"context"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/extensions/protocol"
)

// ask makes a request of a capability and reads the answer into result.
// Judging is by check, which looks at the decoded answer.
func (s *Session) ask(ctx context.Context, method string, params, result any, check func() faults) (jsontext.Value, error) {
	if c := protocol.CapabilityOf(method); c != "" && !s.Has(c) {
		return nil, s.lacks(method)
	}
	raw, err := s.request(ctx, method, params)
	if raw == nil || result == nil {
		return nil, err
	}
	if shape := s.read(method, raw, result); shape != nil {
		return nil, shape
	}
	if check != nil {
		if found := check(); len(found) > 0 {
			return nil, s.misshapen(method, raw, found...)
		}
	}
	return raw, err
}

// Describe asks what the program adds. Names are checked for their form, and
// for being said once in their kind.
func (s *Session) Describe(ctx context.Context) (*protocol.Description, error) {
	var d protocol.Description
	if _, err := s.ask(ctx, protocol.MethodDescribe, struct{}{}, &d, func() faults { return checkDescription(&d, s) }); err != nil {
		return nil, err
	}
	return &d, nil
}

// Evaluate asks what a step would do.
func (s *Session) Evaluate(ctx context.Context, id string) (protocol.Evaluation, error) {
	var e protocol.Evaluation
	_, err := s.ask(ctx, protocol.MethodEvaluate, protocol.StepParams{ID: id}, &e, func() faults { return checkEvaluation(&e) })
	return e, err
}

// Execute carries a step out.
func (s *Session) Execute(ctx context.Context, id string) error {
	_, err := s.ask(ctx, protocol.MethodExecute, protocol.StepParams{ID: id}, nil, nil)
	return err
}

// Services asks a fragment for its services: an object of objects by name.
// Places in it are those of Read.
func (s *Session) Services(ctx context.Context, name string) (json.RawMessage, error) {
	var a protocol.Services
	_, err := s.ask(ctx, protocol.MethodServices, protocol.NameParams{Name: name}, &a,
		func() faults { return checkByService("/services", a.Services) })
	return a.Services, err
}

// Patches asks for patches: an object of objects by the name of a service.
func (s *Session) Patches(ctx context.Context, name string) (json.RawMessage, error) {
	var a protocol.Patches
	_, err := s.ask(ctx, protocol.MethodPatches, protocol.NameParams{Name: name}, &a,
		func() faults { return checkByService("/service_patches", a.ServicePatches) })
	return a.ServicePatches, err
}

// RunHook runs a hook of a phase.
func (s *Session) RunHook(ctx context.Context, id, phase string) error {
	_, err := s.ask(ctx, protocol.MethodRunHook, protocol.HookParams{ID: id, Phase: phase}, nil, nil)
	return err
}

// Secrets asks a provider for values. Keys that it does not have are absent;
// others than those asked for are a fault, which does not show them.
func (s *Session) Secrets(ctx context.Context, name string, keys []string) (map[string]string, error) {
	var a protocol.Secrets
	_, err := s.ask(ctx, protocol.MethodSecrets, protocol.SecretsParams{Name: name, Keys: keys}, &a,
		func() faults { return checkSecrets(&a, keys) })
	return a.Secrets, err
}

// Stack asks for a stack.
func (s *Session) Stack(ctx context.Context, name string) (protocol.Stack, error) {
	var a protocol.Stack
	_, err := s.ask(ctx, protocol.MethodStack, protocol.NameParams{Name: name}, &a, func() faults { return checkStack(&a) })
	return a, err
}

// Policy asks for a judgement of a document.
func (s *Session) Policy(ctx context.Context, name string, document json.RawMessage) ([]protocol.Finding, error) {
	var a protocol.PolicyResult
	_, err := s.ask(ctx, protocol.MethodPolicy, protocol.PolicyParams{Name: name, Document: document}, &a,
		func() faults { return checkFindings(&a) })
	return a.Findings, err
}

// Command runs a command. When the context ends, the program is told; what it
// answers then comes back beside the context's cause.
func (s *Session) Command(ctx context.Context, p protocol.CommandParams) (protocol.CommandResult, error) {
	var r protocol.CommandResult
	_, err := s.ask(ctx, protocol.MethodCommand, p, &r, func() faults { return checkCommand(&r) })
	return r, err
}
