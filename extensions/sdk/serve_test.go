package sdk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// talk is one conversation with an extension, as devpm has it.
type talk struct {
	t    *testing.T
	in   *io.PipeWriter
	out  *bufio.Reader
	done chan error
}

func converse(t *testing.T, e Extension) *talk {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	c := &talk{t: t, in: inW, out: bufio.NewReader(outR), done: make(chan error, 1)}
	go func() {
		err := Serve(t.Context(), e, inR, outW)
		_ = outW.Close()
		c.done <- err
	}()
	return c
}

func (c *talk) send(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *talk) receive() message {
	c.t.Helper()
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		c.t.Fatalf("reading: %v", err)
	}
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		c.t.Fatalf("%s: %v", line, err)
	}
	return m
}

func (c *talk) start() {
	c.t.Helper()
	c.send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocol_version":1,"mode":"plan","context":{"project_dir":"/p"}}}`)
	if m := c.receive(); m.Error != nil {
		c.t.Fatalf("initialize: %v", m.Error)
	}
}

func (c *talk) end() error {
	c.t.Helper()
	_ = c.in.Close()
	return <-c.done
}

func (c *talk) ask(line string) message {
	c.t.Helper()
	c.send(line)
	return c.receive()
}

// What a program prints comes in parts of any length.
func TestOutputKeepsLettersWhole(t *testing.T) {
	long := strings.Repeat("ü", maxMessage/2)
	e := Extension{Name: "x", Commands: []Command{
		{Name: "parts", Run: func(ctx context.Context, _ Project, _ Input) (Result, error) {
			w := Output(ctx)
			for _, part := range []string{"a\xc3", "\xbc", "\xe2\x82", "\xac\n", "\xff", "b\xc3"} {
				if n, err := io.WriteString(w, part); n != len(part) || err != nil {
					t.Errorf("wrote %d of %q: %v", n, part, err)
				}
			}
			return Result{}, nil
		}},
		{Name: "long", Run: func(ctx context.Context, _ Project, _ Input) (Result, error) {
			_, err := io.WriteString(Output(ctx), "a"+long)
			Log(ctx, Info, long+long)
			return Result{}, err
		}},
	}}
	c := converse(t, e)
	c.start()
	for name, want := range map[string]string{"parts": "aü€\n\ufffdb", "long": "a" + long} {
		got, logged := "", 0
		c.send(`{"jsonrpc":"2.0","id":1,"method":"command.run","params":{"name":"` + name + `"}}`)
		m := c.receive()
		for ; m.Method != ""; m = c.receive() {
			var p outputParams
			if err := json.Unmarshal(m.Params, &p); err != nil {
				t.Fatal(err)
			}
			got += p.Text
			if m.Method == "log" {
				logged++
			}
		}
		if m.Error != nil || got != want || logged != strings.Count(name, "long") {
			t.Errorf("%s: %v, got %d bytes, want %d, %d lines of log", name, m.Error, len(got), len(want), logged)
		}
	}
	if err := c.end(); err != nil {
		t.Error(err)
	}
}

func TestFailuresOnTheWire(t *testing.T) {
	steps := func(id string, err func() error) Step {
		return Step{ID: id, Evaluate: func(context.Context, Project) (Evaluation, error) { return Evaluation{}, err() }}
	}
	e := Extension{Name: "x", Steps: []Step{
		steps("plain", func() error { return errors.New("no disk") }),
		steps("settings", func() error {
			return fmt.Errorf("reading: %w", &Failure{Message: "colour is missing", Fix: "add it", Config: true, Source: "x.yml", Line: 3})
		}),
		steps("program", func() error { return &Failure{Message: "make failed", ExitCode: 2} }),
		steps("panic", func() error { panic("out of cheese") }),
		steps("index", func() error { var none []int; _ = none[len(none)]; return nil }),
		{ID: "infinite", Evaluate: func(context.Context, Project) (Evaluation, error) { return Noop(strings.Repeat("x", maxMessage)), nil }},
	}, Commands: []Command{{Name: "c", Run: func(context.Context, Project, Input) (Result, error) {
		return Result{Output: func() {}}, nil
	}}}}
	cases := []struct {
		request string
		code    int
		message string
		data    string // a part of the JSON
	}{
		{`"method":"prepare.evaluate","params":{"id":"plain"}`, codeFailed, "no disk", ``},
		{`"method":"prepare.evaluate","params":{"id":"settings"}`, codeConfig, "reading: colour is missing", `{"source":"x.yml","line":3,"fix":"add it"}`},
		{`"method":"prepare.evaluate","params":{"id":"program"}`, codeFailed, "make failed", `{"exit_code":2}`},
		{`"method":"prepare.evaluate","params":{"id":"panic"}`, codeInternal, "panic: out of cheese", `serve_test.go`},
		{`"method":"prepare.evaluate","params":{"id":"index"}`, codeInternal, "panic: runtime error: index out of range", `serve_test.go`},
		{`"method":"prepare.evaluate","params":{"id":"infinite"}`, codeInternal, "the answer has more than 8388608 bytes", ``},
		{`"method":"prepare.evaluate","params":{"id":"other"}`, codeInvalidParams, `no prepare step "other"`, ``},
		{`"method":"prepare.evaluate","params":[1]`, codeInvalidParams, "parameters: ", ``},
		{`"method":"prepare.evaluate"`, codeInvalidParams, "parameters: ", ``},
		{`"method":"command.run","params":{"name":"c"}`, codeInternal, "the answer is not JSON: ", ``},
		{`"method":"compose.services","params":{"name":"c"}`, codeMethodNotFound, `unknown method "compose.services"`, ``},
		{`"method":"initialize","params":{}`, codeInvalidRequest, "initialize came before", ``},
	}
	c := converse(t, e)
	c.start()
	for _, x := range cases {
		m := c.ask(`{"jsonrpc":"2.0","id":"a",` + x.request + `}`)
		if m.Error == nil {
			t.Errorf("%s: no error", x.request)
			continue
		}
		data, err := json.Marshal(m.Error.Data)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.ID) != `"a"` || m.Error.Code != x.code || !strings.HasPrefix(m.Error.Message, x.message) || !strings.Contains(string(data), x.data) {
			t.Errorf("%s: id %s, %d %q %s", x.request, m.ID, m.Error.Code, m.Error.Message, data)
		}
	}
	if err := c.end(); err != nil {
		t.Errorf("after errors of calls alone: %v", err)
	}
}

func TestMessagesOutOfTurn(t *testing.T) {
	c := converse(t, Extension{Name: "x"})
	if m := c.ask(`{"jsonrpc":"2.0","id":1,"method":"describe"}`); m.Error == nil || m.Error.Code != codeInvalidRequest {
		t.Errorf("before initialize: %+v", m)
	}
	if m := c.ask(`{"jsonrpc":`); m.Error == nil || m.Error.Code != codeParse || string(m.ID) != "null" {
		t.Errorf("half a message: %+v", m)
	}
	c.start()
	c.send(``)
	c.send(`{"jsonrpc":"2.0","method":"$/future","params":{"a":1}}`)
	c.send(`{"jsonrpc":"2.0","id":8,"result":{}}`)
	if m := c.ask(`{"jsonrpc":"2.0","id":2,"method":"describe","params":{},"trace":"x"}`); string(m.Result) != `{"registrations":[]}` {
		t.Errorf("describe: %+v", m)
	}
	if m := c.ask(`{"jsonrpc":"2.0","id":3,"method":"shutdown"}`); string(m.Result) != `{}` {
		t.Errorf("shutdown: %+v", m)
	}
	if m := c.ask(`{"jsonrpc":"2.0","id":4,"method":"describe"}`); m.Error == nil || m.Error.Code != codeInvalidRequest {
		t.Errorf("after shutdown: %+v", m)
	}
	if err := c.end(); err != nil {
		t.Error(err)
	}
}

func TestCallsOverlapAndAreCancelled(t *testing.T) {
	second := make(chan struct{})
	e := Extension{Name: "x", Commands: []Command{
		{Name: "first", Run: func(ctx context.Context, _ Project, _ Input) (Result, error) {
			<-second // only the other call can open it
			Log(ctx, Warning, "both run")
			return Result{Message: "done"}, nil
		}},
		{Name: "second", Run: func(context.Context, Project, Input) (Result, error) { close(second); return Result{}, nil }},
		{Name: "wait", Run: func(ctx context.Context, _ Project, _ Input) (Result, error) {
			Progress(ctx, 250, "waiting")
			<-ctx.Done()
			return Result{}, ctx.Err()
		}},
	}}
	c := converse(t, e)
	c.start()
	c.send(`{"jsonrpc":"2.0","id":1,"method":"command.run","params":{"name":"first"}}`)
	c.send(`{"jsonrpc":"2.0","id":2,"method":"command.run","params":{"name":"second"}}`)
	got := map[string]bool{}
	for range 3 {
		m := c.receive()
		got[m.Method+string(m.ID)] = true
	}
	if !got["log"] || !got["1"] || !got["2"] {
		t.Errorf("got %v", got)
	}
	m := c.ask(`{"jsonrpc":"2.0","id":3,"method":"command.run","params":{"name":"wait"}}`)
	if m.Method != "progress" || string(m.Params) != `{"id":3,"message":"waiting","percent":100}` {
		t.Errorf("progress: %s %s", m.Method, m.Params)
	}
	c.send(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99}}`)
	m = c.ask(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":3}}`)
	if string(m.ID) != "3" || m.Error == nil || m.Error.Code != codeCancelled {
		t.Errorf("cancelled: %+v", m)
	}
	// The end of the conversation ends what still runs.
	if m := c.ask(`{"jsonrpc":"2.0","id":4,"method":"command.run","params":{"name":"wait"}}`); m.Method != "progress" {
		t.Errorf("progress: %+v", m)
	}
	_ = c.in.Close()
	if m := c.receive(); string(m.ID) != "4" || m.Error == nil {
		t.Errorf("at the end: %+v", m)
	}
	if err := <-c.done; err != nil {
		t.Error(err)
	}
}

func TestLogOutsideOfACallIsNothing(t *testing.T) {
	Log(t.Context(), Info, "x")
	Progress(t.Context(), 1, "x")
	if n, err := Output(t.Context()).Write([]byte("abc")); n != 3 || err != nil {
		t.Error(n, err)
	}
}

func TestLongLines(t *testing.T) {
	c := converse(t, Extension{Name: "x"})
	c.start()
	pad := strings.Repeat("x", maxMessage-100)
	if m := c.ask(`{"jsonrpc":"2.0","id":1,"method":"describe","params":{"pad":"` + pad + `"}}`); m.Error != nil {
		t.Errorf("a line of nearly the limit: %v", m.Error)
	}
	go func() { _, _ = io.WriteString(c.in, strings.Repeat("x", maxMessage+1)+"\n") }() // read to the limit, not to the end
	select {
	case err := <-c.done:
		if err == nil || !strings.Contains(err.Error(), "more than 8388608 bytes") {
			t.Errorf("over the limit: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("over the limit: the conversation goes on")
	}
	_ = c.in.Close()
}

func TestProjectIsACopy(t *testing.T) {
	p := Project{manifest: json.RawMessage(`{"a":{"b":1}}`), services: json.RawMessage(`null`)}
	p.Manifest()["a"].(map[string]any)["b"] = 2
	if got := fmt.Sprint(p.Manifest()); got != "map[a:map[b:1]]" {
		t.Errorf("changed: %s", got)
	}
	for _, m := range []map[string]any{p.Services(), p.Hooks(), p.Locks(), p.ServicePatches()} {
		if m == nil || len(m) != 0 {
			t.Errorf("absent: %v", m)
		}
	}
}
