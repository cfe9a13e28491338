package pack

import (
	"fmt"
	"math/big"
	"strings"
)

// DefaultPython is what `requires_python` means where it is absent.
const DefaultPython = ">=2.6"

// Specifier says which versions of Python will do: a named subset of PEP 440
// (specification of extension systems, §4.3). The zero Specifier allows all.
type Specifier struct {
	text    string
	clauses []clause
}

// clause is one comparison.
type clause struct {
	op    string
	parts []*big.Int
	star  bool
}

// SpecifierError says what is wrong with a specifier, and where.
type SpecifierError struct {
	Offset  int // in bytes, of the character that is wrong; the length of the text when something is missing
	Message string
}

// Error is the message with its offset.
func (e *SpecifierError) Error() string { return fmt.Sprintf("at %d: %s", e.Offset, e.Message) }

// operators, longest first.
var operators = []string{"==", "!=", "<=", ">=", "<", ">"}

// maxSpecifier is how long a specifier may be, in bytes.
const maxSpecifier = 1024

// ParseSpecifier reads clauses separated by commas, all of which must hold:
//
//	clause  := op version
//	op      := "==" | "!=" | "<=" | ">=" | "<" | ">"
//	version := number { "." number } [ "*" | ".*" ]     star only with == and !=
//
// Blanks around the parts do not count. A star stands for any further parts:
// "==3*" is every Python 3, and "!=3.1*" excludes 3.1.x but not 3.10.
func ParseSpecifier(text string) (Specifier, *SpecifierError) {
	s := specifierReader{text: text}
	if len(text) > maxSpecifier {
		return Specifier{}, s.fault(maxSpecifier, "a specifier has %d characters at most", maxSpecifier)
	}
	out := Specifier{text: strings.TrimSpace(text)}
	for {
		c, err := s.clause()
		if err != nil {
			return Specifier{}, err
		}
		out.clauses = append(out.clauses, c)
		s.blanks()
		if s.at == len(s.text) {
			return out, nil
		}
		if s.text[s.at] != ',' {
			return Specifier{}, s.fault(s.at, "%s is not expected here: a comma or the end is", s.char())
		}
		s.at++
	}
}

type specifierReader struct {
	text string
	at   int
}

func (s *specifierReader) fault(at int, format string, args ...any) *SpecifierError {
	return &SpecifierError{Offset: min(at, len(s.text)), Message: fmt.Sprintf(format, args...)}
}

// char quotes the character at hand, whole.
func (s *specifierReader) char() string {
	for _, r := range s.text[s.at:] {
		return fmt.Sprintf("%q", string(r))
	}
	return "the end"
}

func (s *specifierReader) blanks() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\t') {
		s.at++
	}
}

func (s *specifierReader) clause() (clause, *SpecifierError) {
	s.blanks()
	start := s.at
	rest := s.text[start:]
	var c clause
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			c.op = op
			break
		}
	}
	switch {
	case strings.HasPrefix(rest, "==="):
		return c, s.fault(start, `"===" is not known: write "=="`)
	case strings.HasPrefix(rest, "~="):
		return c, s.fault(start, `"~=" is not known: write the two ends, such as ">=3.6,<4"`)
	case rest == "" && start == 0:
		return c, s.fault(start, "the specifier is empty")
	case rest == "":
		return c, s.fault(start, "a clause such as \">=3.6\" is expected")
	case c.op == "":
		return c, s.fault(start, "%s is no operator: one of ==, !=, <, <=, >, >= is expected", s.char())
	}
	s.at += len(c.op)
	s.blanks()
	if err := s.version(&c); err != nil {
		return c, err
	}
	return c, nil
}

func (s *specifierReader) version(c *clause) *SpecifierError {
	for {
		start := s.at
		for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
			s.at++
		}
		if s.at == start {
			if s.at == len(s.text) {
				return s.fault(s.at, "a version is missing after %q", c.op)
			}
			return s.fault(s.at, "%s is no digit: a version such as 3.11 is expected", s.char())
		}
		n, _ := new(big.Int).SetString(s.text[start:s.at], 10)
		c.parts = append(c.parts, n)
		rest := s.text[s.at:]
		if strings.HasPrefix(rest, "*") || strings.HasPrefix(rest, ".*") {
			if c.op != "==" && c.op != "!=" {
				return s.fault(s.at+strings.IndexByte(rest, '*'), `a star goes with "==" and "!=" only`)
			}
			c.star = true
			s.at += strings.IndexByte(rest, '*') + 1
			return nil
		}
		if !strings.HasPrefix(rest, ".") {
			return nil
		}
		s.at++
	}
}

// String is the specifier as written.
func (s Specifier) String() string { return s.text }

// Allows reports whether a version of Python such as "3.11.2" will do. What
// follows the numbers (as in "3.13.0rc1") does not count. It is false for text
// that does not begin with a number.
func (s Specifier) Allows(version string) bool {
	parts := numbers(version)
	if len(parts) == 0 {
		return false
	}
	for _, c := range s.clauses {
		if !c.allows(parts) {
			return false
		}
	}
	return true
}

// AllowsSeries is Allows for all versions of a series such as "3.11" at once.
// decided is false where it depends on the third number.
func (s Specifier) AllowsSeries(series string) (allowed, decided bool) {
	parts := numbers(series)
	if len(parts) != 2 {
		return false, false
	}
	decided = true
	for _, c := range s.clauses {
		switch holds, same := c.allowsSeries(parts); {
		case !same:
			decided = false
		case !holds:
			return false, true
		}
	}
	return decided, decided
}

// allowsSeries is allows for every version that begins with two numbers; same is
// false where they differ.
func (c clause) allowsSeries(series []*big.Int) (holds, same bool) {
	if c.star && len(c.parts) <= len(series) || comparePrefix(c.parts, series) != 0 {
		return c.allows(series), true
	}
	// The bound lies in the series. Its first version is N.M.0.
	lowest := compareParts(c.parts, series) == 0
	switch c.op {
	case ">=":
		return true, lowest
	case "<":
		return false, lowest
	default:
		return false, false
	}
}

// numbers are the leading numeric parts of a version.
func numbers(version string) []*big.Int {
	var out []*big.Int
	for part := range strings.SplitSeq(strings.TrimSpace(version), ".") {
		end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		digits := part
		if end >= 0 {
			digits = part[:end]
		}
		if n, ok := new(big.Int).SetString(digits, 10); ok {
			out = append(out, n)
		}
		if digits == "" || end >= 0 {
			break
		}
	}
	return out
}

func (c clause) allows(version []*big.Int) bool {
	if c.star {
		return (comparePrefix(version, c.parts) == 0) == (c.op == "==")
	}
	order := compareParts(version, c.parts)
	switch c.op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

// compareParts compares number by number; missing ones are 0.
func compareParts(a, b []*big.Int) int {
	for i := range max(len(a), len(b)) {
		if order := partAt(a, i).Cmp(partAt(b, i)); order != 0 {
			return order
		}
	}
	return 0
}

// comparePrefix compares as many parts as the prefix has.
func comparePrefix(version, prefix []*big.Int) int {
	for i, p := range prefix {
		if order := partAt(version, i).Cmp(p); order != 0 {
			return order
		}
	}
	return 0
}

func partAt(parts []*big.Int, i int) *big.Int {
	if i < len(parts) {
		return parts[i]
	}
	return new(big.Int)
}

// Readings returns a version among known ones for which a star means one thing
// by parts and another as text ("!=3.1*" and 3.10), or "" when both readings
// agree. Authors are warned, since the vendor does not say which is meant.
func (s Specifier) Readings(known []string) string {
	for _, v := range known {
		for _, c := range s.clauses {
			if !c.star {
				continue
			}
			var text []string
			for _, p := range c.parts {
				text = append(text, p.String())
			}
			asText := strings.HasPrefix(v, strings.Join(text, ".")) == (c.op == "==")
			if asText != c.allows(numbers(v)) {
				return v
			}
		}
	}
	return ""
}
