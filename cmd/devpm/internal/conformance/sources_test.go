package conformance

import (
	"testing"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/link"
)

// linkCases are those of the group LCK that are about links.
var linkCases = []testCase{
	passes("LCK-01", "blanks and .git are no part of a canonical URL", canonical("  https://github.com/acme/demo.git  ", "https://github.com/acme/demo")),
	passes("LCK-02", "the branch is no part of it", canonical("https://github.com/acme/demo.git 17.0", "https://github.com/acme/demo")),
	passes("LCK-04", "a file URL stays as it is", canonical("file:///tmp/odoo-19.0+e.20251216", "file:///tmp/odoo-19.0+e.20251216")),
	passes("LCK-14", "URL, branch and commit", func(t *testing.T) {
		const commit = "0123456789abcdef0123456789abcdef01234567"
		l := parsed(t, "https://github.com/acme/demo.git 17.0 "+commit)
		if l.Branch != "17.0" || l.Commit != commit {
			t.Errorf("%+v", l)
		}
	}),
	differs("LCK-16", "git@git1.example.com:o/r.git: a repository over SSH", func(t *testing.T) {
		l := parsed(t, "git@git1.example.com:o/r.git")
		if l.Kind != link.SCP || l.Host != "git1.example.com" || l.Directory() != "git1.example.com/o/r" {
			t.Errorf("%+v in %s", l, l.Directory())
		}
	}),
}

func parsed(t *testing.T, text string) link.Link {
	t.Helper()
	l, err := link.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func canonical(text, want string) func(*testing.T) {
	return func(t *testing.T) { wantText(t, parsed(t, text).Canonical(), want) }
}

var dotenvCases = []testCase{
	passes("ENV-01", "blanks around a value are dropped", dotenv("A = two words ", "two words", "")),
	differs("ENV-02", "quotes are taken off", dotenv(`A="quoted"`, "quoted", "")),
	passes("ENV-04", "lines that start with # or ; are comments", dotenv("# c\n; c\nA=1\n", "1", "")),
	differs("ENV-05", "a percent sign is a percent sign", dotenv("A=50%", "50%", "")),
	differs("ENV-07", "a key set twice: the last value, with a warning", dotenv("A=1\nA=2\n", "2", diag.DotenvDuplicate)),
	differs("ENV-08", "export A=1 sets A", dotenv("export A=1", "1", "")),
	differs("ENV-10", "a key alone is ignored, with a warning", dotenv("B=1\nA\n", "", diag.DotenvNoValue)),
	passes("ENV-11", "the first = splits", func(t *testing.T) {
		dotenv("A=x=y", "x=y", "")(t)
		dotenv("A=http://h:80", "http://h:80", "")(t)
	}),
	passes("ENV-13", "a key that only ~/.odpm/.env has", func(t *testing.T) {
		e := environment{project: "B=1\n", home: "GIT_HOST=h\n"}.build(t)
		got, origin, _ := e.Lookup("GIT_HOST")
		wantText(t, got+" "+origin, "h ~/.odpm/.env:1")
	}),
	passes("ENV-14", "a key in both files: the project's value", func(t *testing.T) {
		got, _, _ := environment{project: "GIT_HOST=p\n", home: "GIT_HOST=h\n"}.build(t).Lookup("GIT_HOST")
		wantText(t, got, "p")
	}),
}

// dotenv wants the key A of a file to have a value ("" for none), and the file
// to give just the one warning.
func dotenv(file, want string, warning diag.Code) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		var c diag.Collector
		e := manifest.NewEnvironment(nil, []manifest.Layer{{Name: ".env", Data: []byte(file)}}, &c)
		got, _, ok := e.Lookup("A")
		if got != want || ok != (want != "") {
			t.Errorf("A is %q (%v), want %q", got, ok, want)
		}
		switch list := c.List(); {
		case warning == "" && len(list) > 0, warning != "" && (len(list) != 1 || list[0].Code != warning || list[0].Severity != diag.Warning):
			t.Errorf("want %q, got\n%s", warning, text(list))
		}
	}
}
