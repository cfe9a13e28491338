package manifest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/diag"
)

// Limits of a manifest. A real one has a few hundred lines and five levels.
const (
	MaxBytes = 10 << 20
	maxDepth = 200
	// maxDuplicates bounds what is said about keys that are set twice.
	maxDuplicates = 100
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// Parse reads a manifest's bytes as strict JSON (RFC 8259: UTF-8, no byte
// order mark, unique keys, one value). It reports every fault it can pass and
// returns nil when the bytes are not JSON, are too large or too deep, or hold
// anything but an object. Of a key set twice the first value is kept.
func Parse(file string, src []byte, c *diag.Collector) *Document {
	root := parseAny(file, src, c)
	if root == nil {
		return nil
	}
	if root.Kind != Object {
		c.Add(diag.Diagnostic{Code: diag.ManifestNotObject, Range: root.Range,
			Message: "the manifest is " + describe(root) + ", not a JSON object",
			Fix:     `write the manifest as one object: { "manifest_schema": 2, … }`})
		return nil
	}
	return &Document{File: file, Source: src, Root: root}
}

// ReadJSON reads any JSON value as strictly as a manifest, with places in a file
// of the given name. nil means that it is no JSON, too large or too deep.
func ReadJSON(file string, src []byte, c *diag.Collector) *Node { return parseAny(file, src, c) }

// parseAny is Parse for any JSON value.
func parseAny(file string, src []byte, c *diag.Collector) *Node {
	r := &reader{file: file, src: src, c: c, cursor: newCursor(src)}
	if len(src) > MaxBytes {
		r.report(diag.ManifestTooLarge, 0, 0,
			fmt.Sprintf("the file has %d bytes; a manifest may have %d", len(src), MaxBytes),
			"check that this is the manifest and not some other file")
		return nil
	}
	if bytes.HasPrefix(src, byteOrderMark) {
		r.report(diag.ManifestEncoding, 0, len(byteOrderMark), "the file starts with a byte order mark",
			"save the file as UTF-8 without BOM")
		r.start = len(byteOrderMark)
	}
	return r.document()
}

// reader builds the tree of one source with places. It is the only user of
// jsontext.
type reader struct {
	file   string
	src    []byte
	start  int // of the JSON text: after a byte order mark
	c      *diag.Collector
	cursor *cursor
	dec    *jsontext.Decoder
	open   []int // offsets of the brackets not yet closed
	block  []Node

	duplicates int
}

// errStop says that the fault is reported and reading cannot go on.
var errStop = errors.New("stop")

// document reads the one value of the source; nil when there is none.
//
// The decoder stops at a broken character. To find the faults behind it the
// source is read again with such characters let through; when that comes
// further, the first stop was about encoding and nothing else. What both
// passes report is the same, and a diag.List drops repetitions.
func (r *reader) document() *Node {
	root, err := r.pass(false)
	if strict, broken := faultOffset(err); broken {
		root, err = r.pass(true)
		if lenient, still := faultOffset(err); !still || lenient > strict {
			r.reportEncoding(r.start + strict)
		}
	}
	if err != nil && !errors.Is(err, errStop) {
		r.reportSyntax(err)
	}
	return root
}

// pass reads the source once. It returns the decoder's fault, or errStop when
// a fault is reported already. What stands behind the value is not read.
func (r *reader) pass(lenient bool) (*Node, error) {
	r.open, r.duplicates = r.open[:0], 0
	r.dec = jsontext.NewDecoder(bytes.NewBuffer(r.src[r.start:]),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(lenient))
	root, err := r.value(0)
	if err != nil {
		return nil, err
	}
	after := r.start + int(r.dec.InputOffset())
	if rest := skipBlanks(r.src, after); rest < len(r.src) {
		r.reportTrailing(rest)
	}
	return root, nil
}

// faultOffset is the offset, in the JSON text, of a fault of the decoder.
func faultOffset(err error) (int, bool) {
	fault, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return 0, false
	}
	return int(fault.ByteOffset), true
}

// token reads one token and returns it with the offsets of its first byte and
// of the byte after it.
func (r *reader) token() (tok jsontext.Token, from, to int, err error) {
	from = r.start + int(r.dec.InputOffset())
	tok, err = r.dec.ReadToken()
	if err != nil {
		return tok, from, from, err
	}
	to = r.start + int(r.dec.InputOffset())
	for from < to && isBetweenTokens(r.src[from]) {
		from++
	}
	return tok, from, to, nil
}

func (r *reader) span(from, to int) diag.Range {
	return diag.Range{File: r.file, Start: r.cursor.position(from), End: r.cursor.position(to)}
}

// value reads the next value.
func (r *reader) value(depth int) (*Node, error) {
	tok, from, to, err := r.token()
	if err != nil {
		return nil, err
	}
	return r.rest(tok, from, to, depth)
}

// rest finishes the value that starts with tok.
func (r *reader) rest(tok jsontext.Token, from, to, depth int) (*Node, error) {
	n := r.node()
	n.Range = r.span(from, to)
	switch tok.Kind() {
	case jsontext.KindNull:
		return n, nil
	case jsontext.KindTrue, jsontext.KindFalse:
		n.Kind, n.Text = Bool, tok.String()
		return n, nil
	case jsontext.KindNumber:
		n.Kind, n.Text = Number, string(r.src[from:to])
		return n, nil
	case jsontext.KindString:
		n.Kind, n.Text = String, tok.String()
		return n, nil
	}
	if depth == maxDepth {
		r.report(diag.ManifestTooDeep, from, to, fmt.Sprintf("objects and lists are nested more than %d deep", maxDepth),
			"check for a bracket that is opened again and again")
		return nil, errStop
	}
	r.open = append(r.open, from)
	var err error
	if tok.Kind() == jsontext.KindBeginObject {
		n.Kind, err = Object, r.object(n, depth+1)
	} else {
		n.Kind, err = Array, r.array(n, depth+1)
	}
	if err != nil {
		return nil, err
	}
	r.open = r.open[:len(r.open)-1]
	n.Range.End = r.cursor.position(r.start + int(r.dec.InputOffset()))
	return n, nil
}

// node takes a node from a block: a tree has thousands, and they live and die
// together.
func (r *reader) node() *Node {
	if len(r.block) == 0 {
		r.block = make([]Node, 64)
	}
	n := &r.block[0]
	r.block = r.block[1:]
	return n
}

func (r *reader) array(n *Node, depth int) error {
	for {
		tok, from, to, err := r.token()
		if err != nil || tok.Kind() == jsontext.KindEndArray {
			return err
		}
		item, err := r.rest(tok, from, to, depth)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
}

// fewMembers is the size up to which a linear look for an earlier key is
// cheaper than a map.
const fewMembers = 16

func (r *reader) object(n *Node, depth int) error {
	var index map[string]int
	find := func(key string) int {
		if len(n.Members) > fewMembers {
			if index == nil {
				index = make(map[string]int)
				for i, m := range n.Members {
					index[m.Key] = i
				}
			}
			if i, ok := index[key]; ok {
				return i
			}
			return -1
		}
		for i := range n.Members {
			if n.Members[i].Key == key {
				return i
			}
		}
		return -1
	}
	for {
		tok, from, to, err := r.token()
		if err != nil || tok.Kind() == jsontext.KindEndObject {
			return err
		}
		m := Member{Key: tok.String(), KeyRange: r.span(from, to)}
		if m.Value, err = r.value(depth); err != nil {
			return err
		}
		if i := find(m.Key); i >= 0 {
			if r.duplicates++; r.duplicates <= maxDuplicates {
				r.reportDuplicate(m, n.Members[i])
			}
			continue
		}
		n.Members = append(n.Members, m)
		if index != nil {
			index[m.Key] = len(n.Members) - 1
		}
	}
}

func isBetweenTokens(b byte) bool {
	return b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == ',' || b == ':'
}
