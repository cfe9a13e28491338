package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/protocol"
)

// message is one line of a program, read strictly: UTF-8, no duplicate names at
// any depth, nothing behind the value. Members that the protocol does not know
// are passed over.
type message struct {
	JSONRPC string         `json:"jsonrpc"`
	ID      jsontext.Value `json:"id"`
	Method  string         `json:"method"`
	Params  jsontext.Value `json:"params"`
	Result  jsontext.Value `json:"result"`
	Error   jsontext.Value `json:"error"`
}

// lineFault says what is wrong with a line.
type lineFault struct {
	line    int    // of the output, from 1
	column  int    // from 1, in code points; 0 when the whole line is meant
	offset  int    // of the byte concerned, from 0
	message string // goes after "it wrote a line that …"
	fix     string
}

// Error words the fault.
func (f *lineFault) Error() string { return "a line " + f.message }

// position is the place in the program's output.
func (f *lineFault) position() diag.Position { return diag.Position{Line: f.line, Column: f.column} }

// readMessage reads one line without its ending.
func readMessage(line []byte) (message, *lineFault) {
	var m message
	if err := json.Unmarshal(line, &m); err != nil {
		return message{}, wordLine(line, err)
	}
	fault := func(text, fix string) (message, *lineFault) { return message{}, &lineFault{message: text, fix: fix} }
	switch {
	case m.JSONRPC != protocol.JSONRPC:
		return fault(`is no message: "jsonrpc" is not "2.0"`, `write {"jsonrpc": "2.0", …} on every line of standard output`)
	case !validID(m.ID):
		return fault("has an id that is neither a whole number nor a string", "answer with the id of the request, as it was sent")
	case m.Method != "" && (m.Result != nil || m.Error != nil):
		return fault("is a request and an answer at once", "write each into a line of its own")
	case m.Method == "" && m.Result == nil && m.Error == nil:
		return fault(`has neither "method" nor "result" nor "error"`, "see docs/protocol for the shape of a message")
	case m.Result != nil && m.Error != nil && m.Error.Kind() != jsontext.KindNull:
		return fault(`has a "result" and an "error"`, "an answer has one of the two")
	}
	if m.Error.Kind() == jsontext.KindNull && m.Result != nil {
		m.Error = nil // as JSON-RPC 1.0 writes success
	}
	var e struct {
		Code    *int    `json:"code"`
		Message *string `json:"message"`
	}
	if m.Error != nil && (json.Unmarshal(m.Error, &e) != nil || e.Code == nil || e.Message == nil) {
		return fault(`has an "error" that is not an object with a code and a message`, `write {"code": -32000, "message": "what went wrong"}`)
	}
	return m, nil
}

// request reports whether the program asks devpm something.
func (m *message) request() bool { return m.Method != "" && hasID(m.ID) }

func hasID(id jsontext.Value) bool { return id != nil && id.Kind() != jsontext.KindNull }

func validID(id jsontext.Value) bool {
	switch id.Kind() {
	case jsontext.KindNumber:
		return !bytes.ContainsAny(id, ".eE")
	case jsontext.KindString, jsontext.KindNull:
		return true
	default:
		return id == nil
	}
}

// wordLine says in words why a line cannot be read.
func wordLine(line []byte, err error) *lineFault {
	f := &lineFault{fix: "standard output belongs to the protocol: write what is for people to standard error"}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		f.offset = int(semantic.ByteOffset)
		f.message = "is JSON, but no message" + at(semantic.JSONPointer)
		return f
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		f.offset = min(int(syntactic.ByteOffset), len(line))
	}
	first, _ := utf8.DecodeRune(bytes.TrimLeft(line, " \t\r"))
	rest := line[f.offset:]
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		f.message, f.fix = "has the same key twice in one object"+at(syntactic.JSONPointer), "write every key once"
	case first != '{' && first != '[':
		// Not even meant as a message. Only such lines are shown: a message may
		// hold a secret.
		f.offset, f.message = 0, "is no message: "+excerpt(line)
	case !utf8.Valid(line):
		f.offset = invalidAt(line)
		f.message, f.fix = fmt.Sprintf("is not UTF-8: the byte 0x%02X", line[f.offset]), "encode what you write as UTF-8"
	case notFinite.Match(rest):
		f.message = fmt.Sprintf("is not JSON: %s is no number of JSON", notFinite.Find(rest))
		f.fix = "write null or a string instead (in Python: json.dumps(…, allow_nan=False) finds it)"
	case syntactic != nil && strings.Count(string(syntactic.JSONPointer), "/") >= maxDepth:
		f.message, f.fix = "is nested too deep", "answer with flatter data"
	case errors.Is(err, io.ErrUnexpectedEOF) || f.offset >= len(line):
		f.message, f.fix = "is not JSON: it ends in the middle", "write every message as one line, and a line break only behind it"
	default:
		f.message, f.fix = "is not JSON"+at(pointerOf(syntactic)), "make messages with a JSON library, one a line"
	}
	return f
}

// notFinite is how programs write the numbers that JSON has not. Only the word
// itself is shown: what follows may be anything.
var notFinite = regexp.MustCompile(`^(NaN|-?Infinity)`)

// maxDepth is what jsontext reads.
const maxDepth = 9_990

func pointerOf(err *jsontext.SyntacticError) jsontext.Pointer {
	if err == nil {
		return ""
	}
	return err.JSONPointer
}

// maxPointer bounds how much of a path is shown: a program chooses its keys.
const maxPointer = 120

func at(p jsontext.Pointer) string {
	if p == "" {
		return ""
	}
	if len(p) > maxPointer {
		p = p[:maxPointer] + "…"
	}
	return " (at " + plain(string(p)) + ")"
}

// invalidAt is the offset of the first byte that is not UTF-8.
func invalidAt(line []byte) int {
	for i := 0; i < len(line); {
		r, size := utf8.DecodeRune(line[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return 0
}

// excerptLength is how many bytes of a stray line are shown.
const excerptLength = 80

func excerpt(line []byte) string {
	if len(line) <= excerptLength {
		return strconv.Quote(string(line))
	}
	return strconv.Quote(string(line[:excerptLength])) + "…"
}
