package pack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Limits of extension.yml. Aliases are resolved, so that what they repeat counts
// each time: a few lines can stand for millions of values.
const (
	MaxMetadata = 1 << 20 // bytes
	maxNodes    = 20_000
	maxDepth    = 64
)

// readYAML reads one YAML document as a tree with places. It returns nil, with
// a finding, for text that is none.
func readYAML(file string, src []byte, c *diag.Collector) *manifest.Node {
	r := &yamlReader{file: file, c: c, lines: bytes.Split(src, []byte("\n"))}
	if len(src) > MaxMetadata {
		r.fault(diag.PackageLimit, diag.Position{}, fmt.Sprintf("the file has %d bytes; %d are allowed", len(src), MaxMetadata), "move what is long to files of its own")
		return nil
	}
	if at := invalidUTF8(src); at >= 0 {
		r.fault(diag.PackageYAML, r.position(src, at), "the text is not UTF-8", "save the file as UTF-8")
		return nil
	}
	src = r.blanks(src)
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	if err := decode(dec, &doc); err != nil {
		if errors.Is(err, io.EOF) {
			r.fault(diag.PackageYAML, diag.Position{}, "the file is empty", "describe the extension; `devpm ext init` makes a sample")
		} else {
			r.syntax(err)
		}
		return nil
	}
	if err := decode(dec, &more); !errors.Is(err, io.EOF) {
		if err != nil {
			r.syntax(err)
		} else {
			r.fault(diag.PackageYAML, diag.Position{Line: more.Line, Column: more.Column}, "a second document begins here; the file has one", "remove the line with three dashes, and what follows it")
		}
		return nil
	}
	root := r.node(doc.Content[0], 0)
	if r.stop {
		return nil
	}
	return root
}

// noBreak is U+00A0 where text that was copied from a web page has it and YAML
// wants a blank: in an indent, and after the colon of a key.
var noBreak = regexp.MustCompile(`(?m)^[ -]*\x{a0}[ \x{a0}]*(?:[A-Za-z_][A-Za-z0-9_.-]*:\x{a0}+)?|^[ -]*[A-Za-z_][A-Za-z0-9_.-]*:\x{a0}+`)

// blanks puts blanks in place of no-break spaces that no YAML reader takes for
// blanks: the vendor's own sample has them. One replaces one, so that columns
// stay.
func (r *yamlReader) blanks(src []byte) []byte {
	at := noBreak.FindIndex(src)
	if at == nil {
		return src
	}
	p := r.position(src, at[0]+bytes.IndexRune(src[at[0]:], '\u00a0'))
	r.c.Add(diag.Diagnostic{Code: diag.PackageYAML, Severity: diag.Warning, Range: diag.Range{File: r.file, Start: p},
		Message: "no-break spaces stand where YAML wants blanks; devpm reads them as blanks, other programs do not", Fix: "replace them by blanks"})
	src = noBreak.ReplaceAllFunc(src, func(run []byte) []byte { return bytes.ReplaceAll(run, []byte("\u00a0"), []byte(" ")) })
	r.lines = bytes.Split(src, []byte("\n"))
	return src
}

// decode turns a panic of the parser into an error: the bytes come from
// outside.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(n)
}

type yamlReader struct {
	file  string
	c     *diag.Collector
	lines [][]byte
	count int
	stop  bool // a limit was passed: nothing more is said
}

func (r *yamlReader) fault(code diag.Code, at diag.Position, message, fix string) {
	r.c.Add(diag.Diagnostic{Code: code, Range: diag.Range{File: r.file, Start: at}, Message: message, Fix: fix})
}

func (r *yamlReader) position(src []byte, offset int) diag.Position {
	line := bytes.Count(src[:offset], []byte("\n"))
	start := bytes.LastIndexByte(src[:offset], '\n') + 1
	return diag.Position{Line: line + 1, Column: utf8.RuneCount(src[start:offset]) + 1}
}

func invalidUTF8(src []byte) int {
	for i := 0; i < len(src); {
		c, size := utf8.DecodeRune(src[i:])
		if c == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// syntax words an error of the parser, which knows a line at most.
func (r *yamlReader) syntax(err error) {
	m := yamlLine.FindStringSubmatch(strings.Join(strings.Fields(err.Error()), " "))
	at := diag.Position{}
	if n, e := strconv.Atoi(m[1]); e == nil {
		at = diag.Position{Line: min(max(n, 1), max(len(r.lines), 1)), Column: 1}
	}
	fix := "correct the line, or the one above it"
	for _, line := range r.lines {
		if bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("\t")) {
			fix = "indent with blanks: YAML does not take tabs"
		}
	}
	r.fault(diag.PackageYAML, at, "this is not YAML: "+m[2], fix)
}

// node converts one node; the parser's own tree keeps aliases as they are.
func (r *yamlReader) node(n *yaml.Node, depth int) *manifest.Node {
	r.count++
	switch {
	case r.stop:
		return &manifest.Node{}
	case depth > maxDepth:
		return r.tooMuch(n, fmt.Sprintf("values are nested more than %d deep", maxDepth))
	case r.count > maxNodes:
		return r.tooMuch(n, fmt.Sprintf("the file holds more than %d values, aliases resolved", maxNodes))
	}
	out := &manifest.Node{Range: r.rangeOf(n)}
	switch n.Kind {
	case yaml.AliasNode:
		return r.node(n.Alias, depth+1)
	case yaml.SequenceNode:
		out.Kind = manifest.Array
		for _, item := range n.Content {
			out.Items = append(out.Items, r.node(item, depth+1))
		}
	case yaml.MappingNode:
		r.mapping(n, out, depth)
	default:
		r.scalar(n, out)
	}
	return out
}

func (r *yamlReader) tooMuch(n *yaml.Node, message string) *manifest.Node {
	r.stop = true
	r.fault(diag.PackageLimit, diag.Position{Line: n.Line, Column: n.Column}, message, "simplify the file")
	return &manifest.Node{}
}

func (r *yamlReader) mapping(n *yaml.Node, out *manifest.Node, depth int) {
	out.Kind = manifest.Object
	first := map[string]diag.Range{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := r.rangeOf(key)
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			r.c.Add(diag.Diagnostic{Code: diag.PackageKey, Range: at, Message: "this is not a key: a plain word is expected", Fix: "write the keys out one by one"})
			continue
		}
		if before, ok := first[key.Value]; ok {
			r.c.Add(diag.Diagnostic{Code: diag.PackageKey, Range: at, Message: fmt.Sprintf("the key %q is there twice", key.Value),
				Fix: "keep one of the two", Related: []diag.Related{{Range: before, Message: "first set here"}}})
			continue
		}
		first[key.Value] = at
		out.Members = append(out.Members, manifest.Member{Key: key.Value, KeyRange: at, Value: r.node(value, depth+1)})
	}
}

// scalar gives a value its type in JSON. Dates and binary data, which JSON has
// not, are text as written.
func (r *yamlReader) scalar(n *yaml.Node, out *manifest.Node) {
	out.Kind, out.Text = manifest.String, n.Value
	switch n.ShortTag() {
	case "!!null":
		out.Kind, out.Text = manifest.Null, ""
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			out.Kind, out.Text = manifest.Bool, strconv.FormatBool(b)
		}
	case "!!int", "!!float":
		out.Kind = manifest.Number
		if jsonNumber.MatchString(n.Value) {
			return
		}
		var f float64
		var i int64
		switch {
		case n.Decode(&i) == nil:
			out.Text = strconv.FormatInt(i, 10)
		case n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0):
			out.Text = strconv.FormatFloat(f, 'g', -1, 64)
		default:
			out.Kind = manifest.Null
			r.c.Add(diag.Diagnostic{Code: diag.PackageType, Range: out.Range, Message: fmt.Sprintf("%s is no number that devpm can pass on", n.Value), Fix: "put it in double quotes if it is text"})
		}
	}
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// rangeOf is where a node stands. The end is known for text on one line that is
// written as it is read.
func (r *yamlReader) rangeOf(n *yaml.Node) diag.Range {
	out := diag.Range{File: r.file, Start: diag.Position{Line: n.Line, Column: n.Column}}
	if n.Kind != yaml.ScalarNode || n.Line < 1 || n.Line > len(r.lines) {
		return out
	}
	rest := []rune(string(r.lines[n.Line-1]))
	if n.Column < 1 || n.Column > len(rest)+1 {
		return out
	}
	rest = rest[n.Column-1:]
	for _, quote := range []string{"", `"`, "'"} {
		written := []rune(quote + n.Value + quote)
		if (n.Value != "" || quote != "") && len(rest) >= len(written) && slices.Equal(rest[:len(written)], written) {
			out.End = diag.Position{Line: n.Line, Column: n.Column + len(written)}
			break
		}
	}
	return out
}

// within is the place of an offset (in bytes) in the text of a node, where it is
// known; else the node's.
func within(n *manifest.Node, offset int) diag.Range {
	at := n.Range
	if at.End.IsZero() || offset > len(n.Text) {
		return at
	}
	quote := (at.End.Column - at.Start.Column - utf8.RuneCountInString(n.Text)) / 2
	at.Start.Column += quote + utf8.RuneCountInString(n.Text[:offset])
	at.End = diag.Position{}
	return at
}
