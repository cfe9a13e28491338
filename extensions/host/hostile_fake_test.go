//go:build unix

package host_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/devpm/devpm/extensions/protocol"
)

// hang never comes back.
func hang() { time.Sleep(time.Hour) }

// on deals with one method by a function.
func on(method string, do func(m protocol.Message)) func(protocol.Message) bool {
	return func(m protocol.Message) bool {
		if m.Method != method {
			return false
		}
		do(m)
		return true
	}
}

// result answers one method with something else.
func result(p *peer, method, json string) func(protocol.Message) bool {
	return on(method, func(m protocol.Message) { p.answer(m, json) })
}

// tryTo says whether something that is forbidden went well.
func tryTo(p *peer, m protocol.Message, err error) {
	if err != nil {
		p.refuse(m, protocol.CodeFailed, "refused: "+err.Error(), "")
		return
	}
	p.answer(m, answers[m.Method])
}

// misbehave is the hostile set: one program per word.
func misbehave(act string, p *peer) int {
	die := func(protocol.Message) { os.Exit(3) }
	switch act {
	case "good":
		return p.serve(nil)

	case "preamble":
		if line, _ := p.in.ReadString('\n'); line != "import rules\n" {
			fmt.Fprintln(os.Stderr, "the first line is", line)
			return 9
		}
		return p.serve(nil)
	case "talks":
		return p.serve(on(protocol.MethodCommand, func(m protocol.Message) {
			for i := range 100 {
				p.raw(fmt.Sprintf(`{"jsonrpc":"2.0","method":"log","params":{"level":"warning","message":"line %d"}}`+"\n", i))
			}
			p.raw(`{"jsonrpc":"2.0","method":"log","params":{"level":"shout","message":"\u001b[31mred","source":"a.py"}}` + "\n")
			p.raw(`{"jsonrpc":"2.0","method":"log","params":["no","shape"]}` + "\n")
			p.raw(`{"jsonrpc":"2.0","method":"log"}` + "\n")
			p.raw(`{"jsonrpc":"2.0","method":"progress","params":{"message":"half","percent":50}}` + "\n")
			p.raw(`{"jsonrpc":"2.0","method":"progress","params":{"message":"too far","percent":5000}}` + "\n")
			p.raw(`{"jsonrpc":"2.0","method":"output","params":{"id":1,"text":"for you\n"}}` + "\n")
			p.answer(m, answers[m.Method])
		}))
	case "hangs-in-one", "crashes-in-one": // of two that it holds
		return p.serve(on(protocol.MethodInitialize, func(m protocol.Message) {
			for _, name := range []string{"mail", "shop"} {
				p.raw(fmt.Sprintf(`{"jsonrpc":"2.0","method":"log","params":{"level":"debug","message":"loading","source":".odpm/plugins/%[1]s.py","extension":"%[1]s"}}`+"\n", name))
			}
			if act == "crashes-in-one" {
				fmt.Fprintln(os.Stderr, "Segmentation fault")
				os.Exit(3)
			}
			if c, _ := p.next(); c.Method == protocol.NotifyCancel {
				p.refuse(m, protocol.CodeCancelled, "cancelled", `{"source":".odpm/plugins/shop.py","line":7}`)
			}
		}))
	case "backwards": // answers the first of two requests last
		var held []protocol.Message
		return p.serve(on(protocol.MethodServices, func(m protocol.Message) {
			if held = append(held, m); len(held) == 2 {
				p.answer(held[1], `{"services":{"second":{}}}`)
				p.answer(held[0], `{"services":{"first":{}}}`)
			}
		}))
	case "cancels-command":
		return p.serve(on(protocol.MethodCommand, func(m protocol.Message) {
			p.raw(`{"jsonrpc":"2.0","method":"output","params":{"id":1,"text":"begun"}}` + "\n")
			if c, _ := p.next(); c.Method == protocol.NotifyCancel {
				p.answer(m, `{"exit_code":7,"message":"stopped half way"}`)
			}
		}))
	case "deaf-command":
		return p.serve(on(protocol.MethodCommand, func(m protocol.Message) {
			p.raw(`{"jsonrpc":"2.0","method":"output","params":{"id":1,"text":"begun"}}` + "\n")
			hang()
		}))
	case "leaks-a-secret":
		return p.serve(result(p, protocol.MethodSecrets, `{"secrets":{"token":"a","other":"hunter2"}}`))
	case "many-faults":
		return p.serve(result(p, protocol.MethodServices, `{"services":{"a/b":{},"web":"nginx","db":[]}}`))

	// Silent, slow, gone.
	case "silent":
		hang()
	case "reads-nothing":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) { p.answer(m, answers[m.Method]); hang() }))
	case "slow":
		return p.serve(on(protocol.MethodEvaluate, func(protocol.Message) { hang() }))
	case "slow-but-cancels":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			if c, _ := p.next(); c.Method == protocol.NotifyCancel {
				p.refuse(m, protocol.CodeCancelled, "cancelled", "")
			}
		}))
	case "crash-before-reading":
		fmt.Fprintln(os.Stderr, "no such module: rules")
		return 3
	case "crash-in-initialize":
		return p.serve(on(protocol.MethodInitialize, die))
	case "crash-after-initialize":
		return p.serve(on(protocol.MethodInitialize, func(m protocol.Message) { p.answer(m, answers[m.Method]); os.Exit(3) }))
	case "crash-in-a-line":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) { p.raw(`{"jsonrpc":"2.0","id":2,"res`); os.Exit(3) }))
	case "crash-after-describe":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) { p.answer(m, answers[m.Method]); os.Exit(3) }))
	case "crash-in-evaluate":
		return p.serve(on(protocol.MethodEvaluate, func(protocol.Message) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			hang()
		}))
	case "crash-in-execute":
		return p.serve(on(protocol.MethodExecute, die))
	case "crash-at-shutdown":
		return p.serve(on(protocol.MethodShutdown, die))
	case "closes-output":
		return p.serve(on(protocol.MethodDescribe, func(protocol.Message) { _ = p.out.Close(); hang() }))
	case "closes-input":
		_, _ = p.next()
		_ = os.Stdin.Close()
		p.raw(`{"jsonrpc":"2.0","id":1,"result":` + answers[protocol.MethodInitialize] + "}\n")
		hang()

	// Noise.
	case "garbage":
		return p.serve(on(protocol.MethodDescribe, func(protocol.Message) { p.raw("\x00\xff\x1b[2J\x01 garbage\n") }))
	case "half-a-message":
		return p.serve(on(protocol.MethodDescribe, func(protocol.Message) { p.raw(`{"jsonrpc":"2.0","id":2,` + "\n") }))
	case "long-line":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) {
			p.answer(m, `"`+strings.Repeat("a", 10<<20)+`"`)
		}))
	case "endless-line":
		return p.serve(on(protocol.MethodDescribe, func(protocol.Message) {
			for chunk := bytes.Repeat([]byte("a"), 1<<20); ; {
				if _, err := p.out.Write(chunk); err != nil {
					os.Exit(4)
				}
			}
		}))
	case "nan":
		return p.serve(result(p, protocol.MethodServices, `{"services":{"w":{"cpus":NaN}}}`))
	case "same-key-twice":
		return p.serve(result(p, protocol.MethodServices, `{"services":{"w":{"image":"a","image":"b"}}}`))
	case "not-utf8":
		return p.serve(result(p, protocol.MethodServices, "{\"services\":{\"w\":{\"image\":\"\xff\"}}}"))
	case "two-on-a-line":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) {
			p.raw(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}} {"a":1}`+"\n", m.ID))
		}))
	case "batch":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) {
			p.raw(fmt.Sprintf(`[{"jsonrpc":"2.0","id":%s,"result":{}}]`+"\n", m.ID))
		}))
	case "no-version":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) { p.raw(fmt.Sprintf(`{"id":%s,"result":{}}`+"\n", m.ID)) }))
	case "prints":
		return p.serve(on(protocol.MethodDescribe, func(m protocol.Message) {
			p.raw("loading rules\n")
			p.answer(m, answers[m.Method])
		}))
	case "flood-of-log":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			for range 20000 {
				p.raw(`{"jsonrpc":"2.0","method":"log","params":{"level":"info","message":"again and again"}}` + "\n")
			}
			p.answer(m, answers[m.Method])
		}))
	case "endless-log":
		return p.serve(on(protocol.MethodEvaluate, func(protocol.Message) {
			for {
				p.raw(`{"jsonrpc":"2.0","method":"log","params":{"level":"info","message":"again and again"}}` + "\n")
			}
		}))
	case "flood-of-errors":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			line := []byte(strings.Repeat("e", 1000) + "\n")
			for range 5000 {
				_, _ = os.Stderr.Write(line)
			}
			_, _ = os.Stderr.Write(bytes.Repeat([]byte("x"), 3<<20)) // one line without an end
			p.answer(m, answers[m.Method])
		}))
	case "sends-requests":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			p.raw(`{"jsonrpc":"2.0","id":"mine","method":"devpm/eval","params":{}}` + "\n")
			if a, _ := p.next(); string(a.ID) != `"mine"` || a.Error == nil || a.Error.Code != protocol.CodeMethodNotFound {
				p.refuse(m, protocol.CodeFailed, "devpm answered my request with "+string(a.ID), "")
				return
			}
			p.answer(m, answers[m.Method])
		}))
	case "flood-of-requests":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			for i := range 20000 { // and reads none of the answers
				p.raw(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"devpm/eval"}`+"\n", i))
			}
			p.answer(m, answers[m.Method])
			os.Exit(0)
		}))
	case "answers-twice":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			p.answer(m, answers[m.Method])
			p.answer(m, `{"outcome":"skip","required":false,"reason":"second thoughts"}`)
		}))
	case "unknown-ids":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			p.raw(`{"jsonrpc":"2.0","id":4711,"result":{}}` + "\n" + `{"jsonrpc":"2.0","id":"x","result":{}}` + "\n" + `{"jsonrpc":"2.0","id":null,"result":{}}` + "\n")
			p.answer(m, answers[m.Method])
		}))
	case "wrong-ids":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			m.ID = []byte("4711")
			p.answer(m, answers[m.Method])
		}))
	case "news":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			p.raw("\n  \r\n" + `{"jsonrpc":"2.0","method":"$/from/the/future","params":[1],"more":true}` + "\n")
			p.raw(fmt.Sprintf(`{"more":{},"result":{"outcome":"run","required":true,"reason":"x","more":1},"id":%s,"jsonrpc":"2.0"}`+"\r\n", m.ID))
		}))

	// Wrong answers.
	case "other-version":
		return p.serve(result(p, protocol.MethodInitialize, `{"protocol_version":2,"extension":{"name":"x"},"capabilities":[]}`))
	case "no-capability":
		return p.serve(func(m protocol.Message) bool {
			switch m.Method {
			case protocol.MethodInitialize:
				p.answer(m, `{"protocol_version":1,"extension":{"name":"x"},"capabilities":["compose.fragment/9"]}`)
			case protocol.MethodDescribe:
				p.answer(m, `{}`)
			default:
				return false
			}
			return true
		})
	case "not-offered":
		return p.serve(result(p, protocol.MethodInitialize, `{"protocol_version":1,"extension":{"name":"x"},"capabilities":["compose.fragment/1"]}`))
	case "unknown-method":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) { p.refuse(m, protocol.CodeMethodNotFound, "what?", "") }))
	case "fails":
		return p.serve(on(protocol.MethodExecute, func(m protocol.Message) {
			p.refuse(m, protocol.CodeFailed, "no room \x1b[31mleft", `{"source":"checks/disk.py","line":14,"fix":"make room","exit_code":42}`)
		}))
	case "fails-without-shape":
		return p.serve(on(protocol.MethodExecute, func(m protocol.Message) { p.refuse(m, -32097, "gone", `["data"]`) }))
	case "error-is-text":
		return p.serve(on(protocol.MethodExecute, func(m protocol.Message) {
			p.raw(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":"no"}`+"\n", m.ID))
		}))
	case "duplicate-id":
		return p.serve(result(p, protocol.MethodDescribe, `{"registrations":[{"kind":"hook","name":"a"},{"kind":"hook","name":"a"}]}`))
	case "empty-id":
		return p.serve(result(p, protocol.MethodDescribe, `{"registrations":[{"kind":"hook","name":""},{"name":"b"},{"kind":"hook","name":"a..b"}]}`))
	case "path-outside":
		return p.serve(result(p, protocol.MethodDescribe, `{"registrations":[{"kind":"hook","name":"a","source":"../../etc/passwd"}]}`))
	case "wrong-type":
		return p.serve(result(p, protocol.MethodDescribe, `{"registrations":[{"kind":"hook","name":7}]}`))
	case "list-for-an-answer":
		return p.serve(result(p, protocol.MethodDescribe, `[]`))
	case "unknown-outcome":
		return p.serve(result(p, protocol.MethodEvaluate, `{"outcome":"maybe","required":true,"reason":"x"}`))
	case "reserved-service":
		return p.serve(result(p, protocol.MethodServices, `{"services":{"db":{"image":"mine"}}}`))
	case "service-name":
		return p.serve(result(p, protocol.MethodServices, `{"services":{"../up":{"image":"a"},"ok":"nginx"}}`))
	case "no-services":
		return p.serve(result(p, protocol.MethodServices, `{"service":{}}`))
	case "deep":
		return p.serve(result(p, protocol.MethodServices, `{"services":{"w":`+strings.Repeat(`{"a":`, 20000)+`1`+strings.Repeat(`}`, 20000)+`}}`))

	// What the sandbox is for.
	case "fills-memory":
		return p.serve(on(protocol.MethodEvaluate, func(protocol.Message) {
			for hoard := map[int][]byte{}; ; {
				hoard[len(hoard)] = make([]byte, 64<<20)
			}
		}))
	case "writes":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			tryTo(p, m, os.WriteFile(os.Getenv("HOST_TARGET"), []byte("mine"), 0o600))
		}))
	case "connects":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) {
			_, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
			tryTo(p, m, err)
		}))
	case "starts-others":
		return p.serve(on(protocol.MethodEvaluate, func(m protocol.Message) { tryTo(p, m, exec.Command(os.Args[0]).Run()) }))

	case "temporary-files":
		return p.serve(on(protocol.MethodExecute, func(m protocol.Message) {
			dir := os.Getenv("TMPDIR")
			err := os.MkdirAll(dir+"/locked/deeper", 0o700)
			if err == nil {
				err = os.WriteFile(dir+"/locked/deeper/file", []byte("x"), 0o600)
			}
			if err == nil {
				err = os.Chmod(dir+"/locked/deeper", 0o500) // as in Go's module cache
			}
			tryTo(p, m, err)
			_, _ = os.Stderr.WriteString(dir + "\n")
		}))

	// At the end, and beside.
	case "deaf":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
		p.serve(on(protocol.MethodShutdown, func(m protocol.Message) {}))
		hang()
	case "closes-output-first":
		return p.serve(on(protocol.MethodShutdown, func(protocol.Message) {
			_ = p.out.Close()
			time.Sleep(900 * time.Millisecond) // less than it is given to end
			os.Exit(0)
		}))
	case "polite-but-slow":
		p.serve(nil)
		hang()
	case "fork":
		child := exec.Command(os.Args[0])
		child.Env = []string{"HOST_ACT=nap"}
		_ = child.Start()
		if file := os.Getenv("HOST_PID"); file != "" {
			_ = os.WriteFile(file, fmt.Append(nil, child.Process.Pid), 0o600)
		}
		return p.serve(nil)
	case "daemon":
		child := exec.Command(os.Args[0])
		child.Env = []string{"HOST_ACT=fork-a-nap"}
		_ = child.Run()
		return p.serve(nil)
	case "fork-a-nap":
		child := exec.Command(os.Args[0])
		child.Env = []string{"HOST_ACT=nap"}
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		_ = child.Start()
	case "nap":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
		hang()
	default:
		fmt.Fprintln(os.Stderr, "no such program:", act)
		return 98
	}
	return 0
}
