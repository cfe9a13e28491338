package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/devpm/devpm/extensions/sdk"
)

// mistake is the sample extension with one thing wrong. Each field may be nil.
type mistake struct {
	extension func(*sdk.Extension)
	// in sees each line of devpm; what it returns goes to the extension, and
	// reply, when there is one, back to devpm.
	in func(m map[string]any, line []byte) (pass, reply []byte)
	// out sees each line of the extension and returns what devpm gets.
	out func(m map[string]any, line []byte) []byte
	// end is called when the conversation is over.
	end func()
}

func reply(id any, member string, value any) []byte {
	b, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, member: value})
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

// result lets change alter the result of an answer.
func result(change func(r map[string]any)) func(map[string]any, []byte) []byte {
	return func(m map[string]any, _ []byte) []byte {
		if r, ok := m["result"].(map[string]any); ok {
			change(r)
			return reply(m["id"], "result", r)
		}
		b, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		return append(b, '\n')
	}
}

func registrations(change func(all []any) []any) func(map[string]any, []byte) []byte {
	return result(func(r map[string]any) {
		if all, ok := r["registrations"].([]any); ok {
			r["registrations"] = change(all)
		}
	})
}

// for each name "check" or "check-how": what the extension does wrong.
func wrongs() map[string]mistake {
	hang := func() { select {} }
	return map[string]mistake{
		"initialize-version": {out: result(func(r map[string]any) {
			if _, ok := r["protocol_version"]; ok {
				r["protocol_version"] = 2
			}
		})},
		"initialize-nameless": {out: result(func(r map[string]any) { delete(r, "extension") })},
		"initialize-silent":   {in: func(map[string]any, []byte) ([]byte, []byte) { return nil, nil }},
		"initialize-ends":     {in: func(map[string]any, []byte) ([]byte, []byte) { os.Exit(3); return nil, nil }},
		"initialize-text":     {out: func(map[string]any, []byte) []byte { return []byte("hello\n") }},
		"capabilities": {out: result(func(r map[string]any) {
			if c, ok := r["capabilities"].([]any); ok {
				r["capabilities"] = append(c, "prepare.stpes/1")
			}
		})},
		"describe-none":      {out: result(func(r map[string]any) { delete(r, "capabilities") })},
		"describe-name":      {extension: func(e *sdk.Extension) { e.Commands[0].Name = "two words" }},
		"describe-twice":     {extension: func(e *sdk.Extension) { e.Commands[0].Name = "wait" }},
		"describe-phase":     {extension: func(e *sdk.Extension) { e.Hooks[0].Phases = []string{"post_lunch"} }},
		"describe-unoffered": {out: registrations(func(all []any) []any { return append(all, map[string]any{"kind": "hook"}) })},
		"describe-nothing":   {out: registrations(func([]any) []any { return []any{} })},
		"stable": {out: registrations(func(all []any) []any {
			all[0].(map[string]any)["description"] = time.Now().String()
			return all
		})},
		"evaluate": {extension: func(e *sdk.Extension) {
			e.Steps[0].Evaluate = func(context.Context, sdk.Project) (sdk.Evaluation, error) {
				return sdk.Evaluation{Outcome: "maybe"}, nil
			}
		}},
		"evaluate-refuses": {extension: func(e *sdk.Extension) {
			asked := 0
			e.Steps[0].Evaluate = func(context.Context, sdk.Project) (sdk.Evaluation, error) {
				if asked++; asked > 1 {
					return sdk.Evaluation{}, &sdk.Failure{Config: true, Message: "it is nothing for this project"}
				}
				return sdk.Noop("it is there"), nil
			}
		}},
		"evaluate-panic": {extension: func(e *sdk.Extension) {
			e.Steps[0].Evaluate = func(context.Context, sdk.Project) (sdk.Evaluation, error) { panic("no") }
		}},
		"evaluate-moody": {extension: func(e *sdk.Extension) {
			e.Steps[0].Evaluate = func(context.Context, sdk.Project) (sdk.Evaluation, error) { return sdk.Run(time.Now().String()), nil }
		}},
		"services": {out: result(func(r map[string]any) {
			if _, ok := r["services"]; ok {
				r["services"] = map[string]any{"mailpit": "axllent/mailpit"}
			}
		})},
		"services-patches": {out: result(func(r map[string]any) {
			if _, ok := r["service_patches"]; ok {
				r["service_patches"] = []any{}
			}
		})},
		"reserved": {extension: func(e *sdk.Extension) {
			e.Services[0].Services = func(context.Context, sdk.Project) (map[string]sdk.Service, error) {
				return map[string]sdk.Service{"db": {"image": "postgres:17"}}, nil
			}
		}},
		"stacks": {out: result(func(r map[string]any) {
			if _, ok := r["volumes"]; ok {
				r["volumes"] = []any{"html"}
			}
		})},
		"policies": {extension: func(e *sdk.Extension) {
			e.Policies[0].Check = func(context.Context, sdk.Project, map[string]any) ([]sdk.Finding, error) {
				return []sdk.Finding{{Severity: "fatal", Message: "no"}}, nil
			}
		}},
		"unknown-method":       {in: method("devpm.later", func(id any) []byte { return reply(id, "result", map[string]any{}) })},
		"unknown-method-code":  {in: method("devpm.later", func(id any) []byte { return reply(id, "error", map[string]any{"code": -32603, "message": "?"}) })},
		"unknown-method-ends":  {in: method("devpm.later", func(any) []byte { fmt.Fprintln(os.Stderr, "KeyError"); os.Exit(1); return nil })},
		"unknown-name":         {in: named("devpm.nobody", "result", map[string]any{"outcome": "noop", "required": false, "reason": ""})},
		"unknown-name-code":    {in: named("devpm.nobody", "error", map[string]any{"code": -32000, "message": "?"})},
		"unknown-notification": {in: method("devpm/later", func(id any) []byte { return reply(id, "error", map[string]any{"code": -32601, "message": "?"}) })},
		"unknown-fields": {in: func(m map[string]any, line []byte) ([]byte, []byte) {
			if _, ok := m["later"]; ok {
				return nil, reply(m["id"], "error", map[string]any{"code": -32600, "message": "unknown field later"})
			}
			return line, nil
		}},
		"ids": {out: func(m map[string]any, line []byte) []byte {
			if m["id"] == "7" {
				return reply(7, "result", m["result"])
			}
			return line
		}},
		"cancel": forgetful(),
		"long-message": {in: func(_ map[string]any, line []byte) ([]byte, []byte) {
			if len(line) > 64<<10 {
				fmt.Fprintln(os.Stderr, "bufio.Scanner: token too long")
				os.Exit(2)
			}
			return line, nil
		}},
		"stdout": {in: method("describe", nil), out: func(m map[string]any, line []byte) []byte {
			if r, ok := m["result"].(map[string]any); ok && r["registrations"] != nil {
				return append([]byte("describing\n"), line...)
			}
			return line
		}},
		"sandbox": {extension: func(e *sdk.Extension) {
			e.Steps[0].Evaluate = func(_ context.Context, p sdk.Project) (sdk.Evaluation, error) {
				if err := os.WriteFile(filepath.Join(p.Dir, "evaluated"), nil, 0o644); err != nil {
					return sdk.Evaluation{}, err
				}
				return sdk.Noop("noted"), nil
			}
		}},
		"shutdown": {in: method("shutdown", func(id any) []byte {
			shut = true
			return reply(id, "result", map[string]any{})
		}), end: func() {
			if shut {
				hang()
			}
		}},
		"end-of-input": {in: method("shutdown", func(id any) []byte {
			shut = true
			return reply(id, "result", map[string]any{})
		}), end: func() {
			if !shut {
				hang()
			}
		}},
		"left-behind": {extension: func(*sdk.Extension) {
			c := exec.Command(os.Args[0])
			c.Env = []string{asExtension + "=linger"}
			if err := c.Start(); err != nil {
				panic(err)
			}
		}},
	}
}

var shut bool

// forgetful answers nothing that was cancelled, though it has to.
func forgetful() mistake {
	var cancelled sync.Map
	return mistake{
		in: func(m map[string]any, line []byte) ([]byte, []byte) {
			if p, ok := m["params"].(map[string]any); ok && m["method"] == "$/cancelRequest" {
				cancelled.Store(p["id"], true)
			}
			return line, nil
		},
		out: func(m map[string]any, line []byte) []byte {
			time.Sleep(50 * time.Millisecond) // so that the cancellation is there
			if _, yes := cancelled.Load(m["id"]); yes {
				return nil
			}
			return line
		},
	}
}

// method deals with one method by itself; without answer it changes nothing.
func method(name string, answer func(id any) []byte) func(map[string]any, []byte) ([]byte, []byte) {
	return func(m map[string]any, line []byte) ([]byte, []byte) {
		if m["method"] == name && answer != nil {
			return nil, answer(m["id"])
		}
		return line, nil
	}
}

// named answers whatever is asked for a name.
func named(name, member string, value any) func(map[string]any, []byte) ([]byte, []byte) {
	return func(m map[string]any, line []byte) ([]byte, []byte) {
		if p, ok := m["params"].(map[string]any); ok && (p["id"] == name || p["name"] == name) {
			return nil, reply(m["id"], member, value)
		}
		return line, nil
	}
}

// playWrong is the program of an extension that is wrong.
func playWrong(what string) int {
	if what == "linger" { // started by left-behind
		time.Sleep(time.Minute)
		return 0
	}
	w, ok := wrongs()[what]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such extension:", what)
		return 1
	}
	e := sample()
	if w.extension != nil {
		w.extension(&e)
	}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	go func() {
		defer func() { _ = inW.Close() }()
		each(os.Stdin, func(m map[string]any, line []byte) {
			if w.in != nil {
				var back []byte
				if line, back = w.in(m, line); back != nil {
					_, _ = os.Stdout.Write(back)
				}
			}
			_, _ = inW.Write(line)
		})
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		each(outR, func(m map[string]any, line []byte) {
			if w.out != nil {
				line = w.out(m, line)
			}
			_, _ = os.Stdout.Write(line)
		})
	}()
	err := sdk.Serve(context.Background(), e, inR, outW)
	_ = outW.Close()
	<-done
	if w.end != nil {
		w.end()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func each(r io.Reader, f func(m map[string]any, line []byte)) {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var m map[string]any
			if json.Unmarshal(line, &m) == nil {
				f(m, line)
			}
		}
		if err != nil {
			return
		}
	}
}
