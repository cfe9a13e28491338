package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/extensions/protocol"
)

func (s *suite) initialize() *problem {
	t, got, p := s.open(s.program, protocol.ModePlan, nil)
	if p != nil {
		return p
	}
	s.main, s.initialized = t, got
	switch {
	case got.ProtocolVersion != protocol.Version:
		return wrong(`answer with "protocol_version": 1`, "it speaks version %d of the protocol", got.ProtocolVersion)
	case got.Extension.Name == "":
		return wrong(`answer with "extension": {"name": …, "version": …}`, "it does not say its name")
	}
	return nil
}

func (s *suite) unknownMethod() *problem {
	t, p := s.talk()
	if p != nil {
		return p
	}
	const method = "devpm.later"
	answer, p := t.ask(method, raw{"x": 1})
	if p != nil {
		return p
	}
	const fix = "answer methods that you do not know with the error -32601"
	switch {
	case answer.Error == nil:
		return wrong(fix, "it answered the unknown method %q with a result", method)
	case answer.Error.Code != protocol.CodeMethodNotFound:
		return wrong(fix, "it answered the unknown method %q with the error %d", method, answer.Error.Code)
	}
	return t.alive("an unknown method")
}

// unknownName asks for something of each capability that was not described.
func (s *suite) unknownName() *problem {
	t, p := s.talk()
	if p != nil {
		return p
	}
	asked := map[protocol.Capability]string{
		protocol.PrepareSteps: protocol.MethodEvaluate, protocol.ComposeFragment: protocol.MethodServices, protocol.ComposePatch: protocol.MethodPatches,
		protocol.StackProvider: protocol.MethodStack,
	}
	const name = "devpm.nobody"
	for _, c := range protocol.Capabilities() {
		method, ok := asked[c]
		if !ok || !s.has(c) {
			continue
		}
		answer, p := t.ask(method, raw{"id": name, "name": name})
		if p != nil {
			return p
		}
		const fix = "answer with the error -32602 when nothing has that name"
		switch {
		case answer.Error == nil:
			return wrong(fix, "it answered %s for %q, which it did not describe", method, name)
		case answer.Error.Code != protocol.CodeInvalidParams:
			return wrong(fix, "it answered %s for %q, which it did not describe, with the error %d", method, name, answer.Error.Code)
		}
	}
	return t.alive("unknown names")
}

func (s *suite) unknownNotification() *problem {
	t, p := s.talk()
	if p != nil {
		return p
	}
	for _, method := range []string{"devpm/later", "$/later"} {
		if p := t.post(raw{"jsonrpc": protocol.JSONRPC, "method": method, "params": raw{"x": 1}}); p != nil {
			return p
		}
	}
	if p := t.alive("an unknown notification"); p != nil {
		return p
	}
	for id := range t.answers {
		return wrong("a message without an id gets no answer", "it answered a notification, with the id %s", id)
	}
	return nil
}

func (s *suite) unknownFields() *problem {
	t, _, p := s.open(s.program, protocol.ModePlan, raw{"later": raw{"x": []int{1}}})
	if p != nil {
		p.what = "with an unknown field in initialize " + p.what
		p.fix = "pass over fields that you do not know"
		return p
	}
	defer s.finish(t)
	id := t.id()
	if p := t.post(raw{"jsonrpc": protocol.JSONRPC, "id": id, "method": protocol.MethodDescribe, "params": raw{"later": true}, "later": raw{}}); p != nil {
		return p
	}
	answer, p := t.answer(protocol.MethodDescribe, strconv.Itoa(id))
	if p != nil {
		return p
	}
	if answer.Error != nil {
		return wrong("pass over fields that you do not know", "it answered a request with an unknown field with the error %d %q", answer.Error.Code, cut(answer.Error.Message))
	}
	return nil
}

// ids writes several requests before it reads.
func (s *suite) ids() *problem {
	t, p := s.talk()
	if p != nil {
		return p
	}
	wanted := []string{`"a"`, `"7"`, `1000000007`, `"ü\"x"`}
	var lines [][]byte
	for _, id := range wanted {
		line, err := json.Marshal(raw{"jsonrpc": protocol.JSONRPC, "id": json.RawMessage(id), "method": protocol.MethodDescribe, "params": raw{}})
		if err != nil {
			return wrong("report this, it is a mistake in devpm", "the request cannot be written: %v", err)
		}
		lines = append(lines, line)
	}
	if p := t.postLine(bytes.Join(lines, []byte("\n"))); p != nil {
		return p
	}
	for range wanted {
		line, err := t.peer.receive(t.times.Answer)
		for err == nil {
			before := len(t.answers)
			if t.take(line); len(t.answers) > before {
				break
			}
			line, err = t.peer.receive(t.times.Answer)
		}
		if errors.Is(err, errSilent) {
			return t.lost(wrong("answer every request", "it answered %d of %d requests that came at once", len(t.answers), len(wanted)))
		}
		if err != nil {
			return t.broken(err)
		}
	}
	for _, id := range wanted {
		found := false
		for got := range t.answers {
			if sameJSON([]byte(got), []byte(id)) {
				delete(t.answers, got)
				found = true
			}
		}
		if !found {
			return wrong("send the id back as it came, a text as a text and a number as a number", "no answer has the id %s", id)
		}
	}
	return nil
}

func (s *suite) cancel() *problem {
	t, p := s.talk()
	if p != nil {
		return p
	}
	id := t.id()
	if p := t.post(raw{"jsonrpc": protocol.JSONRPC, "id": id, "method": protocol.MethodDescribe, "params": raw{}}); p != nil {
		return p
	}
	for _, cancelled := range []int{id, 999999} { // the second was never asked
		if p := t.post(raw{"jsonrpc": protocol.JSONRPC, "method": protocol.NotifyCancel, "params": raw{"id": cancelled}}); p != nil {
			return p
		}
	}
	answer, p := t.answer(protocol.MethodDescribe, strconv.Itoa(id))
	if p != nil {
		p.fix = "answer a cancelled request too, with its result or the error -32800"
		return p
	}
	if answer.Error != nil && answer.Error.Code != protocol.CodeCancelled {
		return wrong("answer a cancelled request with its result or the error -32800", "it answered a cancelled request with the error %d", answer.Error.Code)
	}
	return t.alive("a cancelled request")
}

// longMessage sends a line of exactly as many bytes as a line may have.
func (s *suite) longMessage() *problem {
	t, p := s.talk()
	if p != nil {
		return p
	}
	id := strconv.Itoa(t.id())
	head := `{"jsonrpc":"2.0","id":` + id + `,"method":"describe","params":{"padding":"`
	const tail = `"}}`
	line := head + strings.Repeat("x", protocol.MaxMessage-1-len(head)-len(tail)) + tail
	const fix = "read lines of up to 8 MiB (8,388,608 bytes)"
	if p := t.postLine([]byte(line)); p != nil {
		p.fix = fix
		return p
	}
	answer, p := t.answer("a message of 8 MiB", id)
	if p != nil {
		p.fix = fix
		return p
	}
	if answer.Error != nil {
		return wrong(fix, "it answered a message of 8 MiB with the error %d %q", answer.Error.Code, cut(answer.Error.Message))
	}
	return nil
}

// stdout judges what all conversations before it have seen.
func (s *suite) stdout() *problem {
	stray := s.stray
	if s.main != nil {
		stray = append(stray, s.main.stray...)
	}
	if len(stray) > 0 {
		return wrong("write to standard error what is no message; the SDKs do so with what is printed", "it wrote %q to standard output", stray[0])
	}
	return nil
}

func (s *suite) shutdown() *problem {
	t, _, p := s.open(s.program, protocol.ModePlan, nil)
	if p != nil {
		return p
	}
	defer s.finish(t)
	p = t.leave()
	return p
}

func (s *suite) endOfInput() *problem {
	t, _, p := s.open(s.program, protocol.ModePlan, nil)
	if p != nil {
		return p
	}
	defer s.finish(t)
	t.peer.closeInput()
	return t.ended("the end of standard input")
}

// leftBehind uses the extension as a plan does, and looks for others in its
// process group when it has ended.
func (s *suite) leftBehind() *problem {
	t, _, p := s.open(s.program, protocol.ModePlan, nil)
	if p != nil {
		return p
	}
	defer s.finish(t)
	if p := t.alive("initialize"); p != nil {
		return p
	}
	t.peer.closeInput()
	if !t.peer.wait(t.times.Shutdown, t.take) {
		return skipped("it does not end")
	}
	if t.peer.child.Left() {
		return wrong("end and wait for every process that you start", "processes that it started still run after its end")
	}
	return nil
}

func (s *suite) has(c protocol.Capability) bool {
	return slices.Contains(s.initialized.Capabilities, c)
}

// sameJSON compares values, not their spelling.
func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	ax, err := json.Marshal(x)
	if err != nil {
		return false
	}
	by, err := json.Marshal(y)
	return err == nil && bytes.Equal(ax, by)
}
