package conformance

import (
	"strings"

	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/sandbox"
)

// sandbox asks everything that devpm asks while it plans, once as it is and once
// held in. What works only without the sandbox will not work for a user.
func (s *suite) sandbox() *problem {
	if s.options.Self == "" {
		return skipped("it was not asked for")
	}
	if level := sandbox.This().Level(sandbox.Profile{}); !level.Full() {
		return skipped("the sandbox is not whole here: %s", strings.Join(level.Missing, "; "))
	}
	const fix = "do that in prepare.execute, a hook or a command; planning may read files and nothing else"
	free, p := s.session()
	if p != nil {
		return p
	}
	held, p := s.start(sandbox.Command(s.options.Self, sandbox.Profile{}, s.program.Argv), protocol.ModePlan)
	if p != nil {
		return &problem{what: "in the sandbox " + p.what, fix: fix}
	}
	defer func() { _ = held.Close() }() // how it ends is judged by other checks
	if _, err := held.Describe(s.context); err != nil {
		if _, without := free.Describe(s.context); without == nil {
			return &problem{what: "in the sandbox " + judged(err).what, fix: fix}
		}
	}
	for _, c := range protocol.Capabilities() {
		q := s.question(c)
		if q.ask == nil {
			continue
		}
		for _, name := range s.registered(c) {
			_, err := q.ask(held, name)
			if err == nil || refusal(err) {
				continue
			}
			if _, without := q.ask(free, name); without != nil {
				continue // another check has said so
			}
			return wrong(fix, "in the sandbox %s of %s: %s", q.method, name, judged(err).what)
		}
	}
	return nil
}
