package host

import (
	"context"
	"errors"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/extensions/protocol"
)

// Call makes a request with the limit of its method and reads the answer into
// result, unless that is nil. The error is a *Failure, or the context's cause
// when that ended first. It is for requests that have no method of their own
// here, and for trying out what a program does with one.
func (s *Session) Call(ctx context.Context, method string, params, result any) error {
	raw, err := s.request(ctx, method, params)
	if err != nil || result == nil {
		return err
	}
	return s.read(method, raw, result)
}

// read decodes an answer strictly: names in their own case, types as they are
// written.
func (s *Session) read(method string, raw jsontext.Value, result any) error {
	if err := json.Unmarshal(raw, result); err != nil {
		return s.misshapen(method, raw, typeFault(err))
	}
	return nil
}

type reply struct {
	response *jrpc2.Response
	err      error // it did not leave
}

// request makes a request and returns the raw result. When the context ends,
// the program is told to stop and has Limits.Cancel to answer: an answer that
// comes in that time is returned beside the context's cause.
func (s *Session) request(ctx context.Context, method string, params any) (jsontext.Value, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if s.broken() {
		<-s.over
		return nil, s.ended(method)
	}
	run, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	id, done := s.send(run, method, params)
	defer s.wire.taken(id)

	limit, stop := timer(s.host.opt.Limits.of(method))
	defer stop()
	select {
	case r := <-done:
		return s.settled(method, id, r)
	case <-limit:
		f := s.silent(method)
		if r, ok := s.cancel(run, id, done); ok && r.response != nil && r.response.Error() != nil {
			f.locate(r.response.Error()) // where it was when it was told to stop
		}
		return nil, f
	case <-ctx.Done():
		if r, ok := s.cancel(run, id, done); ok {
			raw, err := s.settled(method, id, r)
			if err == nil {
				return raw, context.Cause(ctx)
			}
		}
		return nil, context.Cause(ctx)
	}
}

// send makes the request and says which id it has: 0 for one that could not
// leave. The client keeps its ids to itself, so one request leaves at a time
// and the wire tells whose it was.
func (s *Session) send(ctx context.Context, method string, params any) (int64, <-chan reply) {
	done := make(chan reply, 1)
	s.sending.Lock()
	defer s.sending.Unlock()
	left := make(chan struct{})
	go func() {
		// Not Call: that makes a context's error of some codes of the program.
		responses, err := s.client.Batch(ctx, []jrpc2.Spec{{Method: method, Params: params}})
		if err != nil {
			close(left)
			done <- reply{err: err}
			return
		}
		done <- reply{response: responses[0]}
	}()
	select {
	case id := <-s.wire.sent:
		return id, done
	case <-left:
		return 0, done
	}
}

// cancel tells the program that nobody waits any more, and gives it a moment to
// answer. One that does not is ended: it is still at work.
func (s *Session) cancel(ctx context.Context, id int64, done <-chan reply) (reply, bool) {
	if id != 0 {
		_ = s.client.Notify(ctx, protocol.NotifyCancel, protocol.CancelParams{ID: idOf(id)})
	}
	limit, stop := timer(s.host.opt.Limits.Cancel)
	defer stop()
	select {
	case r := <-done:
		return r, true
	case <-limit:
		s.end(&cause{kind: causeCancelled})
		return reply{}, false
	}
}

// settled tells an answer of the program from what the client says when the
// program is gone.
func (s *Session) settled(method string, id int64, r reply) (jsontext.Value, error) {
	switch {
	case errors.Is(r.err, channel.ErrClosed):
		<-s.over // it cannot be written to, so its end has begun
		return nil, s.ended(method)
	case r.err != nil && !s.broken():
		return nil, s.unsayable(method, r.err)
	case r.err != nil || !s.wire.isDelivered(id):
		<-s.over
		return nil, s.ended(method)
	}
	if e := r.response.Error(); e != nil {
		return nil, s.refused(method, e)
	}
	var raw jsontext.Value
	raw = append(raw, r.response.ResultString()...)
	return raw, nil
}

// broken reports whether the conversation is over.
func (s *Session) broken() bool { return s.client.IsStopped() || s.hasCause() }

func (s *Session) hasCause() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause != nil
}

// shutdown asks the program to end. What it answers does not matter: its input
// is closed next. One that does not answer is not waited for again.
func (s *Session) shutdown() {
	run, abandon := context.WithCancel(s.base)
	defer abandon()
	id, done := s.send(run, protocol.MethodShutdown, struct{}{})
	defer s.wire.taken(id)
	limit, stop := timer(s.host.opt.Limits.Shutdown)
	defer stop()
	select {
	case <-done:
	case <-limit:
		s.end(&cause{kind: causeDeaf})
	}
}

// timer is a channel that is never ready when d is not positive.
func timer(d time.Duration) (<-chan time.Time, func()) {
	if d <= 0 {
		return nil, func() {}
	}
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
