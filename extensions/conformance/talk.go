package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/devpm/devpm/extensions/protocol"
)

// problem is what a check found wrong.
type problem struct {
	what string // a sentence without a full stop
	fix  string
	skip bool // it could not be checked, and what says why
}

func wrong(fix, format string, args ...any) *problem {
	return &problem{what: fmt.Sprintf(format, args...), fix: fix}
}

func skipped(format string, args ...any) *problem {
	return &problem{what: fmt.Sprintf(format, args...), skip: true}
}

// talk is one conversation with one process.
type talk struct {
	peer    *peer
	times   Times
	next    int
	over    bool                        // nothing more can be asked
	answers map[string]protocol.Message // that came while another was waited for
	stray   []string                    // lines on standard output that are no messages
}

// raw is a message with members of any kind.
type raw map[string]any

// post writes one message.
func (t *talk) post(m raw) *problem {
	line, err := json.Marshal(m)
	if err != nil {
		return wrong("report this, it is a mistake in devpm", "the request cannot be written: %v", err)
	}
	return t.postLine(line)
}

func (t *talk) postLine(line []byte) *problem {
	if err := t.peer.write(append(bytes.Clone(line), '\n'), t.times.Answer); err != nil {
		return t.broken(err)
	}
	return nil
}

// id is a new id of a request.
func (t *talk) id() int {
	t.next++
	return t.next
}

// ask sends a request and returns its answer.
func (t *talk) ask(method string, params any) (protocol.Message, *problem) {
	id := t.id()
	if p := t.post(raw{"jsonrpc": protocol.JSONRPC, "id": id, "method": method, "params": params}); p != nil {
		return protocol.Message{}, p
	}
	return t.answer(method, strconv.Itoa(id))
}

// answer waits for the answer to a request; id is JSON.
func (t *talk) answer(method, id string) (protocol.Message, *problem) {
	for {
		if m, ok := t.answers[id]; ok {
			delete(t.answers, id)
			return m, nil
		}
		line, err := t.peer.receive(t.times.Answer)
		if errors.Is(err, errSilent) {
			return protocol.Message{}, t.lost(wrong("answer every request, with the id that it has",
				"it did not answer %s within %s%s", method, t.times.Answer, t.strayWords()))
		}
		if err != nil {
			return protocol.Message{}, t.broken(err)
		}
		t.take(line)
	}
}

// take sorts a line: an answer, a notification, or what should not be there.
func (t *talk) take(line []byte) {
	var m protocol.Message
	if err := json.Unmarshal(line, &m); err != nil || m.JSONRPC != protocol.JSONRPC {
		t.stray = append(t.stray, cut(string(line)))
		return
	}
	if m.Method == "" && len(m.ID) > 0 {
		t.answers[string(m.ID)] = m
	}
}

// lost ends the conversation with a problem.
func (t *talk) lost(p *problem) *problem {
	t.over = true
	return p
}

// broken says why the streams ended.
func (t *talk) broken(err error) *problem {
	switch {
	case errors.Is(err, errLong):
		return t.lost(wrong("split what is larger, or write it into a file", "%v", err))
	case errors.Is(err, errDeaf):
		return t.lost(wrong("read standard input all the time, also while a request is worked on", "%v", err))
	}
	if !t.peer.wait(t.times.Shutdown, t.take) {
		if errors.Is(err, io.EOF) {
			return t.lost(wrong("leave standard output open until the end", "it closed its standard output"))
		}
		return t.lost(wrong("read standard input until its end", "it closed its standard input"))
	}
	return t.lost(wrong("keep running until standard input ends", "it ended with status %d%s%s", t.peer.child.ExitCode(), t.lastWords(), t.strayWords()))
}

func (t *talk) lastWords() string {
	if w := t.peer.lastWords(); w != "" {
		return ": " + cut(w)
	}
	return ""
}

func (t *talk) strayWords() string {
	if len(t.stray) == 0 {
		return ""
	}
	return fmt.Sprintf("; it wrote %q to standard output, which is no message", t.stray[0])
}

// alive reports whether the program still answers; after tells of what.
func (t *talk) alive(after string) *problem {
	_, p := t.ask(protocol.MethodDescribe, raw{})
	if p != nil {
		p.what = fmt.Sprintf("after %s %s", after, p.what)
	}
	return p
}

// leave shuts the program down and reports how that went.
func (t *talk) leave() *problem {
	defer t.peer.end(time.Millisecond)
	answer, p := t.ask(protocol.MethodShutdown, raw{})
	t.over = true
	if p != nil {
		return p
	}
	if answer.Error != nil {
		return wrong("answer shutdown with {}", "it answered shutdown with the error %d %q", answer.Error.Code, answer.Error.Message)
	}
	t.peer.closeInput()
	return t.ended("shutdown")
}

// ended waits for the end of the program, and looks what it left behind.
func (t *talk) ended(after string) *problem {
	t.over = true
	if !t.peer.wait(t.times.Shutdown, t.take) {
		return wrong("end the program when standard input ends", "%s after %s it still runs", t.times.Shutdown, after)
	}
	if code := t.peer.child.ExitCode(); code != 0 {
		return wrong("end with status 0", "after %s it ended with status %d%s", after, code, t.lastWords())
	}
	return nil
}

// maxShown is how many characters of what a program wrote are shown.
const maxShown = 160

// cut makes one short line of what a program wrote.
func cut(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}
