package manifest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

func dotenvFile(text string, process ...string) (*manifest.Environment, *diag.Collector) {
	var c diag.Collector
	return manifest.NewEnvironment(process, []manifest.Layer{{Name: ".env", Data: []byte(text)}}, &c), &c
}

func TestDotenvValues(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"ENV-01: blanks around", "A = two words ", "two words"},
		{"ENV-02: quotes are taken off, as in Compose", `A="quoted"`, "quoted"},
		{"single quotes", `A='it is $HOME'`, "it is $HOME"},
		{"ENV-04: comment lines", "# c\n  ; c\n;A=2\nA=1", "1"},
		{"ENV-05: a percent sign", "A=50%", "50%"},
		{"ENV-08: export", "export A=1", "1"},
		{"ENV-11: split at the first sign", "A=x=y", "x=y"},
		{"ENV-11: a URL", "A=http://h:80", "http://h:80"},
		{"an inline comment", "A=1 # c", "1"},
		{"a hash inside a value", "A=1#c", "1#c"},
		{"an inline comment after quotes", `A="1 # x" # c`, "1 # x"},
		{"an empty value", "A=", ""},
		{"a colon", "A: 1", "1"},
		{"a value over lines", "A=\"x\ny\"\nB=1", "x\ny"},
		{"escapes in double quotes", `A="x\ty\"z\\"`, "x\ty\"z\\"},
		{"Windows line ends", "B=1\r\nA=2\r\n", "2"},
		{"a byte order mark", "\xef\xbb\xbfA=1", "1"},
		{"a variable above", "B=1\nA=${B}2$B", "121"},
		{"a variable of the process", "A=${P}", "p"},
		{"the process wins", "P=2\nA=$P", "p"},
		{"a default", "A=${X:-1}", "1"},
		{"doubled dollar signs", "A=$$B", "$B"},
		{"an escaped dollar sign", `A="\$P"`, "$P"},
		{"an escaped backslash before a variable", `A="\\$P"`, `\p`},
		{"a dollar sign that means nothing", "A=pa$$%wo$", "pa$%wo$"},
		{"a space before the sign", "A =1", "1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, c := dotenvFile(tc.text, "P=p")
			got, _, ok := e.Lookup("A")
			if !ok || got != tc.want || len(c.List()) > 0 {
				t.Errorf("got %q (%v), want %q\n%s", got, ok, tc.want, report(c))
			}
		})
	}
}

func TestDotenvFaultsNameTheLine(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"ENV-07: a key set twice", "A=1\n\n  A=2", ".env:3:3: warning DPM1602: A: the key is set a second time; this value counts\n    .env:1:1: first set here"},
		{"ENV-10: a key alone", "# c\nA", ".env:2:1: warning DPM1604: A: the key has no value and is ignored"},
		{"words", "hello world", ".env:1:1: error DPM1601: the line is not KEY=value"},
		{"no key", "=1", ".env:1:1: error DPM1601: the line has no key"},
		{"a key that is none", "a/b=1", `.env:1:1: error DPM1601: "a/b" is not a key`},
		{"an open quote", "A=1\nB=\"x\ny", ".env:2:1: error DPM1601: B: the quoted value is not closed"},
		{"text after a quote", `A="x"y`, ".env:1:1: error DPM1601: A: there is text after the closing quote"},
		{"an unset name", "A=pa$word", ".env:1:1: warning DPM1603: A: a dollar sign is kept as it is: no variable has the name behind it"},
		{"an unset name in braces", "A=${word}x", ".env:1:1: warning DPM1603: A: ${word} is kept as it is: nothing sets it"},
		{"an unset name in a default", "A=${X:-$word}", ".env:1:1: warning DPM1603: A: a dollar sign is kept as it is"},
		{"a required variable", "A=${X:?give it}", ".env:1:1: error DPM1601: A: the required variable X is not set: give it"},
		{"a malformed expression", "A=${X Y}", ".env:1:1: error DPM1601: A: ${X Y} is not an expression"},
		{"a control character", "A=1\nB=x\x01", ".env:2:4: error DPM1601: the character U+0001 has no place in a dotenv file"},
		{"a byte that is not UTF-8", "A=\xff", ".env:1:3: error DPM1601: the byte 0xFF is not UTF-8"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, c := dotenvFile(tc.text)
			if got := report(c); !strings.HasPrefix(got, tc.want) || len(c.List()) != 1 || !strings.Contains(got, "fix: ") {
				t.Errorf("got %s\nwant %s", got, tc.want)
			}
		})
	}
	e, _ := dotenvFile("A=pa$word\nB=${word}\nC=1\nC=2")
	for name, want := range map[string]string{"A": "pa$word", "B": "${word}", "C": "2"} {
		if got, _, _ := e.Lookup(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestWarningsAboutDollarSignsShowNoPartOfAPassword(t *testing.T) {
	if _, c := dotenvFile("PASSWORD=hunter$two"); strings.Contains(report(c), "two") {
		t.Error(report(c))
	}
}

func TestAQuotedValueOfManyLinesIsReadOnce(t *testing.T) {
	e, c := dotenvFile("A=\"" + strings.Repeat("line\n", 100_000) + "\"\nB=1")
	if v, _, _ := e.Lookup("A"); len(v) != 500_000 || len(c.List()) > 0 {
		t.Errorf("%d bytes\n%s", len(v), report(c))
	}
	if _, origin, _ := e.Lookup("B"); origin != ".env:100002" {
		t.Errorf("B is from %s", origin)
	}
}

func TestAllFaultsOfADotenvFileAreReported(t *testing.T) {
	e, c := dotenvFile("hello world\nA=1\n=2\nB=\"x\" y\nC=3")
	if n := c.List().Count(diag.Error); n != 3 {
		t.Errorf("%d errors, want 3:\n%s", n, report(c))
	}
	if v, origin, _ := e.Lookup("C"); v != "3" || origin != ".env:5" {
		t.Errorf("C is %q from %s", v, origin)
	}
}

func TestLayers(t *testing.T) {
	var c diag.Collector
	e := manifest.NewEnvironment([]string{"P=1", "P=2", "EMPTY=", "=C:=x"}, []manifest.Layer{
		{Name: ".env", Data: []byte("BOTH=project\nREF=${HOMEKEY}\nP=file\nEMPTY=file\n")},
		{Name: "~/.odpm/.env", Data: []byte("# home\nBOTH=home\nHOMEKEY=h\n")},
	}, &c)
	if len(c.List()) > 0 {
		t.Fatal(report(&c))
	}
	for _, tc := range []struct{ name, value, origin string }{
		{"BOTH", "project", ".env:1"}, {"HOMEKEY", "h", "~/.odpm/.env:3"}, {"REF", "h", ".env:2"},
		{"P", "2", "environment"}, {"EMPTY", "", "environment"},
	} {
		value, origin, ok := e.Lookup(tc.name)
		if !ok || value != tc.value || origin != tc.origin {
			t.Errorf("%s: got %q from %s (%v)", tc.name, value, origin, ok)
		}
	}
	if value, at, ok := e.File("P"); !ok || value != "file" || at.String() != ".env:3:1" {
		t.Errorf("File(P) = %q at %s (%v)", value, at, ok)
	}
	if _, _, ok := e.File("NONE"); ok {
		t.Error("File(NONE) is set")
	}
	want := []string{"BOTH=project", "EMPTY=", "HOMEKEY=h", "P=2", "REF=h"}
	if d := cmp.Diff(want, e.Merged()); d != "" {
		t.Errorf("Merged: -want +got:\n%s", d)
	}
}

// FuzzDotenv compares with compose-go on files without dollar signs and
// without what devpm reads differently on purpose.
func FuzzDotenv(f *testing.F) {
	for _, s := range []string{"A=1\nB=two words # c\n", "A=\"x\ny\"", "export A='b'", "A: 1", "# c\n;c\nA=1", "A=\\", "A=\"\\\"\"", "A", "A=1 B=2", "A=$B", "A=${B:-${C}}", "A=\"\\$x\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, c := dotenvFile(text)
		lines := strings.Count(text, "\n") + 1
		for _, d := range c.List() {
			if d.Range.Start.Line < 1 || d.Range.Start.Line > lines || d.Fix == "" {
				t.Fatalf("%s", d)
			}
		}
		if strings.ContainsAny(text, "$;") || len(c.List()) > 0 {
			return
		}
		want, err := dotenv.UnmarshalWithLookup(text, nil)
		if err != nil {
			t.Fatalf("accepted, but compose-go says %v", err)
		}
		for name, value := range want {
			if got, _, ok := e.Lookup(name); !ok || got != value {
				t.Fatalf("%s: got %q, compose-go has %q", name, got, value)
			}
		}
		if got := fmt.Sprint(len(e.Merged())); got != fmt.Sprint(len(want)) {
			t.Fatalf("%s keys, compose-go has %d", got, len(want))
		}
	})
}
