package host

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/extensions/protocol"
)

// notified passes a notification on. One that is not known, or has another
// shape, is passed over: nobody waits for it.
func (s *Session) notified(method string, params jsontext.Value) {
	switch method {
	case protocol.NotifyLog:
		var p protocol.LogParams
		if json.Unmarshal(params, &p) == nil {
			name, line := s.logLine(p)
			s.host.opt.Log(name, level(p.Level), line)
		}
	case protocol.NotifyProgress:
		var p protocol.ProgressParams
		if json.Unmarshal(params, &p) == nil {
			s.host.opt.Progress(s.program.Name, plain(p.Message), percent(p.Percent))
		}
	case protocol.NotifyOutput:
		var p protocol.OutputParams
		if json.Unmarshal(params, &p) == nil {
			s.host.opt.Output(s.program.Name, p.Text)
		}
	}
}

// logLine is a line of log and whose it is. A program that holds one extension
// says at most which of its files speaks.
func (s *Session) logLine(p protocol.LogParams) (extension, line string) {
	switch {
	case s.program.Shared && p.Extension != "" && len(p.Extension) <= maxName:
		s.speaks(plain(p.Extension), p.Source)
		return plain(p.Extension), plain(p.Message)
	case p.Source == "":
		return s.program.Name, plain(p.Message)
	default:
		return s.program.Name, plain(p.Source) + ": " + plain(p.Message)
	}
}

// speaks remembers which extension of a shared program said something last. While
// the program starts that is the one that is being loaded.
func (s *Session) speaks(extension, source string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.started {
		s.speaker, s.speaksFrom = extension, source
	}
}

// level is one of the protocol's, whatever the program wrote.
func level(word string) string {
	switch word {
	case "debug", "warning", "error":
		return word
	default:
		return "info"
	}
}

// percent is between 0 and 100, or unknown.
func percent(p *float64) *float64 {
	if p == nil || *p < 0 || *p > 100 {
		return nil
	}
	return p
}
