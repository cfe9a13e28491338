package sdk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Main serves devpm on standard input and output until devpm is done, and ends
// the process. os.Stdout is standard error from now on, and os.Stdin is empty,
// so that nothing else gets into the conversation.
func Main(e Extension) {
	in, out := os.Stdin, os.Stdout
	os.Stdout = os.Stderr
	if null, err := os.Open(os.DevNull); err == nil {
		os.Stdin = null
	}
	if err := Serve(context.Background(), e, in, out); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", e.Name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// leaveTime is how long calls that still run may take to notice that the
// conversation is over.
const leaveTime = 2 * time.Second

// Serve speaks with devpm on in and out until in ends. It returns an error when
// the streams break or what comes in is not the protocol.
func Serve(ctx context.Context, e Extension, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	s := &server{extension: e, out: out, running: map[string]context.CancelFunc{}, context: ctx}
	err := s.read(bufio.NewReaderSize(in, 64<<10))
	cancel()
	done := make(chan struct{})
	go func() { s.calls.Wait(); close(done) }()
	over := time.NewTimer(leaveTime)
	defer over.Stop()
	select {
	case <-done:
	case <-over.C:
	}
	if err == nil {
		err = s.broken()
	}
	return err
}

// server is one conversation.
type server struct {
	extension Extension
	context   context.Context
	calls     sync.WaitGroup

	mu      sync.Mutex // of out and what follows
	out     io.Writer
	failed  error                         // of out; nothing is written after it
	running map[string]context.CancelFunc // by id
	project *Project                      // nil before initialize
	closing bool                          // after shutdown
}

// read takes one line after the other.
func (s *server) read(in *bufio.Reader) error {
	for {
		line, err := readLine(in)
		if len(bytes.TrimSpace(line)) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			s.take(line)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// readLine reads up to and including a line ending, maxMessage bytes at most.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxMessage {
			return nil, fmt.Errorf("a message of more than %d bytes", maxMessage)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// take answers one line. Cancellation and initialize are dealt with at once,
// calls each in a goroutine, so that they overlap.
func (s *server) take(line []byte) {
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		s.answer(json.RawMessage("null"), nil, failure(codeParse, "not a JSON-RPC message: %v", err))
		return
	}
	if len(m.ID) == 0 || string(m.ID) == "null" {
		if m.Method == "$/cancelRequest" {
			s.cancel(m.Params)
		}
		return // other notifications are for versions to come
	}
	if m.Method == "" {
		return // an answer; this side asks nothing
	}
	switch m.Method {
	case "initialize":
		result, err := s.initialize(m.Params)
		s.answer(m.ID, result, err)
		return
	case "shutdown":
		s.mu.Lock()
		s.closing = true
		s.mu.Unlock()
		s.answer(m.ID, nothing{}, nil)
		return
	}
	s.mu.Lock()
	project, closing := s.project, s.closing
	s.mu.Unlock()
	switch {
	case project == nil:
		s.answer(m.ID, nil, failure(codeInvalidRequest, "%s before initialize", m.Method))
		return
	case closing:
		s.answer(m.ID, nil, failure(codeInvalidRequest, "%s after shutdown", m.Method))
		return
	}
	ctx, cancel := context.WithCancel(context.WithValue(s.context, requestKey{}, request{s, m.ID}))
	s.mu.Lock()
	s.running[string(m.ID)] = cancel
	s.mu.Unlock()
	s.calls.Add(1)
	go func() {
		defer s.calls.Done()
		defer cancel()
		result, err := s.call(ctx, *project, m)
		s.mu.Lock()
		delete(s.running, string(m.ID))
		s.mu.Unlock()
		s.answer(m.ID, result, err)
	}()
}

func (s *server) cancel(params json.RawMessage) {
	var p cancelParams
	if json.Unmarshal(params, &p) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.running[string(p.ID)]; cancel != nil {
		cancel()
	}
}

func (s *server) initialize(params json.RawMessage) (any, *wireError) {
	var p initializeParams
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, failure(codeInvalidParams, "initialize: %v", err)
	}
	c := p.Context
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.project != nil {
		return nil, failure(codeInvalidRequest, "initialize came before")
	}
	s.project = &Project{
		Dir: c.ProjectDir, Name: c.ProjectName, Scenario: c.Scenario, Stack: c.Stack,
		ManifestSchema: c.ManifestSchema, RequiresOdpm: c.RequiresOdpm, Environment: c.Environment,
		Executing: p.Mode == "execute", CacheDir: p.CacheDir,
		manifest: c.Manifest, services: c.Services, patches: c.ServicePatches, hooks: c.Hooks, locks: c.Locks,
	}
	return initialized{protocolVersion, party{s.extension.Name, s.extension.Version}, s.extension.capabilities()}, nil
}

// call answers one request of an extension's function, whatever it does.
func (s *server) call(ctx context.Context, p Project, m message) (result any, failed *wireError) {
	defer func() {
		if r := recover(); r != nil {
			result, failed = nil, panicked(r)
		}
	}()
	handler, ok := s.extension.handler(m.Method)
	if !ok {
		return nil, failure(codeMethodNotFound, "unknown method %q", m.Method)
	}
	result, err := handler(ctx, p, m.Params)
	if err != nil {
		return nil, asWire(ctx, err)
	}
	return result, nil
}

// answer sends a result, or the error that kept it from being one.
func (s *server) answer(id json.RawMessage, result any, failed *wireError) {
	m := message{JSONRPC: "2.0", ID: id, Error: failed}
	if failed == nil {
		raw, err := json.Marshal(result)
		if err != nil {
			m.Error = failure(codeInternal, "the answer is not JSON: %v", err)
		}
		m.Result = raw
	}
	if !s.send(m) {
		s.send(message{JSONRPC: "2.0", ID: id, Error: failure(codeInternal, "the answer has more than %d bytes", maxMessage)})
	}
}

func (s *server) notify(method string, params any) {
	raw, err := json.Marshal(params)
	if err == nil {
		s.send(message{JSONRPC: "2.0", Method: method, Params: raw})
	}
}

// send writes one line; false means that it would be too long.
func (s *server) send(m message) bool {
	line, err := json.Marshal(m)
	if err != nil || len(line)+1 > maxMessage {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		_, s.failed = s.out.Write(append(line, '\n'))
	}
	return true
}

// broken is the error that writing ended with.
func (s *server) broken() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return fmt.Errorf("writing to devpm: %w", s.failed)
	}
	return nil
}
