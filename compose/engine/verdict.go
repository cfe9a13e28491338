package engine

import (
	"fmt"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
)

// skew is how far apart our clock and an engine's in a virtual machine may be.
const skew = time.Minute

// track is what a wait remembers of one container.
type track struct {
	restarts  int       // when it was first seen
	startedAt time.Time // of the run that is watched
	seen      time.Time // when this run was first seen
}

// upFor is how long the container has run, by the engine's time where that can
// be trusted and by our own watching otherwise.
func (w *waiter) upFor(c Container, t *track, now time.Time) time.Duration {
	if !c.StartedAt.Equal(t.startedAt) || t.seen.IsZero() {
		t.startedAt, t.seen = c.StartedAt, now
	}
	watched, told := now.Sub(t.seen), now.Sub(c.StartedAt)
	if !w.Endpoint.sameClock() {
		told -= skew
	}
	if c.StartedAt.IsZero() {
		return watched
	}
	return max(watched, told)
}

// judge says how far one container is.
func (w *waiter) judge(c Container, t *track, now time.Time) ServiceState {
	s := ServiceState{Service: c.Service, Container: c}
	fail := func(code diag.Code, reason string) ServiceState {
		s.Phase, s.Code, s.Reason = Broken, code, reason
		return s
	}
	if c.RestartCount-t.restarts >= w.o.Restarts && c.Health != "healthy" {
		return fail(diag.ServiceRestarts, fmt.Sprintf("keeps restarting: %d times, last ended with %s", c.RestartCount, exitWords(c)))
	}
	switch c.State {
	case "running":
		switch c.Health {
		case "healthy":
			s.Phase = Ready
		case "unhealthy":
			return fail(diag.ServiceUnhealthy, "is unhealthy"+probeWords(c.Probe))
		case "starting":
			s.Phase, s.Reason = Starting, "is not healthy yet"+probeWords(c.Probe)
		default:
			s.Phase = Starting
			if w.upFor(c, t, now) >= w.o.Settle {
				s.Phase = Ready
			}
		}
	case "exited":
		switch {
		case c.ExitCode != 0:
			return fail(diag.ServiceExited, "ended with "+exitWords(c))
		case c.RestartPolicy == "always" || c.RestartPolicy == "unless-stopped":
			// The engine would have restarted it, so somebody stopped it.
			return fail(diag.ServiceExited, "was stopped while it was waited for")
		}
		s.Phase = Finished
	case "restarting":
		s.Phase, s.Reason = Starting, "is being restarted after it ended with "+exitWords(c)
	case "created":
		if c.Error != "" {
			return fail(diag.ServiceExited, "could not be started: "+firstLine(c.Error))
		}
		s.Phase = Pending
	case "dead":
		return fail(diag.ServiceExited, "is dead: the engine could not remove its container")
	case "paused":
		s.Phase, s.Reason = Starting, "is paused"
	default: // removing, and what later engines invent
		s.Phase, s.Reason = Pending, "is "+c.State
	}
	return s
}

// exitWords is an exit code and what is known of it.
func exitWords(c Container) string {
	switch {
	case c.OOMKilled:
		return fmt.Sprintf("%d, killed for using too much memory", c.ExitCode)
	case c.Error != "":
		return fmt.Sprintf("%d, %s", c.ExitCode, firstLine(c.Error))
	case c.ExitCode == 137:
		return "137, killed by signal 9"
	case c.ExitCode == 126, c.ExitCode == 127:
		return fmt.Sprintf("%d, its command could not be started", c.ExitCode)
	}
	return fmt.Sprint(c.ExitCode)
}

// probeWords is how the last health probe went.
func probeWords(p *Probe) string {
	if p == nil || p.ExitCode == 0 {
		return ""
	}
	text := fmt.Sprintf(": the last probe ended with %d", p.ExitCode)
	if p.ExitCode == -1 {
		text = ": the last probe took too long"
	}
	if out := lastLine(p.Output); out != "" {
		text += ": " + out
	}
	return text
}

// lastLine is the end of a probe's output, short enough for a message.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		s = s[i+1:]
	}
	const most = 200
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strings.TrimSpace(s)
}

// diagnostics says of each service that is not up why.
func (r WaitResult) diagnostics() diag.List {
	var list diag.List
	for _, s := range r.Services {
		d := diag.Diagnostic{
			Code: s.Code, Path: "services." + s.Service, Message: s.Reason,
			Fix: fmt.Sprintf("read its log with `devpm logs %s`, mend it, and run `devpm up` again", s.Service),
		}
		switch {
		case s.Phase == Ready, s.Phase == Finished:
			continue
		case s.Phase == Broken && s.Code == diag.ServiceWithoutContainer:
			d.Fix = "look for a profile that is off or a scale of 0, and run `devpm up` again"
		case s.Phase == Broken:
		case r.TimedOut:
			d.Code = diag.ServiceNotReady
			d.Message = "was not ready in time"
			if s.Reason != "" {
				d.Message += ": it " + s.Reason
			}
			d.Fix = fmt.Sprintf("read its log with `devpm logs %s`, or give it longer with --wait-timeout", s.Service)
		default:
			continue // cut short by another's failure; nothing is known against it
		}
		list = append(list, d)
	}
	return list
}
