package host

import (
	"context"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/extensions/protocol"
)

// ask makes a request of a capability and reads the answer; check judges it and
// may be nil. An answer beside an error is one that came after the context had
// ended; one that is faulty is not returned.
func ask[T any](ctx context.Context, s *Session, method string, params any, check func(*T) faults) (T, error) {
	var answer, none T
	if c := protocol.CapabilityOf(method); c != "" && !s.Has(c) {
		return none, s.lacks(method)
	}
	raw, err := s.request(ctx, method, params)
	if raw == nil {
		return none, err
	}
	if misread := s.read(method, raw, &answer); misread != nil {
		return none, misread
	}
	if check != nil {
		if found := check(&answer); len(found) > 0 {
			return none, s.misshapen(method, raw, found...)
		}
	}
	return answer, err
}

// do makes a request whose answer says nothing.
func (s *Session) do(ctx context.Context, method string, params any) error {
	_, err := ask[jsontext.Value](ctx, s, method, params, nil)
	return err
}

// Describe asks what the program adds. Names are checked for their form, and
// for being said once in their kind.
func (s *Session) Describe(ctx context.Context) (*protocol.Description, error) {
	d, err := ask(ctx, s, protocol.MethodDescribe, struct{}{}, func(d *protocol.Description) faults { return checkDescription(d, s) })
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// Evaluate asks what a step would do.
func (s *Session) Evaluate(ctx context.Context, id string) (protocol.Evaluation, error) {
	return ask(ctx, s, protocol.MethodEvaluate, protocol.StepParams{ID: id}, checkEvaluation)
}

// Execute carries a step out.
func (s *Session) Execute(ctx context.Context, id string) error {
	return s.do(ctx, protocol.MethodExecute, protocol.StepParams{ID: id})
}

// Services asks a fragment for its services: an object of objects by name. Read
// it with manifest.ReadJSON and OutputName, so that faults have a place.
func (s *Session) Services(ctx context.Context, name string) (json.RawMessage, error) {
	a, err := ask(ctx, s, protocol.MethodServices, protocol.NameParams{Name: name},
		func(a *protocol.Services) faults { return checkByService("/services", a.Services) })
	return a.Services, err
}

// Patches asks for patches: an object of objects by the name of a service.
func (s *Session) Patches(ctx context.Context, name string) (json.RawMessage, error) {
	a, err := ask(ctx, s, protocol.MethodPatches, protocol.NameParams{Name: name},
		func(a *protocol.Patches) faults { return checkByService("/service_patches", a.ServicePatches) })
	return a.ServicePatches, err
}

// RunHook runs a hook of a phase.
func (s *Session) RunHook(ctx context.Context, id, phase string) error {
	return s.do(ctx, protocol.MethodRunHook, protocol.HookParams{ID: id, Phase: phase})
}

// Secrets asks a provider for values. Keys that it does not have are absent;
// others than those asked for are a fault, which does not show them.
func (s *Session) Secrets(ctx context.Context, name string, keys []string) (map[string]string, error) {
	a, err := ask(ctx, s, protocol.MethodSecrets, protocol.SecretsParams{Name: name, Keys: keys},
		func(a *protocol.Secrets) faults { return checkSecrets(a, keys) })
	return a.Secrets, err
}

// Stack asks for a stack.
func (s *Session) Stack(ctx context.Context, name string) (protocol.Stack, error) {
	return ask(ctx, s, protocol.MethodStack, protocol.NameParams{Name: name}, checkStack)
}

// Policy asks for a judgement of a document.
func (s *Session) Policy(ctx context.Context, name string, document json.RawMessage) ([]protocol.Finding, error) {
	a, err := ask(ctx, s, protocol.MethodPolicy, protocol.PolicyParams{Name: name, Document: document}, checkFindings)
	return a.Findings, err
}

// Command runs a command. When the context ends, the program is told; what it
// answers then comes back beside the context's cause.
func (s *Session) Command(ctx context.Context, p protocol.CommandParams) (protocol.CommandResult, error) {
	return ask(ctx, s, protocol.MethodCommand, p, checkCommand)
}
