package compose

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// parse reads JSON into a manifest tree with positions in the named file.
func parse(t testing.TB, file, src string) *manifest.Node {
	t.Helper()
	n, err := parseNode(file, src)
	if err != nil {
		t.Fatalf("%v in %s", err, src)
	}
	return n
}

func parseNode(file, src string) (*manifest.Node, error) {
	d := jsontext.NewDecoder(strings.NewReader(src))
	position := func(offset int64) diag.Position {
		before := src[:offset]
		line := strings.Count(before, "\n")
		start := strings.LastIndexByte(before, '\n') + 1
		return diag.Position{Line: line + 1, Column: utf8.RuneCountInString(before[start:]) + 1}
	}
	// start is where the next token begins: behind blanks, commas and colons.
	start := func() int64 {
		at := d.InputOffset()
		for int(at) < len(src) && strings.IndexByte(" \t\r\n,:", src[at]) >= 0 {
			at++
		}
		return at
	}
	var read func() (*manifest.Node, error)
	read = func() (*manifest.Node, error) {
		from := start()
		tok, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		n := &manifest.Node{}
		switch tok.Kind() {
		case '{':
			n.Kind = manifest.Object
			for d.PeekKind() != '}' {
				at := start()
				key, err := d.ReadToken()
				if err != nil {
					return nil, err
				}
				m := manifest.Member{Key: key.String(), KeyRange: diag.Range{File: file, Start: position(at), End: position(d.InputOffset())}}
				if m.Value, err = read(); err != nil {
					return nil, err
				}
				n.Members = append(n.Members, m)
			}
			if _, err := d.ReadToken(); err != nil {
				return nil, err
			}
		case '[':
			n.Kind = manifest.Array
			for d.PeekKind() != ']' {
				item, err := read()
				if err != nil {
					return nil, err
				}
				n.Items = append(n.Items, item)
			}
			if _, err := d.ReadToken(); err != nil {
				return nil, err
			}
		case '"':
			n.Kind, n.Text = manifest.String, tok.String()
		case '0':
			n.Kind, n.Text = manifest.Number, tok.String()
		case 't', 'f':
			n.Kind, n.Text = manifest.Bool, tok.String()
		}
		n.Range = diag.Range{File: file, Start: position(from), End: position(d.InputOffset())}
		return n, nil
	}
	return read()
}

// testManifest reads the Compose keys of a manifest.
func testManifest(t testing.TB, src string) *manifest.Manifest {
	t.Helper()
	return manifestOf(parse(t, "odpm.json", src), src)
}

func manifestOf(root *manifest.Node, src string) *manifest.Manifest {
	m := &manifest.Manifest{
		Document: &manifest.Document{File: "odpm.json", Source: []byte(src), Root: root},
		Stack:    manifest.StackNone, Scenario: scenarioDeveloper,
		Services: root.Get("services"),
		Volumes:  root.Get("volumes"), Networks: root.Get("networks"), Configs: root.Get("configs"),
	}
	if p := root.Get("service_patches"); p != nil {
		m.Patches = []manifest.PatchLayer{{Path: "service_patches", Patches: p}}
	}
	if s := root.Get("scenario"); s != nil {
		m.Scenario = s.Text
	}
	for _, x := range root.Members {
		if strings.HasPrefix(x.Key, "x-") {
			m.Extra = append(m.Extra, x)
		}
	}
	return m
}

// testOdoo is the input of the GLD cases.
func testOdoo(scenario string) OdooOptions {
	o := OdooOptions{
		Scenario: scenario, Postgres: "16", Image: "odoo-base:dev", User: "1000:1000", Home: "/home/ana",
		Ports: OdooPorts{15432, 8069, 8072, 5678}, PlatformName: "odoo", ProjectDir: "/home/ana/shop",
		Mounts: []Mount{
			{Source: "/home/ana/src/github.com/odoo/odoo", Target: "/home/ana/odoo"},
			{Source: "/home/ana/shop/.venv", Target: "/home/ana/.venv"},
			{Source: "/home/ana/shop", Target: "/home/ana/extra-addons/shop"},
		},
		DatabaseDir: "/home/ana/shop/data/postgresql/var/lib/postgresql/data",
	}
	if scenario == scenarioCI {
		o.Image, o.User, o.Home = "odoo-ci:19", "odoo", "/home/odoo"
	}
	return o
}

// build makes a model of a manifest, with the Odoo stack unless the manifest
// is for none.
func build(t testing.TB, src string, builtin *Builtin, fragments ...Fragment) (*Model, diag.List) {
	t.Helper()
	mf := testManifest(t, src)
	if builtin != nil {
		mf.Stack = builtin.Name
	}
	c := &diag.Collector{}
	m := Build(Input{Manifest: mf, Builtin: builtin, Fragments: fragments, ProjectDir: "/p", HomeDir: "/home/ana"}, c)
	return m, c.List()
}

// check is the same with Check's findings.
func check(t testing.TB, src string, builtin *Builtin, fragments ...Fragment) (*Model, diag.List) {
	t.Helper()
	return checkWith(t, src, builtin, Input{Fragments: fragments})
}

// checkWith is check with more input.
func checkWith(t testing.TB, src string, builtin *Builtin, in Input) (*Model, diag.List) {
	t.Helper()
	in.Manifest, in.Builtin, in.ProjectDir, in.HomeDir = testManifest(t, src), builtin, "/p", "/home/ana"
	if builtin != nil {
		in.Manifest.Stack = builtin.Name
	}
	c := &diag.Collector{}
	m := Build(in, c)
	m.Check(c)
	return m, c.List()
}

func dotenv(t testing.TB, text string) *manifest.Environment {
	t.Helper()
	var c diag.Collector
	e := manifest.NewEnvironment(nil, []manifest.Layer{{Name: ".env", Data: []byte(text)}}, &c)
	wantClean(t, c.List())
	return e
}

// dotenvNames are the names that a dotenv file chooses.
func dotenvNames(t testing.TB, text string) manifest.Names {
	t.Helper()
	var c diag.Collector
	names := manifest.ReadNames(dotenv(t, text), &c)
	wantClean(t, c.List())
	return names
}

func settings(t testing.TB, src string) *manifest.UserSettings {
	t.Helper()
	var c diag.Collector
	s := manifest.LoadUserSettings("user_settings.json", []byte(src), dotenv(t, ""), manifest.Tokens{}, &c)
	wantClean(t, c.List())
	return s
}

func wantClean(t testing.TB, l diag.List) {
	t.Helper()
	for _, d := range l {
		t.Errorf("unexpected: %s", d)
	}
}

func wantCodes(t testing.TB, l diag.List, codes ...diag.Code) {
	t.Helper()
	var got []diag.Code
	for _, d := range l {
		got = append(got, d.Code)
	}
	if len(got) != len(codes) {
		t.Fatalf("codes %v, want %v\n%v", got, codes, l)
	}
	for i := range got {
		if got[i] != codes[i] {
			t.Fatalf("codes %v, want %v\n%v", got, codes, l)
		}
	}
}

// at is the value at a path as one-line JSON, or "<none>".
func at(m *Model, path string) string {
	e, err := m.Explain(path)
	if err != nil {
		return "<none>"
	}
	return e.Value
}

func lines(b []byte) int { return bytes.Count(b, []byte("\n")) }
