package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/devpm/devpm/extensions/host"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/manifest"
)

// What an answer has to look like is judged by extensions/host, as devpm does
// in everyday use; the suite asks the same session for everything.

// session returns the session that the checks of shapes share, a new one when
// the last has ended.
func (s *suite) session() (*host.Session, *problem) {
	if s.shared != nil {
		return s.shared, nil
	}
	session, p := s.start(s.program.Argv, protocol.ModePlan)
	s.shared = session
	return session, p
}

func (s *suite) start(argv []string, mode protocol.Mode) (*host.Session, *problem) {
	init := protocol.Initialize{
		ProtocolVersion: protocol.Version, Host: protocol.Party{Name: "devpm", Version: s.options.Version},
		Mode: mode, Capabilities: protocol.Capabilities(), Context: s.project(),
	}
	if mode == protocol.ModeExecute {
		init.CacheDir = s.options.CacheDir
	}
	program := host.Program{Name: s.initialized.Extension.Name, Argv: argv, Dir: s.program.Dir, Env: s.program.Env, Preamble: s.program.Preamble}
	session, err := s.host.Start(s.context, program, init)
	if err != nil {
		return nil, judged(err)
	}
	return session, nil
}

// judged makes a problem of what the host says.
func judged(err error) *problem {
	failure := (*host.Failure)(nil)
	if !errors.As(err, &failure) {
		return wrong("see the message", "%v", err)
	}
	all := failure.Diagnostics()
	var what []string
	for _, d := range all {
		what = append(what, strings.TrimPrefix(d.Message, "the extension "+failure.Extension+" "))
	}
	if words := strings.Join(failure.LastLines(), " "); words != "" {
		what = append(what, cut(words))
	}
	return &problem{what: strings.Join(what, "; "), fix: all[0].Fix}
}

// refusal reports whether an extension that is fine may answer so: it says that
// the project is nothing for it.
func refusal(err error) bool {
	failure := (*host.Failure)(nil)
	return errors.As(err, &failure) && failure.Code == protocol.CodeConfig
}

func (s *suite) capabilities() *problem {
	known := protocol.Capabilities()
	seen := map[protocol.Capability]bool{}
	for _, c := range s.initialized.Capabilities {
		if seen[c] {
			return wrong("name each capability once", "it names %s twice", c)
		}
		seen[c] = true
		if slices.Contains(known, c) {
			continue
		}
		family, _, _ := strings.Cut(string(c), "/")
		if !slices.ContainsFunc(known, func(k protocol.Capability) bool { return strings.HasPrefix(string(k), family+"/") }) {
			return wrong("devpm knows "+joined(known), "devpm knows no capability %q", c)
		}
	}
	return nil
}

func joined(all []protocol.Capability) string {
	var words []string
	for _, c := range all {
		words = append(words, string(c))
	}
	return strings.Join(words, ", ")
}

// describe wants an answer of the right shape, and that what is offered and what
// is registered are the same.
func (s *suite) describe() *problem {
	session, p := s.session()
	if p != nil {
		return p
	}
	d, err := session.Describe(s.context)
	if err != nil {
		return judged(err)
	}
	s.description = *d
	for _, n := range d.Notices {
		if n.Severity == "error" {
			return wrong(n.Fix, "it says of itself: %s", cut(n.Message))
		}
	}
	if !slices.ContainsFunc(protocol.Capabilities(), session.Has) {
		return wrong("offer at least one of "+joined(protocol.Capabilities()), "it offers nothing that this devpm knows")
	}
	phases := manifest.Phases()
	for _, r := range d.Registrations {
		for _, phase := range r.Phases {
			if !slices.Contains(phases, phase) {
				return wrong("devpm knows "+strings.Join(phases, ", "), "the hook %s names the phase %q", r.Name, phase)
			}
		}
	}
	for _, c := range session.Capabilities() {
		if len(s.registered(c)) == 0 {
			return wrong("offer a capability only when something of it is registered", "it offers %s and registers nothing for it", c)
		}
	}
	return nil
}

// registered are the names that were described for a capability.
func (s *suite) registered(c protocol.Capability) []string {
	var names []string
	for _, r := range s.description.Registrations {
		if r.Kind.Capability() == c {
			names = append(names, r.Name)
		}
	}
	return names
}

// stable describes again: in the same process, and in one that executes.
func (s *suite) stable() *problem {
	if len(s.description.Registrations) == 0 {
		return skipped("it describes nothing")
	}
	first, err := json.Marshal(s.description)
	if err != nil {
		return wrong("report this, it is a mistake in devpm", "the description cannot be written: %v", err)
	}
	const fix = "describe what the code has; time, chance, files and the mode must not change it"
	same := func(session *host.Session, where string) *problem {
		d, err := session.Describe(s.context)
		if err != nil {
			return judged(err)
		}
		again, err := json.Marshal(d)
		if err != nil || !bytes.Equal(first, again) {
			return wrong(fix, "it describes itself otherwise %s: %s, and before: %s", where, cut(string(again)), cut(string(first)))
		}
		return nil
	}
	session, p := s.session()
	if p != nil {
		return p
	}
	if p := same(session, "when it is asked again"); p != nil {
		return p
	}
	for _, in := range []struct {
		mode  protocol.Mode
		where string
	}{{protocol.ModePlan, "in another process"}, {protocol.ModeExecute, "when it is started to execute"}} {
		other, p := s.start(s.program.Argv, in.mode)
		if p != nil {
			return p
		}
		p = same(other, in.where)
		_ = other.Close() // how it ends is judged by other checks
		if p != nil {
			return p
		}
	}
	return nil
}

// twice asks the same of every registration of a capability, and wants the same
// answer each time.
func (s *suite) twice(q question) *problem {
	names := s.registered(q.of)
	if len(names) == 0 {
		return nil
	}
	session, p := s.session()
	if p != nil {
		return p
	}
	for _, name := range names {
		var answers [2][]byte
		for i := range answers {
			result, err := q.ask(session, name)
			if refusal(err) {
				result, err = judged(err).what, nil
			}
			if err != nil {
				p := judged(err)
				p.what = q.method + " of " + name + ": " + p.what
				return p
			}
			if answers[i], err = json.Marshal(result); err != nil {
				return wrong("report this, it is a mistake in devpm", "the answer cannot be written: %v", err)
			}
		}
		if !sameJSON(answers[0], answers[1]) {
			return wrong("the same project has to give the same answer", "%s of %s says %s, and the second time %s", q.method, name, cut(string(answers[0])), cut(string(answers[1])))
		}
	}
	return nil
}

// question is what devpm asks of the registrations of one capability while it
// plans.
type question struct {
	of     protocol.Capability
	method string
	ask    func(session *host.Session, name string) (any, error)
}

func (s *suite) question(of protocol.Capability) question {
	q := question{of: of}
	switch of {
	case protocol.PrepareSteps:
		q.method = protocol.MethodEvaluate
		q.ask = func(session *host.Session, id string) (any, error) { return session.Evaluate(s.context, id) }
	case protocol.ComposeFragment:
		q.method = protocol.MethodServices
		q.ask = s.fragment
	case protocol.ComposePatch:
		q.method = protocol.MethodPatches
		q.ask = func(session *host.Session, name string) (any, error) { return session.Patches(s.context, name) }
	case protocol.StackProvider:
		q.method = protocol.MethodStack
		q.ask = func(session *host.Session, name string) (any, error) { return session.Stack(s.context, name) }
	case protocol.PolicyProvider:
		q.method = protocol.MethodPolicy
		document := json.RawMessage(`{"services":` + string(s.project().Services) + `}`)
		q.ask = func(session *host.Session, name string) (any, error) {
			return session.Policy(s.context, name, document)
		}
	}
	return q
}

func (s *suite) evaluate() *problem {
	if !s.has(protocol.PrepareSteps) {
		return skipped("it has no steps")
	}
	return s.twice(s.question(protocol.PrepareSteps))
}

func (s *suite) services() *problem {
	if !s.has(protocol.ComposeFragment) && !s.has(protocol.ComposePatch) {
		return skipped("it adds and changes no services")
	}
	if p := s.twice(s.question(protocol.ComposeFragment)); p != nil {
		return p
	}
	return s.twice(s.question(protocol.ComposePatch))
}

func (s *suite) fragment(session *host.Session, name string) (any, error) {
	return session.Services(s.context, name)
}

func (s *suite) stacks() *problem {
	if !s.has(protocol.StackProvider) {
		return skipped("it has no stacks")
	}
	return s.twice(s.question(protocol.StackProvider))
}

func (s *suite) policies() *problem {
	if !s.has(protocol.PolicyProvider) {
		return skipped("it has no policies")
	}
	return s.twice(s.question(protocol.PolicyProvider))
}

// reserved are the services of the built-in stack (spec §8.1).
var reserved = []string{"db", "odoo", "postgres"}

func (s *suite) reserved() *problem {
	names := s.registered(protocol.ComposeFragment)
	if len(names) == 0 {
		return skipped("it adds no services")
	}
	session, p := s.session()
	if p != nil {
		return p
	}
	for _, name := range names {
		answer, err := s.fragment(session, name)
		if err != nil {
			continue // the check "services" has said so
		}
		var services map[string]json.RawMessage
		if raw, ok := answer.(json.RawMessage); !ok || json.Unmarshal(raw, &services) != nil {
			continue
		}
		for _, r := range reserved {
			if _, ok := services[r]; ok {
				return wrong("choose another name, or change the built-in service with a patch", "the fragment %s adds the service %q, which the stack odoo provides", name, r)
			}
		}
	}
	return nil
}
