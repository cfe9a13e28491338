package manifest

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
)

// Expander expands strings against one environment. It is for one goroutine.
type Expander struct {
	env    *Environment
	tokens Tokens
	lines  *lineIndex        // of the manifest, to place faults inside strings that have escapes; may be nil
	known  map[string]string // results of envsubst by expression: it starts a goroutine for each
}

// NewExpander returns an expander over e. With a nil environment it leaves
// strings as they are (EXP-19).
func NewExpander(e *Environment, tokens Tokens) *Expander {
	return &Expander{env: e, tokens: tokens, known: make(map[string]string)}
}

// Expand expands one string that stands at a place and path. It reports every
// fault of the string; when one is an error the text comes back as it was. The
// variables and tokens that were read come back in order.
func (x *Expander) Expand(text string, at diag.Range, path string, c *diag.Collector) (string, []Use) {
	out, uses, _ := x.expand(text, at, path, c)
	return out, uses
}

// expand is Expand; ok is false when an error was reported.
func (x *Expander) expand(text string, at diag.Range, path string, c *diag.Collector) (out string, uses []Use, ok bool) {
	if x.env == nil || !strings.Contains(text, "$") {
		return text, nil, true
	}
	pieces, faults := parseTemplate(text, false)
	e := &evaluation{env: x.env, tokens: x.tokens, known: x.known, text: text, faults: faults}
	out = e.sequence(pieces)
	ok = true
	for _, f := range e.faults {
		c.Add(diag.Diagnostic{Code: f.code, Severity: f.severity, Range: x.place(text, at, f.from, f.to), Path: path, Message: f.message, Fix: f.fix})
		ok = ok && f.severity != diag.Error
	}
	if !ok {
		return text, e.uses, false
	}
	return out, e.uses, true
}

// evaluation is the expansion of one string.
type evaluation struct {
	env       *Environment
	tokens    Tokens
	known     map[string]string // may be nil
	text      string
	keepUnset bool // as in dotenv files: unset variables and tokens stay as written
	uses      []Use
	faults    []fault
}

func (e *evaluation) sequence(pieces []piece) string {
	if len(pieces) == 1 && pieces[0].name == "" {
		return pieces[0].literal
	}
	var b strings.Builder
	for _, p := range pieces {
		switch {
		case p.name == "":
			b.WriteString(p.literal)
		case e.keepUnset && e.unknown(p):
			b.WriteString(e.keep(p))
		case p.name[0] == '@':
			b.WriteString(e.token(p))
		default:
			b.WriteString(e.variable(p))
		}
	}
	return b.String()
}

// unknown reports whether nothing says what an expression means.
func (e *evaluation) unknown(p piece) bool {
	_, _, set := e.env.Lookup(p.name)
	return !set && p.operator == ""
}

func (e *evaluation) keep(p piece) string {
	written := e.text[p.from:p.to]
	message := written + " is kept as it is: nothing sets it"
	if !strings.HasPrefix(written, "${") {
		// Most likely a part of a password, which no log should show.
		message = "a dollar sign is kept as it is: no variable has the name behind it"
	}
	e.faults = append(e.faults, fault{p.from, p.to, diag.DotenvUnset, diag.Warning, message, dollarFix})
	return written
}

// variable evaluates ${NAME…}. The word is evaluated only when it is used, so
// that ${A:-${B}} needs no B when A has a value.
func (e *evaluation) variable(p piece) string {
	value, origin, set := e.env.Lookup(p.name)
	chosen, word := choose(p.operator, value, set)
	switch {
	case word && (p.operator == "-" || p.operator == ":-"):
		origin = "default"
	case !set:
		origin = "unset"
	}
	e.uses = append(e.uses, Use{Name: p.name, Origin: origin})
	switch {
	case word && (p.operator == "?" || p.operator == ":?"):
		e.required(p, set)
		return ""
	case !set && p.operator == "":
		fix := fmt.Sprintf("set %s in .env, or write ${%s:-default}", p.name, p.name)
		if near := nearest(p.name, e.env.names()); near != "" {
			fix = fmt.Sprintf("did you mean %s? Otherwise %s", near, fix)
		}
		e.fail(p, diag.ManifestUnset, fmt.Sprintf("the variable %s is not set", p.name), fix)
		return ""
	}
	literal := literalWord(p.word)
	if substitutable(p.operator, literal) {
		expression := e.text[p.from:p.to]
		if text, ok := e.known[expression]; ok {
			return text
		}
		if text, err := substitute(p.name, p.operator, literal, value, set); err == nil {
			if e.known != nil {
				e.known[expression] = text
			}
			return text
		}
	}
	if word {
		return e.sequence(p.word)
	}
	return chosen
}

// choose decides an expression: its value, or that its word counts.
func choose(operator, value string, set bool) (chosen string, word bool) {
	full := set && (value != "" || !strings.HasPrefix(operator, ":"))
	switch strings.TrimPrefix(operator, ":") {
	case "-", "?":
		if full {
			return value, false
		}
		return "", true
	case "+":
		return "", full
	default:
		return value, false
	}
}

// literalWord is the text of a word that has no expression in it, else "".
func literalWord(word []piece) string {
	if len(word) == 1 && word[0].name == "" {
		return word[0].literal
	}
	return ""
}

func (e *evaluation) required(p piece, set bool) {
	state := "is not set"
	if set {
		state = "is empty"
	}
	message := fmt.Sprintf("the required variable %s %s", p.name, state)
	if text := strings.TrimSpace(e.sequence(p.word)); text != "" {
		message += ": " + text
	}
	e.fail(p, diag.ManifestRequiredUnset, message, fmt.Sprintf("set %s in .env", p.name))
}

func (e *evaluation) fail(p piece, code diag.Code, message, fix string) {
	e.say(p, diag.Error, code, message, fix)
}

func (e *evaluation) say(p piece, severity diag.Severity, code diag.Code, message, fix string) {
	e.faults = append(e.faults, fault{p.from, p.to, code, severity, message, fix})
}
