package secrets

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How long a value must be, in bytes.
const (
	// MaskedLength is the least length of a value that is looked for in texts: a
	// shorter one would be found in every other word.
	MaskedLength = 4
	// anywhereLength is the length from which a value is found inside of words,
	// and in encoded forms. A shorter one must stand alone: "odoo" is masked as a
	// password, and not in "odoo.conf".
	anywhereLength = 8
)

// Redactor takes the values of secrets out of texts and puts <secret:KEY> in
// their place. It finds a value as it is, and as JSON, YAML, Go, a shell, a URL
// or base64 write it; of a value with several lines also each line. Where
// several match at one place the longest wins, then the key that sorts first,
// so the same text always becomes the same.
//
// It is made once and may be used by several goroutines. A nil *Redactor masks
// nothing.
type Redactor struct{ needles [256][]needle }

// needle is one text to find.
type needle struct {
	text, mask string
	anywhere   bool // also inside of a word
}

// NewRedactor looks for the values of several sets, such as the file of now and
// the copy that containers still have.
func NewRedactor(sets ...map[string]string) *Redactor {
	r := &Redactor{}
	seen := map[string]bool{}
	for _, values := range sets {
		for _, key := range sortedKeys(values) {
			for _, text := range forms(values[key]) {
				if !seen[text] {
					seen[text] = true
					first := text[0]
					r.needles[first] = append(r.needles[first], needle{text, Mask(key), len(text) >= anywhereLength})
				}
			}
		}
	}
	if len(seen) == 0 {
		return nil
	}
	for _, list := range r.needles {
		slices.SortStableFunc(list, func(a, b needle) int { return len(b.text) - len(a.text) })
	}
	return r
}

// forms are the texts that give a value away.
func forms(value string) []string {
	plain := []string{value}
	if trimmed := strings.TrimSpace(value); trimmed != value {
		plain = append(plain, trimmed)
	}
	if lines := strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' }); len(lines) > 1 {
		for _, line := range lines {
			if line = strings.TrimSpace(line); len(line) >= anywhereLength {
				plain = append(plain, line)
			}
		}
		plain = append(plain, strings.Join(strings.Fields(value), " ")) // as a table shows it
	}
	if strings.Contains(value, "$") {
		plain = append(plain, strings.ReplaceAll(value, "$", "$$")) // as Compose wants it
	}
	var out []string
	add := func(text string) {
		if len(text) >= MaskedLength && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, p := range plain {
		add(p)
		add(quoted(p, false))
		add(quoted(p, true))
		add(inner(strconv.Quote(p)))
		add(strings.ReplaceAll(p, "'", "''"))
		add(strings.ReplaceAll(p, "'", `'\''`))
		add(visible(p))
	}
	if len(value) >= anywhereLength {
		add(url.QueryEscape(value))
		add(url.PathEscape(value))
		add((&url.URL{User: url.UserPassword("u", value)}).User.String()[len("u:"):])
		for _, text := range encoded(value) {
			add(text)
		}
	}
	return out
}

// encoded are the parts of a base64 text that a value alone decides, for each
// of the three ways in which it can lie across the groups: "user:value" in a
// header holds it as well.
func encoded(value string) (out []string) {
	for shift := range 3 {
		padded := append(make([]byte, shift), value...)
		skip := (shift*8 + 5) / 6    // characters that what stands before has a part in
		whole := len(padded) * 8 / 6 // characters that nothing behind has a part in
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if text := e.EncodeToString(padded)[skip:whole]; len(text) >= anywhereLength {
				out = append(out, text)
			}
		}
	}
	return out
}

// quoted is a text as it stands between the quotes of a JSON string.
func quoted(text string, html bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	if err := e.Encode(text); err != nil {
		return text
	}
	return inner(strings.TrimSuffix(b.String(), "\n"))
}

func inner(text string) string { return text[1 : len(text)-1] }

// visible is a text with its control characters as view prints them.
func visible(text string) string {
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			b.WriteString(`\x` + strconv.FormatInt(0x100+int64(r), 16)[1:])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Text returns the text with every value masked.
func (r *Redactor) Text(text string) string {
	if r == nil {
		return text
	}
	var b []byte // nil until something is masked
	from := 0
	for i := 0; i < len(text); {
		if n := masked(text[i:]); n > 0 { // what is masked stays as it is
			i += n
			continue
		}
		n, ok := r.at(text, i)
		if !ok {
			i++
			continue
		}
		b = append(append(b, text[from:i]...), n.mask...)
		i += len(n.text)
		from = i
	}
	if from == 0 {
		return text
	}
	return string(append(b, text[from:]...))
}

// Finds reports whether a text holds a value that is long enough not to be
// there by chance.
func (r *Redactor) Finds(text []byte) bool {
	if r == nil {
		return false
	}
	s := string(text)
	for i := range s {
		if n, ok := r.at(s, i); ok && n.anywhere {
			return true
		}
	}
	return false
}

// at finds the longest text to mask at a place.
func (r *Redactor) at(text string, i int) (needle, bool) {
	for _, n := range r.needles[text[i]] {
		if strings.HasPrefix(text[i:], n.text) && (n.anywhere || alone(text, i, i+len(n.text))) {
			return n, true
		}
	}
	return needle{}, false
}

// alone reports whether text[from:to] is no part of a longer word. A dot, dash,
// slash or at sign joins words only with another word behind it.
func alone(text string, from, to int) bool {
	before, size := utf8.DecodeLastRuneInString(text[:from])
	if isWord(before) {
		return false
	}
	if joins(before) {
		if r, _ := utf8.DecodeLastRuneInString(text[:from-size]); isWord(r) {
			return false
		}
	}
	after, size := utf8.DecodeRuneInString(text[to:])
	if isWord(after) {
		return false
	}
	if joins(after) {
		if r, _ := utf8.DecodeRuneInString(text[to+size:]); isWord(r) {
			return false
		}
	}
	return true
}

func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

func joins(r rune) bool { return r == '.' || r == '-' || r == '/' }

// masked is the length of the mask that a text begins with, or 0.
func masked(text string) int {
	rest, ok := strings.CutPrefix(text, "<secret:")
	if !ok {
		return 0
	}
	for i, c := range rest {
		switch {
		case c == '>' && i > 0:
			return len("<secret:") + i + 1
		case !isNameRune(c):
			return 0
		}
	}
	return 0
}

// Bytes is Text for one write of output. In a JSON document, or in one JSON
// object a line, only strings are looked at: a password that is a number must
// not become a line number.
func (r *Redactor) Bytes(text []byte) []byte {
	if r == nil {
		return text
	}
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid(trimmed) {
		return r.json(text)
	}
	return []byte(r.Text(string(text)))
}

// json masks the strings of a valid JSON document and leaves every other byte.
func (r *Redactor) json(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] != '"' {
			out = append(out, text[i])
			i++
			continue
		}
		end := i + 1
		for ; text[end] != '"'; end++ {
			if text[end] == '\\' {
				end++
			}
		}
		end++
		var value string
		if json.Unmarshal(text[i:end], &value) == nil {
			if safe := r.Text(value); safe != value {
				out = append(append(append(out, '"'), quoted(safe, false)...), '"')
				i = end
				continue
			}
		}
		out = append(out, text[i:end]...)
		i = end
	}
	return out
}
