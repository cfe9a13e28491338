package manifest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/template"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// expand expands one string that is written at the start of a file.
func expand(e *manifest.Environment, text string) (string, []manifest.Use, *diag.Collector) {
	var c diag.Collector
	at := diag.Range{File: "odpm.json", Start: diag.Position{Line: 1, Column: 1}, End: diag.Position{Line: 1, Column: len([]rune(text)) + 3}}
	out, uses := manifest.NewExpander(e, manifest.Tokens{Service: manifest.Names{}.Service}).Expand(text, at, "p", &c)
	return out, uses, &c
}

func TestExpressionsExpandAsInComposeFiles(t *testing.T) {
	e := environment(t, "A=aaa", "EMPTY=", "B=b}b", "D=$A ${A} $$")
	for _, tc := range []struct{ text, want string }{
		// What envsubst gets wrong.
		{"${UNSET:-${A}}", "aaa"},
		{"${UNSET:-pre${A}post}", "preaaapost"},
		{"${UNSET:-pre${UNSET:-${A}}}", "preaaa"},
		{"${EMPTY:+alt}", ""},
		{"${UNSET:-}", ""},
		{"$$A", "$A"},
		{"$${A}", "${A}"},
		{"${UNSET:-a\nb}", "a\nb"},
		{"${A:?must be set}", "aaa"},
		// The operators, for a value, an empty value and none.
		{"${A}", "aaa"}, {"${EMPTY}", ""},
		{"${A:-d}", "aaa"}, {"${EMPTY:-d}", "d"}, {"${UNSET:-d}", "d"},
		{"${A-d}", "aaa"}, {"${EMPTY-d}", ""}, {"${UNSET-d}", "d"}, {"${UNSET-}", ""},
		{"${A:+x}", "x"}, {"${EMPTY:+x}", ""}, {"${UNSET:+x}", ""},
		{"${A+x}", "x"}, {"${EMPTY+x}", "x"}, {"${UNSET+x}", ""},
		{"${EMPTY?m}", ""}, {"${A?m}", "aaa"},
		{"${A:+${UNSET:-y}}", "y"},
		{"${A:-${UNSET}}", "aaa"},
		// Text around, several, defaults with special characters.
		{"x${A}y${A}z", "xaaayaaaz"},
		{"${UNSET:-http://h:80/p?q=1}", "http://h:80/p?q=1"},
		{"${UNSET:--1}", "-1"}, {"${UNSET:-:-}", ":-"}, {"${UNSET:-é ü}", "é ü"}, {"${UNSET:-=x+y?z}", "=x+y?z"},
		{`${UNSET:-{"a": {"b": 1}}}`, `{"a": {"b": 1}}`},
		{`${A:-{"a": {"b": 1}}}`, `aaa`},
		{"${UNSET:-{}", "{"}, {"${UNSET:-{{.Name}}}", "{{.Name}}"},
		{"${UNSET:-$${A}}", "${A}"}, {"${UNSET:-a$$b}", "a$b"},
		// Values are not expanded again.
		{"${B}", "b}b"}, {"${D}", "$A ${A} $$"}, {"${UNSET:-${D}}", "$A ${A} $$"},
		// Dollar signs.
		{"$$$${A}", "$${A}"}, {"$$$$", "$$"}, {"cost is $$100", "cost is $100"}, {"$$${A}", "$aaa"},
		{`\${A}`, `\aaa`}, {"}", "}"}, {"a}b{c", "a}b{c"}, {"", ""}, {"no dollar", "no dollar"},
		// Services.
		{"${@service:db}", "db"}, {"http://${@service:odoo}:8069", "http://odoo:8069"}, {"${@service:my-svc.2}", "my-svc.2"},
	} {
		got, _, c := expand(e, tc.text)
		if got != tc.want || len(c.List()) > 0 {
			t.Errorf("%q: got %q, want %q\n%s", tc.text, got, tc.want, report(c))
		}
	}
}

func TestFaultsOfExpressionsPointToTheExpression(t *testing.T) {
	e := environment(t, "A=aaa", "EMPTY=", "GIT_HOST=h")
	for _, tc := range []struct{ text, want string }{
		{"é ${UNSET}", "1:4: error DPM1501: p: the variable UNSET is not set\n    fix: set UNSET in .env, or write ${UNSET:-default}"},
		{"${GITHOST}", "1:2: error DPM1501: p: the variable GITHOST is not set\n    fix: did you mean GIT_HOST? Otherwise set GITHOST in .env"},
		{"${UNSET:-${ALSO}}", "1:11: error DPM1501: p: the variable ALSO is not set"},
		{"${UNSET:?must be ${A}}", "1:2: error DPM1502: p: the required variable UNSET is not set: must be aaa\n    fix: set UNSET in .env"},
		{"${EMPTY:?}", "1:2: error DPM1502: p: the required variable EMPTY is empty"},
		{"${UNSET?m}", "1:2: error DPM1502: p: the required variable UNSET is not set: m"},
		{"${ A }", "1:2: error DPM1503: p: ${ A } is not an expression: a name starts with a letter or an underscore\n    fix: write ${A} without blanks"},
		{"${A }", "1:2: error DPM1503: p: ${A } is not an expression: a name has letters, digits and underscores only\n    fix: write ${A} without blanks"},
		{"${A.B}", "1:2: error DPM1503: p: ${A.B} is not an expression"},
		{"${A/x/y}", "1:2: error DPM1503"}, {"${#A}", "1:2: error DPM1503"}, {"${!A}", "1:2: error DPM1503"}, {"${1}", "1:2: error DPM1503"}, {"${é}", "1:2: error DPM1503"},
		{"${A:0:2}", "1:2: error DPM1503: p: ${A:0:2} has no known operator after the colon"},
		{"${A:}", "1:2: error DPM1503: p: ${A:} has no known operator"},
		{"${V:=x}", "1:2: error DPM1503: p: ${V:=x} would set the variable, which a manifest cannot\n    fix: write ${V:-x}"},
		{"${V=x}", "1:2: error DPM1503: p: ${V=x} would set the variable"},
		{"${@foo}", "1:2: error DPM1503: p: ${@foo} is not a token"},
		{"${@source:Upper}", "1:2: error DPM1503: p: ${@source:Upper} names no source"},
		{"${@service:}", "1:2: error DPM1503: p: ${@service:} names no service"},
		{"${@secret:bad key}", "1:2: error DPM1503: p: ${@secret:bad key} names no secret"},
		{"${@secret:k:-d}", "1:2: error DPM1503: p: ${@secret:k:-d} names no secret"},
		{"${@secret:a.b-c}", "1:2: error DPM1506: p: no secrets are known here, so a.b-c has no value"},
		{"${@source:shop}", "1:2: error DPM1505: p: the path of the source shop is not known\n    fix: declare it in service_sources, or set ODPM_SOURCE_SHOP in .env"},
		{"a $HOME", "1:4: warning DPM1504: p: $HOME is kept as it is: only ${HOME} is expanded\n    fix: write $$HOME"},
		{"^x$", "1:4: warning DPM1504: p: the dollar sign is kept as it is\n    fix: write $$"},
		{"$1", "1:2: warning DPM1504"}, {"${}", "1:2: warning DPM1504: p: ${} names no variable"},
		{"${A", `1:2: warning DPM1504: p: "${" has no closing brace`},
		{"${@srvice:db}", "1:2: warning DPM1504: p: ${@srvice:db} is no known token and is kept as it is\n    fix: did you mean \"service\"?"},
		{strings.Repeat("${A:-", 30) + strings.Repeat("}", 30), "1:102: error DPM1503: p: expressions are nested more than 20 deep"},
	} {
		got, _, c := expand(e, tc.text)
		if !strings.HasPrefix(report(c), "odpm.json:"+tc.want) || len(c.List()) != 1 {
			t.Errorf("%q: got %s\nwant %s", tc.text, report(c), tc.want)
		}
		if got != tc.text {
			t.Errorf("%q became %q", tc.text, got)
		}
	}
}

func TestAllFaultsOfAStringAreReported(t *testing.T) {
	_, _, c := expand(environment(t), "${A} ${B.C} $D ${@secret:k}")
	var codes []diag.Code
	for _, d := range c.List() {
		codes = append(codes, d.Code)
	}
	if got, want := fmt.Sprint(codes), "[DPM1501 DPM1503 DPM1504 DPM1506]"; got != want {
		t.Errorf("got %s, want %s\n%s", got, want, report(c))
	}
}

func TestPlacesInsideStringsCountEscapes(t *testing.T) {
	// Columns count characters of the source, not bytes and not those of the value.
	for _, tc := range []struct {
		written string
		column  int // of the expression, from the opening quote
	}{
		{`ab${X}`, 3}, {`é${X}`, 2}, {`\"${X}`, 3}, {`\u00e9${X}`, 7}, {`\ud83d\ude00 ${X}`, 14}, {`\\\/\n${X}`, 7}, {`\u0024{X}`, 1}, {`😀\t${X}`, 4},
	} {
		src := services("\n\"volumes\":{\"v\":{\"name\":\"" + tc.written + "\"}}")
		_, got := load(t, src)
		want := fmt.Sprintf("odpm.json:2:%d: error DPM1501: volumes.v.name: the variable X is not set", 24+tc.column)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", tc.written, got, want)
		}
	}
}

func TestUsesSayWhereValuesComeFrom(t *testing.T) {
	var c diag.Collector
	e := manifest.NewEnvironment([]string{"A=1", "E="}, []manifest.Layer{
		{Name: ".env", Data: []byte("# c\nB=2\n")}, {Name: "~/.odpm/.env", Data: []byte("B=3\nC=4\nODPM_SOURCE_SHOP=/s\n")},
	}, &c)
	got, uses, found := expand(e, "${A}${B}${C}${D:-5}${E:-6}${F:+7}${@service:db}${@source:shop}${A:+${B}}")
	if got != "12456db/s2" || len(found.List()) > 0 {
		t.Errorf("got %q\n%s", got, report(found))
	}
	want := "[{A environment} {B .env:2} {C ~/.odpm/.env:2} {D default} {E default} {F unset} {@service:db project} {@source:shop ~/.odpm/.env:3} {A environment} {B .env:2}]"
	if fmt.Sprint(uses) != want {
		t.Errorf("got  %v\nwant %s", uses, want)
	}
}

func TestTokensAreResolvedByTheCaller(t *testing.T) {
	tokens := manifest.Tokens{
		Service: func(name string) string { return "acme-" + name },
		Secret: func(key string) (string, string, *manifest.TokenFault) {
			if key == "known" {
				return "s3cret", ".odpm/secrets.json", nil
			}
			return "", "unset", &manifest.TokenFault{Code: diag.ManifestSecret, Severity: diag.Error, Message: "no " + key, Fix: "add it"}
		},
	}
	var c diag.Collector
	x := manifest.NewExpander(environment(t), tokens)
	got, uses := x.Expand("${@service:db}/${@secret:known}", diag.Range{}, "p", &c)
	if want := []manifest.Use{{Name: "@service:db", Origin: "project"}, {Name: "@secret:known", Origin: ".odpm/secrets.json"}}; got != "acme-db/s3cret" || !slices.Equal(uses, want) || len(c.List()) > 0 {
		t.Errorf("%q %v\n%s", got, uses, report(&c))
	}
	got, _ = x.Expand("${@secret:other}", diag.Range{}, "p", &c)
	if got != "${@secret:other}" || !strings.Contains(report(&c), "no other") {
		t.Errorf("%q\n%s", got, report(&c))
	}
}

func TestExpandingTakesLinearTime(t *testing.T) {
	// Each of these once made a scanner go back to the start.
	for _, text := range []string{strings.Repeat("${", 200_000), strings.Repeat("${A:-", 200_000), strings.Repeat("$", 400_001), strings.Repeat("${A:-{", 100_000), strings.Repeat("${A:-", 100_000) + strings.Repeat("}", 100_000)} {
		if _, _, c := expand(environment(t), text); len(c.List()) == 0 {
			t.Errorf("%.10s…: nothing is said", text)
		}
	}
}

// FuzzExpand compares with compose-go on what both read alike: braced forms
// over ASCII, without bare dollar signs and without braces in defaults.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{"${A}", "x${A:-y}z", "${U:-${A}}", "${E:-d}${E-d}", "${U:+x}", "${U?m}", "$${A}", "${A.B}", "${", "$A", "${U:-a$$b}", "${@service:x}", "${@", "${A:-{\"a\":1}}", "${ A }"} {
		f.Add(s)
	}
	vars := map[string]string{"A": "aaa", "E": "", "B": "b b"}
	process := []string{"A=aaa", "E=", "B=b b"}
	f.Fuzz(func(t *testing.T, text string) {
		var none diag.Collector
		got, _, c := expand(manifest.NewEnvironment(process, nil, &none), text)
		if !strings.Contains(text, "$") && (got != text || len(c.List()) > 0) {
			t.Fatalf("%q changed to %q", text, got)
		}
		for _, d := range c.List() {
			if d.Range.Start.Line != 1 || d.Range.Start.Column < 1 || d.Range.End.Column > len([]rune(text))+3 || d.Fix == "" {
				t.Fatalf("%q: %s %v", text, d, d.Range)
			}
		}
		if strings.Contains(text, "@") || !bracedOnly(text) {
			return
		}
		unset := ""
		want, err := template.SubstituteWithOptions(text, func(name string) (string, bool) {
			v, ok := vars[name]
			if !ok && !strings.Contains(text, "{"+name+"}") {
				return v, ok
			}
			if !ok {
				unset = name
			}
			return v, ok
		}, template.WithoutLogging)
		switch {
		case err != nil && !c.HasErrors():
			t.Fatalf("%q: compose-go says %v, devpm %q", text, err, got)
		case err == nil && !c.HasErrors() && got != want:
			t.Fatalf("%q: got %q, compose-go has %q", text, got, want)
		case err == nil && c.HasErrors() && unset == "" && !unusedMalformed(text, c.List()):
			t.Fatalf("%q: compose-go has %q, devpm says\n%s", text, want, report(c))
		}
	})
}

// unusedMalformed reports whether the errors may come from a default that is not
// used: devpm judges it all the same, compose-go does not read it.
func unusedMalformed(text string, list diag.List) bool {
	return strings.Count(text, "${") > 1 && !slices.ContainsFunc(list, func(d diag.Diagnostic) bool {
		return d.Severity == diag.Error && d.Code != diag.ManifestExpression
	})
}

// bracedOnly reports whether the dollar signs of a text all start a complete
// expression with a plain name or are doubled, and braces balance.
func bracedOnly(text string) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ' || c >= 0x7f || c == '{':
			return false
		case c == '}':
			if depth--; depth < 0 {
				return false
			}
		case c == '$' && i+1 < len(text) && text[i+1] == '$':
			i++
		case c == '$':
			if i+2 >= len(text) || text[i+1] != '{' || text[i+2] != 'A' && text[i+2] != 'E' && text[i+2] != 'B' && text[i+2] != 'U' {
				return false
			}
			i += 2
			depth++
		}
	}
	return depth == 0
}
