package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/creachadair/jrpc2/channel"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/extensions/protocol"
)

type sink struct{ io.Writer }

func (sink) Close() error { return nil }

// listen is a wire whose program has written text, with three open requests.
func listen(t testing.TB, text []byte, h handlers) *wire {
	t.Helper()
	if h.onNotify == nil {
		h.onNotify = func(string, jsontext.Value) {}
	}
	if h.onOdd == nil {
		h.onOdd = func(string) {}
	}
	h.onDeaf = func(error) {}
	w := newWire(io.NopCloser(bytes.NewReader(text)), sink{io.Discard}, nil, h)
	t.Cleanup(func() { _ = w.Close(); w.out.Wait() })
	for _, id := range []string{"1", "2", "3"} {
		if err := w.Send([]byte(`{"jsonrpc":"2.0","id":` + id + `,"method":"m"}`)); err != nil {
			t.Fatal(err)
		}
		<-w.sent
	}
	return w
}

// limitless is as much output as one likes, without holding it.
type limitless struct{ left int }

func (l *limitless) Read(p []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), l.left)
	for i := range p[:n] {
		p[i] = 'a'
	}
	l.left -= n
	return n, nil
}

func TestALineHasALimitAndIsNotHeldBeyondIt(t *testing.T) {
	message := func(n int) []byte { // of n bytes with its ending
		const frame = `{"jsonrpc":"2.0","id":1,"result":""}` + "\n"
		return []byte(strings.Replace(frame, `""`, `"`+strings.Repeat("a", n-len(frame))+`"`, 1))
	}
	if _, err := listen(t, message(protocol.MaxMessage), handlers{}).Recv(); err != nil {
		t.Errorf("a line of the limit: %v", err)
	}
	if _, err := listen(t, message(protocol.MaxMessage+1), handlers{}).Recv(); !errors.Is(err, errTooLong) {
		t.Errorf("a line over the limit: %v", err)
	}
	w := listen(t, nil, handlers{})
	source := &limitless{left: 1 << 30}
	w.in.Reset(source)
	if _, err := w.Recv(); !errors.Is(err, errTooLong) {
		t.Errorf("a line without an end: %v", err)
	}
	if read := 1<<30 - source.left; read > protocol.MaxMessage+64<<10 {
		t.Errorf("%d bytes were read", read)
	}
	if err := w.Send(message(protocol.MaxMessage + 1)); !errors.Is(err, errTooLong) {
		t.Errorf("what devpm says has no limit: %v", err)
	}
}

func TestSendingNeverWaitsForTheProgram(t *testing.T) {
	r, stdin := io.Pipe() // nobody reads
	defer r.Close()
	w := newWire(io.NopCloser(strings.NewReader("")), stdin, nil, handlers{onDeaf: func(error) {}})
	for range 100 {
		if err := w.Send([]byte(`{"jsonrpc":"2.0","method":"n"}`)); err != nil {
			t.Fatal(err)
		}
	}
	_ = w.Close()
	_ = r.CloseWithError(io.ErrClosedPipe)
	w.out.Wait()
	if err := w.Send([]byte(`{}`)); !errors.Is(err, channel.ErrClosed) {
		t.Errorf("a closed wire takes messages: %v", err)
	}
}

func TestRefusalsThatNobodyReadsAreNotKept(t *testing.T) {
	r, stdin := io.Pipe()
	defer r.Close()
	flood := strings.Repeat(`{"jsonrpc":"2.0","id":9,"method":"devpm/eval"}`+"\n", 10_000)
	w := newWire(io.NopCloser(strings.NewReader(flood)), stdin, nil, handlers{onOdd: func(string) {}, onDeaf: func(error) {}})
	if _, err := w.Recv(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if n := len(w.queue); n > maxRefusals {
		t.Errorf("%d refusals are kept", n)
	}
	_ = w.Close()
	_ = r.CloseWithError(io.ErrClosedPipe)
	w.out.Wait()
}

// A refusal repeats the id of the request, which the program chooses.
func TestRefusalsRepeatNoLongIDs(t *testing.T) {
	r, stdin := io.Pipe() // nobody reads
	defer r.Close()
	long := `{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 1<<20) + `","method":"devpm/eval"}` + "\n"
	var odd []string
	w := newWire(io.NopCloser(strings.NewReader(strings.Repeat(long, 20))), stdin, nil,
		handlers{onOdd: func(what string) { odd = append(odd, what) }, onDeaf: func(error) {}})
	if _, err := w.Recv(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	size := 0
	for _, msg := range w.queue {
		size += len(msg)
	}
	if size > 1<<20 {
		t.Errorf("%d bytes of refusals are kept", size)
	}
	if len(odd) != 20 {
		t.Errorf("%d requests were told", len(odd))
	}
	_ = w.Close()
	_ = r.CloseWithError(io.ErrClosedPipe)
	w.out.Wait()
}

func TestOnlyAnswersOfTheProtocolReachTheClient(t *testing.T) {
	var odd []string
	w := listen(t, []byte(`{"jsonrpc":"2.0","id":2,"result":{"a":1},"beside":[]}
{"jsonrpc":"2.0","id":2,"result":{}}
{"jsonrpc":"2.0","id":"1","result":{}}
{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no","more":1}}
{"jsonrpc":"2.0","id":3,"result":null}
`), handlers{onOdd: func(what string) { odd = append(odd, what) }})
	var got []string
	for {
		answer, err := w.Recv()
		if err != nil {
			break
		}
		got = append(got, string(answer))
		for id := range int64(4) {
			w.taken(id)
		}
		w.mu.Lock()
		w.open[1], w.open[3] = true, true
		w.mu.Unlock()
	}
	want := []string{`{"jsonrpc":"2.0","id":2,"result":{"a":1}}`, `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no","more":1}}`, `{"jsonrpc":"2.0","id":3,"result":null}`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if len(odd) != 2 || !strings.Contains(odd[0], "request 2 a second time") || !strings.Contains(odd[1], `id "1"`) {
		t.Errorf("odd %q", odd)
	}
}

// FuzzAnswer takes the output of a program: whatever it is, reading it ends,
// what reaches the client is an answer to an open request, and what is said of
// the rest has a place and can be shown.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "hello\n", `{"jsonrpc":"2.0","id":1,"result":{}}` + "\n",
		`{"jsonrpc":"2.0","id":1,"result":{"registrations":[{"kind":"hook","name":"a","source":"../x"},{"kind":"hook","name":"a"}]}}` + "\n",
		`{"jsonrpc":"2.0","id":2,"result":{"services":{"a/b":1,"~":{}}}}` + "\n",
		`{"jsonrpc":"2.0","id":3,"error":{"code":1,"message":"m"}}` + "\n",
		`{"jsonrpc":"2.0","id":1,"result":NaN}` + "\n", `{"jsonrpc":"2.0","id":1,"result":NaN` + "\x7f\n", "{\"a\":\"\xff\"}\n", `{"a":1,"a":2}` + "\n",
		`{"jsonrpc":"2.0","id":1e0,"result":1}` + "\n", `[{"jsonrpc":"2.0"}]` + "\n", `{"jsonrpc":"2.0","id":7,"method":"x"}` + "\n",
		`{"jsonrpc":"2.0","method":"log","params":{}}` + "\n", `{"jsonrpc":"2.0","id":1,"re`,
		`{"jsonrpc":"2.0","id":2,"result":{"outcome":"maybe","findings":[{"severity":"x"}],"exit_code":-1,"services":[],"volumes":1}}` + "\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, output []byte) {
		s := &Session{program: Program{Name: "x"}, capabilities: protocol.Capabilities(), host: New(Options{})}
		w := listen(t, append(bytes.Clone(output), '\n'), handlers{onNotify: s.notified, onOdd: s.stray})
		for {
			raw, err := w.Recv()
			if err != nil {
				checkEnd(t, err)
				return
			}
			var m protocol.Message
			if err := json.Unmarshal(raw, &m); err != nil {
				t.Fatalf("the client gets %q: %v", raw, err)
			}
			if id := string(m.ID); id != "1" && id != "2" && id != "3" {
				t.Fatalf("an answer to %s reached the client", id)
			}
			for id := range int64(4) {
				w.taken(id)
			}
			if m.Error == nil {
				judgeAll(t, s, jsontext.Value(m.Result))
			}
		}
	})
}

func checkEnd(t *testing.T, err error) {
	t.Helper()
	var fault *lineFault
	switch {
	case errors.As(err, &fault):
		if fault.line < 1 || fault.column < 1 || fault.message == "" || fault.fix == "" || plain(fault.message) != fault.message {
			t.Errorf("fault %+v", fault)
		}
	case !errors.Is(err, io.EOF) && !errors.Is(err, errUnclosed):
		t.Errorf("ended by %v", err)
	}
}

// judgeAll judges a result as the answer to each method.
func judgeAll(t *testing.T, s *Session, raw jsontext.Value) {
	t.Helper()
	judge(t, s, raw, func(d *protocol.Description) faults { return checkDescription(d, s) })
	judge(t, s, raw, checkEvaluation)
	judge(t, s, raw, func(a *protocol.Services) faults { return checkByService("/services", a.Services) })
	judge(t, s, raw, func(a *protocol.Secrets) faults { return checkSecrets(a, nil) })
	judge(t, s, raw, checkStack)
	judge(t, s, raw, checkFindings)
	judge(t, s, raw, checkCommand)
}

func judge[T any](t *testing.T, s *Session, raw jsontext.Value, check func(*T) faults) {
	t.Helper()
	var answer T
	err := s.read("m", raw, &answer)
	if err == nil {
		found := check(&answer)
		if len(found) == 0 {
			return
		}
		err = s.misshapen("m", raw, found...)
	}
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	for _, d := range f.Diagnostics() {
		if d.Message == "" || d.Fix == "" || d.Range.File != "extension x: m" {
			t.Errorf("diagnostic %+v", d)
		}
	}
}
