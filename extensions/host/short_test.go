package host

import (
	"fmt"
	"strings"
	"testing"

	"github.com/creachadair/jrpc2"

	"github.com/devpm/devpm/extensions/protocol"
)

// What a program says of itself is shown among other things: one line, and not
// without an end.
func TestWhatAProgramSaysIsShort(t *testing.T) {
	long := strings.Repeat("long\n", 10_000)
	var logged []string
	s := &Session{program: Program{Name: "x"}, capabilities: protocol.Capabilities(), host: New(Options{
		Log: func(_, _, message string) { logged = append(logged, message) },
	})}
	quoted := fmt.Sprintf("%q", long)
	f := s.refused("m", &jrpc2.Error{Code: protocol.CodeFailed, Message: long, Data: []byte(
		`{"fix":` + quoted + `,"source":` + quoted + `,"trace":[` + strings.TrimSuffix(strings.Repeat(quoted+",", 120), ",") + `]}`)})
	d := protocol.Description{
		Registrations: []protocol.Registration{{Kind: protocol.KindHook, Name: "a", Description: long}},
		Notices:       []protocol.Notice{{Severity: "warning", Message: long, Fix: long}},
	}
	if found := checkDescription(&d, s); len(found) > 0 {
		t.Fatal(found)
	}
	e := protocol.Evaluation{Outcome: "run", Cause: []protocol.Change{{Key: long, Old: long, New: long}}}
	if found := checkEvaluation(&e); len(found) > 0 {
		t.Fatal(found)
	}
	p := protocol.PolicyResult{Findings: []protocol.Finding{{Severity: "error", Path: long, Message: long, Fix: long}}}
	if found := checkFindings(&p); len(found) > 0 {
		t.Fatal(found)
	}
	for what, text := range map[string]string{
		"message": f.Diagnostic.Message, "fix": f.Diagnostic.Fix, "file": f.Diagnostic.Range.File, "trace": strings.Join(logged, ""),
		"description": d.Registrations[0].Description, "notice": d.Notices[0].Message, "its fix": d.Notices[0].Fix,
		"key": e.Cause[0].Key, "old": e.Cause[0].Old, "new": e.Cause[0].New,
		"path": p.Findings[0].Path, "finding": p.Findings[0].Message, "what to do": p.Findings[0].Fix,
	} {
		limit := maxMessage + 100
		if what == "trace" {
			limit = maxTrace * (tailLength + 10)
		}
		if len(text) > limit || strings.Contains(text, "\n") {
			t.Errorf("%s has %d bytes", what, len(text))
		}
	}
	many := protocol.Description{Notices: make([]protocol.Notice, 2000)}
	if found := checkDescription(&many, s); len(found) != 1 {
		t.Errorf("2000 notices: %d faults", len(found))
	}
	causes := protocol.Evaluation{Outcome: "run", Cause: make([]protocol.Change, 2000)}
	if found := checkEvaluation(&causes); len(found) != 1 {
		t.Errorf("2000 causes: %v", found)
	}
}
