package host

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"

	"github.com/devpm/devpm/extensions/protocol"
)

// lookAtLines is the fix where only the program's own words help.
const lookAtLines = "its last lines say more; the extension's author should see this message"

// ended words the end of a session before its time; the process is reaped.
func (s *Session) ended(method string) *Failure {
	s.mu.Lock()
	why, outlived := s.cause, s.outlived
	s.told = true
	s.mu.Unlock()
	f := s.endedBy(method, why, outlived)
	if d, some := s.leftBehind(); some {
		f.Others = append(f.Others, d)
	}
	return f
}

func (s *Session) endedBy(method string, why *cause, outlived bool) *Failure {
	switch {
	case why == nil:
		return s.fail(method, diag.ExtensionEnded, "has been ended", "start it again")
	case why.kind == causeGarbage:
		f := s.fail(method, diag.ExtensionNoMessage, "wrote a line that "+why.fault.message+doing(method), why.fault.fix)
		f.Diagnostic.Range = diag.Range{File: OutputName(s.program.Name, "output"), Start: why.fault.position()}
		return f
	case why.kind == causeTooLong:
		return s.fail(method, diag.ExtensionTooLong, "wrote "+errTooLong.Error()+doing(method),
			"the extension has to answer with less; large data belongs in a file")
	case why.kind == causeCancelled:
		f := s.fail(method, diag.ExtensionSilent, "was ended because it went on with a request that was cancelled", lookAtLines)
		f.Status = execx.ExitTimeout
		return f
	}
	how := exitWords(s.child.ExitCode())
	if outlived {
		how = "closed its output and went on running"
		if why.input {
			how = "closed its input and went on running"
		}
	}
	if why.midLine {
		how += " in the middle of a line"
	}
	f := s.fail(method, diag.ExtensionEnded, how+doing(method), lookAtLines)
	if method == protocol.MethodInitialize && !outlived && s.child.ExitCode() == execx.ExitNotExecutable {
		// The helper of the sandbox, or the holder, could not start it.
		f.Status = execx.ExitNotExecutable
		f.Diagnostic.Code = diag.ExtensionNotStarted
		f.Diagnostic.Message = "the extension " + s.program.Name + " cannot be started" + lastLine(f.Tail)
		f.Diagnostic.Fix = "check that the file is there and may be executed, or install the extension again"
	}
	return f
}

func lastLine(tail []string) string {
	if len(tail) == 0 {
		return ""
	}
	return ": " + tail[len(tail)-1]
}

// judgeEnd says what a program that was to end did instead, and what nobody has
// been told yet.
func (s *Session) judgeEnd() error {
	s.mu.Lock()
	why, told, stubborn := s.cause, s.told, s.stubborn
	s.mu.Unlock()
	switch {
	case told || why != nil && why.kind == causeCancelled:
		return nil
	case why != nil && why.kind != causeDeaf:
		f := s.ended("")
		f.Diagnostic.Severity = diag.Warning
		return f
	case stubborn:
		return s.mild(diag.ExtensionStubborn,
			fmt.Sprintf("went on running %s after it was asked to end, and was made to", s.host.opt.Limits.Shutdown),
			"an extension has to end when its standard input ends")
	}
	if d, some := s.leftBehind(); some {
		f := s.mild(d.Code, "", "")
		f.Diagnostic = d
		return f
	}
	if code := s.child.ExitCode(); code != 0 {
		return s.mild(diag.ExtensionEnded, exitWords(code)+" when it was asked to end", lookAtLines)
	}
	return nil
}

// mild is a failure that came when all work was done.
func (s *Session) mild(code diag.Code, message, fix string) *Failure {
	f := s.fail("", code, message, fix)
	f.Diagnostic.Severity = diag.Warning
	return f
}

// leftBehind says what the program left behind when it ended by itself.
func (s *Session) leftBehind() (diag.Diagnostic, bool) {
	s.mu.Lock()
	left := s.left
	s.mu.Unlock()
	if len(left) == 0 {
		return diag.Diagnostic{}, false
	}
	count := "1 process behind, which was"
	if len(left) > 1 {
		count = fmt.Sprintf("%d processes behind, which were", len(left))
	}
	return diag.Diagnostic{Code: diag.ExtensionLeft, Severity: diag.Warning,
		Message: "the extension " + s.program.Name + " left " + count + " ended: " + plain(strings.Join(left, ", ")),
		Fix:     "what has to stay belongs into a service; a program that an extension starts has to end with it"}, true
}
