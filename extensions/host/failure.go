package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/creachadair/jrpc2"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/internal/execx"
)

// Failure is what a program did not do as it should.
type Failure struct {
	Extension  string
	Program    string // that it lives in: the extension's name, or what several share
	Method     string // that it was asked for; "" at its start and end
	Status     int    // what devpm ends with
	Code       int    // of the error that it answered with; 0 when it answered none
	Tail       []string
	Diagnostic diag.Diagnostic
	Others     diag.List // further faults of the same answer
}

// Error is the diagnostic's message.
func (f *Failure) Error() string { return f.Diagnostic.Message }

// ExitStatus is what devpm ends with: 124 for a time limit, 126 or 127 for a
// program that cannot be started, what the extension said, or 1.
func (f *Failure) ExitStatus() int { return f.Status }

// LastLines is the end of the program's standard error, for views.
func (f *Failure) LastLines() []string { return f.Tail }

// Diagnostics returns all findings, for views.
func (f *Failure) Diagnostics() diag.List { return append(diag.List{f.Diagnostic}, f.Others...) }

// shownLines is how many last lines stand beside a finding.
const shownLines = 10

// Findings are Diagnostics with the last lines of a program that ended or fell
// silent, for those who show no lines beside.
func (f *Failure) Findings() diag.List {
	out := f.Diagnostics()
	if f.Code != 0 || out[0].Code == diag.ExtensionShape {
		return out // it has said itself what is wrong
	}
	var lines []string
	for _, line := range f.Tail {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	for _, line := range lines[max(0, len(lines)-shownLines):] {
		out[0].Related = append(out[0].Related, diag.Related{Range: diag.Range{File: f.Extension}, Message: line})
	}
	return out
}

// causeKind is why a session ended before its time.
type causeKind uint8

const (
	causeEnded     causeKind = iota // the output of the program ended
	causeGarbage                    // a line that is no message
	causeTooLong                    // a line over the limit
	causeCancelled                  // it went on after its request was cancelled
	causeDeaf                       // it did not answer shutdown
)

// cause is why a session ended before its time.
type cause struct {
	kind    causeKind
	fault   *lineFault // causeGarbage
	midLine bool       // causeEnded in the middle of a line
	input   bool       // causeEnded: its input, not its output
	err     error      // causeEnded by an error of the stream
}

// What a program may say in a diagnostic, in bytes, and in how many lines of log
// it may say where it failed.
const (
	maxMessage = 2000
	maxTrace   = 100
)

func (s *Session) fail(method string, code diag.Code, message, fix string) *Failure {
	s.mu.Lock()
	odd := strings.Join(s.odd, "; ")
	name, at := s.program.Name, diag.Range{}
	if s.speaker != "" {
		name = s.speaker
		if insideName(s.speaksFrom) {
			at.File = plain(s.speaksFrom)
		}
	}
	s.mu.Unlock()
	if odd != "" && code != diag.ExtensionFailed && code != diag.ExtensionShape {
		message += "; before that, " + odd
	}
	return &Failure{Extension: name, Program: s.program.Name, Method: method, Status: 1, Tail: s.tail.lines(),
		Diagnostic: diag.Diagnostic{Code: code, Range: at, Message: "the extension " + name + " " + message, Fix: fix}}
}

// doing says what the program was doing.
func doing(method string) string {
	switch method {
	case "":
		return ""
	case protocol.MethodInitialize:
		return " while it started"
	case protocol.MethodShutdown:
		return " while it was asked to end"
	default:
		return " while it was asked for " + method
	}
}

// notStarted words an error of the system.
func notStarted(p Program, err error) *Failure {
	f := &Failure{Extension: p.Name, Program: p.Name, Status: 1, Diagnostic: diag.Diagnostic{Code: diag.ExtensionNotStarted,
		Message: fmt.Sprintf("the extension %s cannot be started: %v", p.Name, err)}}
	var start *execx.StartError
	if errors.As(err, &start) {
		f.Status = start.ExitCode()
		f.Diagnostic.Message = fmt.Sprintf("the extension %s cannot be started: %s: %s", p.Name, start.Name, start.Reason)
	}
	switch {
	case start != nil && start.Reason == execx.BadDirectory:
		f.Diagnostic.Fix = "make the directory, or install the extension again"
	case start != nil && start.Reason == execx.BadInterpreter:
		f.Diagnostic.Fix = "install the program that its first line names"
	default:
		f.Diagnostic.Fix = "check that the file is there and may be executed, or install the extension again"
	}
	return f
}

func exitWords(code int) string {
	if code > 128 {
		return "was ended by signal " + strconv.Itoa(code-128)
	}
	return "ended with exit status " + strconv.Itoa(code)
}

// silent words a time limit.
func (s *Session) silent(method string) *Failure {
	limit := s.host.opt.Limits.of(method).Round(time.Millisecond)
	what := "did not answer " + method + " within " + limit.String()
	if method == protocol.MethodInitialize {
		what = "did not answer within " + limit.String() + " of its start"
	}
	f := s.fail(method, diag.ExtensionSilent, what, "see whether it waits for something; `devpm ext test` runs it alone")
	f.Status = execx.ExitTimeout
	return f
}

// unsayable words a request that could not leave.
func (s *Session) unsayable(method string, err error) *Failure {
	return s.fail(method, diag.ExtensionProtocol, fmt.Sprintf("cannot be asked for %s: %v", method, err), "report this as a fault of devpm")
}

// otherVersion words an answer to initialize that names another protocol.
func (s *Session) otherVersion(theirs, ours int) *Failure {
	return s.fail(protocol.MethodInitialize, diag.ExtensionProtocol,
		fmt.Sprintf("speaks protocol version %d; devpm speaks %d", theirs, ours),
		"install a version of the extension that is made for this devpm")
}

// lacks words a request for something that the program does not offer.
func (s *Session) lacks(method string) *Failure {
	return s.fail(method, diag.ExtensionProtocol,
		fmt.Sprintf("cannot be asked for %s: it does not offer %s", method, protocol.CapabilityOf(method)),
		"the extension has to name the capability in its answer to initialize")
}

// refused words an error of the program.
func (s *Session) refused(method string, e *jrpc2.Error) *Failure {
	if int(e.Code) == protocol.CodeMethodNotFound {
		f := s.fail(method, diag.ExtensionProtocol, "does not know the request "+method,
			"the extension has to answer every method of the capabilities that it names")
		f.Code = protocol.CodeMethodNotFound
		return f
	}
	text := short(e.Message, maxMessage)
	if text == "" {
		text = "it gave no reason"
	}
	f := s.fail(method, diag.ExtensionFailed, fmt.Sprintf("failed in %s: %s", method, text), "")
	f.Code = int(e.Code)
	data := f.locate(e)
	if data.ExitCode > 0 && data.ExitCode < 256 {
		f.Status = data.ExitCode
	}
	for _, line := range data.Trace[:min(len(data.Trace), maxTrace)] {
		s.host.opt.Log(s.program.Name, "debug", short(line, tailLength))
	}
	switch {
	case data.Fix != "":
		f.Diagnostic.Fix = short(data.Fix, maxMessage)
	case int(e.Code) == protocol.CodeConfig:
		f.Diagnostic.Fix = "change the setting that it names"
	default:
		f.Diagnostic.Fix = "its last lines and the extension's documentation say more"
	}
	return f
}

// locate gives a failure the place that an error of the program names, and
// returns what else the error says.
func (f *Failure) locate(e *jrpc2.Error) (data protocol.ErrorData) {
	// Data of another shape says nothing to us.
	_ = json.Unmarshal(e.Data, &data)
	if insideName(data.Source) {
		f.Diagnostic.Range.File = short(data.Source, maxMessage)
		if data.Line > 0 {
			f.Diagnostic.Range.Start = diag.Position{Line: data.Line, Column: 1}
		}
	}
	return data
}

// insideName reports whether a program may name a file so: what it says is
// shown as the place of a fault, and must not pass for a file elsewhere.
func insideName(name string) bool {
	return name != "" && !path.IsAbs(name) && !strings.Contains(name, `\`) &&
		path.Clean(name) == name && name != ".." && !strings.HasPrefix(name, "../")
}

func idOf(id int64) json.RawMessage { return strconv.AppendInt(nil, id, 10) }
