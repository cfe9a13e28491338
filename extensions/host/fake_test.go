//go:build unix

package host_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/sandbox"
	"github.com/devpm/devpm/internal/execx"
)

// TestMain makes the test binary the extension that the tests start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case sandbox.Verb:
			os.Exit(sandbox.Main(os.Args[2:]))
		case execx.HoldVerb:
			os.Exit(execx.Hold(os.Args[2:]))
		}
	}
	if act := os.Getenv("HOST_ACT"); act != "" {
		os.Exit(fake(act))
	}
	os.Exit(m.Run())
}

// peer is the program's side of the conversation, written without our own
// code.
type peer struct {
	in  *bufio.Reader
	out *os.File
}

// next reads a request; false at the end of the input.
func (p *peer) next() (protocol.Message, bool) {
	line, err := p.in.ReadBytes('\n')
	if err != nil {
		return protocol.Message{}, false
	}
	var m protocol.Message
	if err := json.Unmarshal(line, &m); err != nil {
		fmt.Fprintln(os.Stderr, "devpm wrote no JSON:", err)
		os.Exit(99)
	}
	return m, true
}

func (p *peer) raw(text string) { _, _ = p.out.WriteString(text) }

func (p *peer) answer(m protocol.Message, result string) {
	p.raw(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", m.ID, result))
}

func (p *peer) refuse(m protocol.Message, code int, message, data string) {
	if data == "" {
		data = "null"
	}
	text, _ := json.Marshal(message)
	p.raw(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":%s,"data":%s}}`+"\n", m.ID, code, text, data))
}

const allCapabilities = `["prepare.steps/1","compose.fragment/1","compose.patch/1","hooks/1","secrets/1","stack/1","policy/1","command/1","future/9"]`

// answers are those of a program in order.
var answers = map[string]string{
	protocol.MethodInitialize: `{"protocol_version":1,"extension":{"name":"fake","version":"1.2.3"},"capabilities":` + allCapabilities + `,"later":true}`,
	protocol.MethodDescribe:   `{"registrations":[{"kind":"prepare_step","name":"a.step","order":5},{"kind":"compose_fragment","name":"mailpit"},{"kind":"from_the_future","name":"…"}]}`,
	protocol.MethodEvaluate:   `{"outcome":"run","required":true,"reason":"always"}`,
	protocol.MethodExecute:    `{}`,
	protocol.MethodServices:   `{"services":{"mailpit":{"image":"axllent/mailpit"}}}`,
	protocol.MethodPatches:    `{"service_patches":{"odoo":{"environment":{"A":"1"}}}}`,
	protocol.MethodRunHook:    `{}`,
	protocol.MethodSecrets:    `{"secrets":{"token":"s3cret"}}`,
	protocol.MethodStack:      `{"services":{"web":{"image":"nginx"}},"volumes":{"data":{}}}`,
	protocol.MethodPolicy:     `{"findings":[{"severity":"warning","path":"services.web","message":"too big"}]}`,
	protocol.MethodCommand:    `{"exit_code":3,"message":"done","output":{"a":1}}`,
	protocol.MethodShutdown:   `{}`,
}

// serve answers as a program in order, except where special deals with a
// request.
func (p *peer) serve(special func(m protocol.Message) bool) int {
	for {
		m, ok := p.next()
		if !ok {
			return 0
		}
		if special != nil && special(m) {
			continue
		}
		if m.ID == nil {
			continue
		}
		result, known := answers[m.Method]
		if !known {
			p.refuse(m, protocol.CodeMethodNotFound, "method not found", "")
			continue
		}
		p.answer(m, result)
		if m.Method == protocol.MethodShutdown {
			return 0
		}
	}
}

// fake is one extension per word.
func fake(act string) int {
	p := &peer{in: bufio.NewReaderSize(os.Stdin, 64<<10), out: os.Stdout}
	return misbehave(act, p)
}
