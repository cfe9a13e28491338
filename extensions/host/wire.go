package host

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/creachadair/jrpc2/channel"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/extensions/protocol"
)

// handlers are called with what the client does not see. A program waits while
// onNotify or onOdd runs.
type handlers struct {
	onNotify func(method string, params jsontext.Value)
	onOdd    func(what string) // a line that can be survived but should not be there
	onDeaf   func(err error)   // the program cannot be written to any more
}

// wire carries messages between a program's streams and jrpc2's client, which
// matches answers to requests. The rest of what the protocol asks is done here,
// before the client sees a line (ADR 27): the limit on a line, strict reading,
// notifications in their order, refusing requests, and passing over what is not
// known. Nothing that a program writes makes it hold more than one line and some
// refusals.
type wire struct {
	in  *bufio.Reader
	buf []byte // of the line that is being read
	src io.Closer

	lines int // read so far

	handlers

	// sent receives the id of each request that was queued. Who makes a request
	// holds Session.sending and takes the id out again.
	sent chan int64

	out sync.WaitGroup // the writer
	mu  sync.Mutex
	// changed is signalled on every change of what follows.
	changed   *sync.Cond
	queue     [][]byte
	refusals  int            // in the queue
	open      map[int64]bool // requests that were sent and not answered
	last      int64          // the highest id sent
	delivered map[int64]bool // answers that the client has and the caller not yet
	closed    bool           // nothing is queued any more
	gone      bool           // nothing is read any more
	writeErr  error
}

var _ channel.Channel = (*wire)(nil)

// The refusals that are kept for a program that does not read them: how many, and
// how long an id they repeat. A longer one is not answered.
const (
	maxRefusals  = 64
	maxRefusedID = 1 << 10
)

// keepBuffer is how large a line buffer may be that is kept for the next line.
const keepBuffer = 256 << 10

var (
	errTooLong  = fmt.Errorf("a message of more than %d MiB", protocol.MaxMessage>>20)
	errUnclosed = errors.New("the output ended in the middle of a message")
)

// newWire makes a wire with the callbacks of h and starts the writer; preamble
// goes first.
func newWire(stdout io.ReadCloser, stdin io.WriteCloser, preamble []byte, h handlers) *wire {
	w := &wire{
		in: bufio.NewReaderSize(stdout, 32<<10), src: stdout, handlers: h,
		sent: make(chan int64, 1), open: map[int64]bool{}, delivered: map[int64]bool{},
	}
	w.changed = sync.NewCond(&w.mu)
	if len(preamble) > 0 {
		w.queue = append(w.queue, preamble)
	}
	w.out.Go(func() { w.write(stdin) })
	return w
}

// Send implements channel.Channel. It queues the message and never blocks: the
// client calls it with its lock held, and a program that does not read must not
// stop the answers to others.
func (w *wire) Send(msg []byte) error {
	if len(msg)+1 > protocol.MaxMessage {
		return fmt.Errorf("what devpm has to say makes %w", errTooLong)
	}
	id, isRequest := requestID(msg)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.writeErr != nil {
		return channel.ErrClosed
	}
	w.push(msg)
	if isRequest {
		w.open[id], w.last = true, id
		w.sent <- id
	}
	return nil
}

func (w *wire) push(msg []byte) {
	w.queue = append(w.queue, append(bytes.Clone(msg), '\n'))
	w.changed.Broadcast()
}

// requestID reads the id of a message that jrpc2 wrote: {"jsonrpc":"2.0","id":7,…
func requestID(msg []byte) (int64, bool) {
	rest, ok := bytes.CutPrefix(msg, []byte(`{"jsonrpc":"2.0","id":`))
	digits, _, cut := bytes.Cut(rest, []byte(","))
	if !ok || !cut {
		return 0, false
	}
	id, err := strconv.ParseInt(string(digits), 10, 64)
	return id, err == nil
}

// write moves the queue into the program's input until the wire is closed.
func (w *wire) write(stdin io.WriteCloser) {
	defer func() { _ = stdin.Close() }()
	for {
		w.mu.Lock()
		for len(w.queue) == 0 && !w.closed {
			w.changed.Wait()
		}
		if len(w.queue) == 0 {
			w.mu.Unlock()
			return
		}
		queue := w.queue
		w.queue, w.refusals = nil, 0
		w.mu.Unlock()
		for _, msg := range queue {
			if _, err := stdin.Write(msg); err != nil {
				w.mu.Lock()
				w.writeErr, w.queue = err, nil
				w.mu.Unlock()
				w.onDeaf(err)
				return
			}
		}
	}
}

// Recv implements channel.Channel. It returns answers to open requests and
// deals with everything else. At the end of the output it first waits until
// every answer has reached its caller: the client forgets answers that it is
// still delivering when the channel ends.
func (w *wire) Recv() ([]byte, error) {
	for {
		line, err := w.readLine()
		if err != nil {
			w.settle()
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		m, fault := readMessage(line)
		switch {
		case fault != nil:
			fault.line, fault.column = w.lines, utf8.RuneCount(line[:fault.offset])+1
			w.settle()
			return nil, fault
		case m.request():
			w.refuse(m)
		case m.Method != "":
			w.onNotify(m.Method, m.Params)
		default:
			if answer := w.answer(m); answer != nil {
				return answer, nil
			}
		}
	}
}

// readLine reads up to the next line feed, which it drops. The line is valid
// until the next call.
func (w *wire) readLine() ([]byte, error) {
	if cap(w.buf) > keepBuffer {
		w.buf = nil
	}
	w.buf = w.buf[:0]
	for {
		chunk, err := w.in.ReadSlice('\n')
		if len(w.buf)+len(chunk) > protocol.MaxMessage {
			return nil, errTooLong
		}
		w.buf = append(w.buf, chunk...)
		switch {
		case err == nil:
			w.lines++
			return w.buf[:len(w.buf)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case len(w.buf) > 0:
			return nil, errUnclosed
		default:
			return nil, err
		}
	}
}

// refuse answers a request of the program: devpm has no methods. What cannot be
// answered within the limits is not.
func (w *wire) refuse(m message) {
	w.onOdd(fmt.Sprintf("it sent a request (%.40q); devpm answers none", m.Method))
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refusals >= maxRefusals || len(m.ID) > maxRefusedID || w.closed {
		return
	}
	w.refusals++
	w.push(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":"method not found: devpm answers no requests"}}`,
		m.ID, protocol.CodeMethodNotFound))
}

// answer returns the message as the client wants it: only members that it
// knows. It is nil for an answer that nobody waits for.
func (w *wire) answer(m message) []byte {
	id, err := strconv.ParseInt(string(m.ID), 10, 64)
	w.mu.Lock()
	known, old := err == nil && w.open[id], err == nil && id > 0 && id <= w.last
	if known {
		delete(w.open, id)
		w.delivered[id] = true
	}
	w.mu.Unlock()
	switch {
	case !known && old:
		w.onOdd(fmt.Sprintf("it answered request %d a second time", id))
		return nil
	case !known:
		w.onOdd(fmt.Sprintf("it answered a request that was never made (id %.40s)", m.ID))
		return nil
	case m.Error != nil:
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"error":%s}`, id, m.Error)
	default:
		return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"result":%s}`, id, m.Result)
	}
}

// taken says that the caller of a request has returned.
func (w *wire) taken(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, id)
	delete(w.delivered, id)
	w.changed.Broadcast()
}

// isDelivered reports whether the program has answered a request whose caller
// has not returned.
func (w *wire) isDelivered(id int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.delivered[id]
}

// settle waits until no answer is on its way to a caller.
func (w *wire) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.delivered) > 0 && !w.gone {
		w.changed.Wait()
	}
}

// hangUp closes the program's input once all that was queued is written.
func (w *wire) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.changed.Broadcast()
}

// Close implements channel.Channel. A reader that waits returns. What the
// program has not read by then is dropped when its input is closed.
func (w *wire) Close() error {
	w.hangUp()
	w.mu.Lock()
	w.gone = true
	w.changed.Broadcast()
	w.mu.Unlock()
	return w.src.Close()
}
