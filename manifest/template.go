package manifest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/devpm/devpm/diag"
)

// piece is a part of a template: literal text, or an expression. Offsets are
// bytes of the string that was parsed.
type piece struct {
	from, to int
	literal  string // the text, when name is empty
	name     string // the variable, or "@service:db"
	operator string // "", "-", ":-", "?", ":?", "+" or ":+"
	word     []piece
}

// fault is what is wrong with a stretch of a template.
type fault struct {
	from, to     int
	code         diag.Code
	severity     diag.Severity
	message, fix string
}

// maxNesting bounds `${A:-${B:-…}}`. Nobody writes five levels.
const maxNesting = 20

// parser splits a string into pieces (design §2, decision 3 and §7): braced
// forms as in Compose files, "$$" for a dollar sign, tokens after "@".
// Everything else that has a dollar sign is literal, with a warning where the
// user may have meant otherwise.
type parser struct {
	text    string
	named   bool        // "$NAME" is a variable, as in dotenv files
	closing map[int]int // offset of "${" → offset of its "}"
	faults  []fault
}

// parseTemplate never fails: a faulty expression is a literal piece and a
// fault.
func parseTemplate(text string, named bool) ([]piece, []fault) {
	p := &parser{text: text, named: named}
	// A brace inside a default belongs to it, as in ${A:-{"x": 1}}. When the
	// braces do not balance that way, only those of expressions count.
	if !p.match(true) {
		p.match(false)
	}
	return p.sequence(0, len(text), 0), p.faults
}

// match finds the end of each expression and reports whether all have one.
func (p *parser) match(plainBraces bool) bool {
	p.closing = nil
	const plain = -1
	var open []int
	for i := 0; i < len(p.text); i++ {
		switch {
		case p.text[i] == '$' && i+1 < len(p.text) && p.text[i+1] == '$':
			i++
		case p.text[i] == '$' && i+1 < len(p.text) && p.text[i+1] == '{':
			open = append(open, i)
			i++
		case p.text[i] == '{' && plainBraces && len(open) > 0:
			open = append(open, plain)
		case p.text[i] == '}' && len(open) > 0:
			if start := open[len(open)-1]; start != plain {
				if p.closing == nil {
					p.closing = make(map[int]int)
				}
				p.closing[start] = i
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

// sequence parses text[from:to].
func (p *parser) sequence(from, to, depth int) []piece {
	var out []piece
	literal := func(from, to int, text string) {
		if text != "" {
			out = append(out, piece{from: from, to: to, literal: text})
		}
	}
	for i := from; i < to; {
		skip := strings.IndexByte(p.text[i:to], '$')
		if skip < 0 {
			literal(i, to, p.text[i:to])
			break
		}
		literal(i, i+skip, p.text[i:i+skip])
		i += skip
		var next byte
		if i+1 < to {
			next = p.text[i+1]
		}
		switch next {
		case '$':
			literal(i, i+2, "$")
			i += 2
		case '{':
			end, ok := p.closing[i]
			if !ok {
				p.literally(i, i+2, `"${" has no closing brace and is kept as it is`, `close it with "}", or write "$${" for the two characters`)
				literal(i, i+2, "${")
				i += 2
				continue
			}
			if e, ok := p.expression(i, end, depth); ok {
				out = append(out, e)
			} else {
				literal(i, end+1, p.text[i:end+1])
			}
			i = end + 1
		default:
			name := leadingName(p.text[i+1 : to])
			end := i + 1 + len(name)
			switch {
			case p.named && name != "":
				out = append(out, piece{from: i, to: end, name: name})
				i = end
				continue
			case name != "":
				p.literally(i, end, fmt.Sprintf("$%s is kept as it is: only ${%s} is expanded", name, name),
					fmt.Sprintf("write $$%s when the dollar sign is meant, or ${%s} to expand the variable", name, name))
			default:
				p.literally(i, i+1, "the dollar sign is kept as it is", "write $$ to say that a dollar sign is meant")
			}
			literal(i, end, p.text[i:end])
			i = end
		}
	}
	return out
}

// expression parses the "${…}" at text[at:end+1].
func (p *parser) expression(at, end, depth int) (piece, bool) {
	body, whole := p.text[at+2:end], short(p.text[at:end+1])
	if body == "" {
		p.literally(at, end+1, "${} names no variable and is kept as it is", "write the variable's name between the braces, or $${} for the text")
		return piece{}, false
	}
	if depth == maxNesting {
		p.malformed(at, end+1, fmt.Sprintf("expressions are nested more than %d deep", maxNesting), "use one variable for the whole value")
		return piece{}, false
	}
	if body[0] == '@' {
		return p.token(at, end, body[1:])
	}
	name := leadingName(body)
	if name == "" {
		p.malformed(at, end+1, fmt.Sprintf("%s is not an expression: a name starts with a letter or an underscore", whole), nameFix(body))
		return piece{}, false
	}
	rest := body[len(name):]
	if rest == "" {
		return piece{from: at, to: end + 1, name: name}, true
	}
	for _, operator := range []string{":-", ":?", ":+", "-", "?", "+"} {
		if strings.HasPrefix(rest, operator) {
			word := at + 2 + len(name) + len(operator)
			return piece{from: at, to: end + 1, name: name, operator: operator, word: p.sequence(word, end, depth+1)}, true
		}
	}
	switch {
	case strings.HasPrefix(rest, ":=") || rest[0] == '=':
		p.malformed(at, end+1, fmt.Sprintf("%s would set the variable, which a manifest cannot", whole), fmt.Sprintf("write ${%s:-%s}", name, strings.TrimLeft(rest, ":=")))
	case rest[0] == ':':
		p.malformed(at, end+1, fmt.Sprintf("%s has no known operator after the colon", whole), fmt.Sprintf("write ${%s:-default}, ${%s:?message} or ${%s:+other}", name, name, name))
	default:
		p.malformed(at, end+1, fmt.Sprintf("%s is not an expression: a name has letters, digits and underscores only", whole), nameFix(body))
	}
	return piece{}, false
}

// The names that tokens take. Service names may have what a service's name
// may have (spec §3.1 knows no hyphens).
var (
	sourceName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	secretName  = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
)

// token parses "${@kind:name}".
func (p *parser) token(at, end int, body string) (piece, bool) {
	whole := short(p.text[at : end+1])
	kind, name, ok := strings.Cut(body, ":")
	if !ok {
		p.malformed(at, end+1, fmt.Sprintf("%s is not a token", whole), "write ${@service:NAME}, ${@source:NAME} or ${@secret:KEY}; a variable has no @")
		return piece{}, false
	}
	pattern, fix := (*regexp.Regexp)(nil), ""
	switch kind {
	case "source":
		pattern, fix = sourceName, "a source has lower-case letters, digits and underscores: ${@source:my_source}"
	case "service":
		pattern, fix = serviceName, "name a service: ${@service:db}"
	case "secret":
		pattern, fix = secretName, "a secret's key has letters, digits, dots, hyphens and underscores, and takes no default: ${@secret:smtp.password}"
	default:
		p.literally(at, end+1, fmt.Sprintf("%s is no known token and is kept as it is", whole),
			didYouMean(kind, []string{"service", "source", "secret"}, "kinds")+"; write $"+whole+" for the text")
		return piece{}, false
	}
	if !pattern.MatchString(name) {
		p.malformed(at, end+1, fmt.Sprintf("%s names no %s", whole, kind), fix)
		return piece{}, false
	}
	return piece{from: at, to: end + 1, name: "@" + body}, true
}

// maxFaults bounds what is said about one string: a string with more faults is
// not meant as a template at all.
const maxFaults = 50

func (p *parser) literally(from, to int, message, fix string) {
	p.add(fault{from, to, diag.ManifestLiteralDollar, diag.Warning, message, fix})
}

func (p *parser) malformed(from, to int, message, fix string) {
	p.add(fault{from, to, diag.ManifestExpression, diag.Error, message, fix})
}

func (p *parser) add(f fault) {
	if len(p.faults) < maxFaults {
		p.faults = append(p.faults, f)
	}
}

// short is an expression in a message.
func short(text string) string {
	const most = 60
	if runes := []rune(text[:min(len(text), 4*most)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// nameFix proposes what a malformed name probably meant.
func nameFix(body string) string {
	if name := strings.TrimSpace(body); name != body && leadingName(name) == name && name != "" {
		return fmt.Sprintf("write ${%s} without blanks", name)
	}
	return "write ${NAME}, or $${ when the characters are meant"
}

// leadingName is the variable name that text starts with.
func leadingName(text string) string {
	end := 0
	for end < len(text) && (text[end] == '_' || isLetter(text[end]) || end > 0 && isDigit(rune(text[end]))) {
		end++
	}
	return text[:end]
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }
