package pack_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/extensions/pack"
)

// read reads extension.yml and gives the findings as lines.
func read(t *testing.T, text string) (*pack.Metadata, []string) {
	t.Helper()
	var c diag.Collector
	m := pack.ReadMetadata("extension.yml", []byte(text), &c)
	var lines []string
	for _, d := range c.List() {
		lines = append(lines, d.String())
	}
	return m, lines
}

func seed(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/seed/extension.yml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// UEX-01: the file of the extension-package seed, verbatim.
func TestTheSeedsFileIsReadExactly(t *testing.T) {
	m, found := read(t, seed(t))
	// The seed was copied from a web page, no-break spaces included.
	if want := []string{"extension.yml:3:1: warning DPM7401: no-break spaces stand where YAML wants blanks; devpm reads them as blanks, other programs do not\n    fix: replace them by blanks"}; !slices.Equal(found, want) {
		t.Fatalf("findings:\n%s", strings.Join(found, "\n"))
	}
	got := []any{m.Name, m.Version, m.APILevel, m.RequiresPython.String(), m.ExtraPaths, m.ZipSafe, m.Owner, m.Comments, m.Runtime, m.Declared, m.RunsFromZip()}
	want := []any{"extension1", "0.1.0", "1.4.0", ">=3.6", []string{"${extension_zip}/lib", "${extension_zip}/test/lib"}, true,
		pack.Owner{Name: "John Doe", Organization: "Stonebranch, Inc."},
		"These comments will appear in the Controller in the Universal Template\u00a0'Extension Comments'\u00a0field.\n" +
			"The\u00a0'Extension Comments'\u00a0field can be viewed from the Meta Data section, the List, or the Show Details.\n",
		pack.Python, false, true}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// The seed's other value of python_extra_paths, which it writes without quotes.
func TestTheSeedsExtraPathWithoutQuotes(t *testing.T) {
	m, found := read(t, "extension:\n  name: a\n  version: \"1.0.0\"\n  api_level: \"1.0.0\"\n  python_extra_paths: ${extension_zip}/test\n")
	if found != nil || !slices.Equal(m.ExtraPaths, []string{"${extension_zip}/test"}) {
		t.Errorf("got %q, findings %q", m.ExtraPaths, found)
	}
}

// UEX-04
func TestWhatIsAbsentHasDefaults(t *testing.T) {
	m, found := read(t, "extension: {name: a, api_level: \"1.0.0\"}\n")
	if want := []string{"extension.yml:1:19: warning DPM7407: extension.version: no version: `devpm ext build` refuses that\n    fix: add a version: version: \"0.1.0\""}; cmp.Diff(want, found) != "" {
		t.Error(cmp.Diff(want, found))
	}
	if m.RequiresPython.String() != ">=2.6" || !m.ZipSafe || m.ExtraPaths != nil || m.Version != "" {
		t.Errorf("got %+v", m)
	}
	var c diag.Collector
	m.CheckBuild(&c)
	if !c.HasErrors() {
		t.Error("a package without a version can be built")
	}
}

const head = "extension:\n  name: tools\n  version: \"1.2.3\"\n  api_level: \"1.4.0\"\n"

// faulty are files with what is said about them.
var faulty = []struct {
	name, text string
	want       []string // beginnings, in order
}{
	{"floats (UEX-05)", "extension:\n  name: a\n  api_level: 1.4\n  version: 0.1\n", []string{
		"extension.yml:3:14: error DPM7403: extension.api_level: a string is expected, not a number\n    fix: quote it: api_level: \"1.4\"",
		"extension.yml:4:12: error DPM7403: extension.version: a string is expected, not a number\n    fix: quote it: version: \"0.1\"",
	}},
	{"name and level are missing", "extension:\n  version: \"1.0.0\"\n", []string{"extension.yml:2:3: error DPM7404: extension.api_level", "extension.yml:2:3: error DPM7404: extension.name"}},
	{"a list", "- a\n", []string{"extension.yml:1:1: error DPM7403: the file is a list"}},
	{"empty", "", []string{"extension.yml: error DPM7401: the file is empty"}},
	{"not YAML", "extension:\n  name: [a\nb: c\n", []string{"extension.yml:1:1: error DPM7401: this is not YAML: did not find expected"}},
	{"a tab", "extension:\n\tname: a\n", []string{"extension.yml:2:1: error DPM7401: this is not YAML"}},
	{"two documents", head + "---\na: b\n", []string{"extension.yml:5:1: error DPM7401: a second document begins here"}},
	{"not UTF-8", "extension:\n  name: \xff\n", []string{"extension.yml:2:9: error DPM7401: the text is not UTF-8"}},
	{"a key twice", head + "  name: b\n", []string{"extension.yml:5:3: error DPM7405: the key \"name\" is there twice\n    extension.yml:2:3: first set here"}},
	{"a bad name", strings.Replace(head, "tools", "../x", 1), []string{"extension.yml:2:9: error DPM7406: extension.name: \"../x\""}},
	{"a device's name", strings.Replace(head, "tools", "aux.txt", 1), []string{"extension.yml:2:9: error DPM7406"}},
	{"a level of the future (ONE-17)", strings.Replace(head, "1.4.0", "9.0.0", 1), []string{"extension.yml:4:14: error DPM7408: extension.api_level: the API level 9.0.0 is not known: this devpm knows 1.0.0 to 1.4.0"}},
	{"the level after the newest", strings.Replace(head, "1.4.0", "1.4.1", 1), []string{"extension.yml:4:14: error DPM7408"}},
	{"a level before the first", strings.Replace(head, "1.4.0", "0.9.0", 1), []string{"extension.yml:4:14: error DPM7408"}},
	{"a level of two numbers", strings.Replace(head, "1.4.0", "1.4", 1), []string{"extension.yml:4:14: error DPM7408: extension.api_level: \"1.4\" is not an API level"}},
	{"a specifier, at its character (UEX-13)", head + "  requires_python: \">=3.6;x\"\n", []string{"extension.yml:5:26: error DPM7409: extension.requires_python: \";\" is not expected here"}},
	{"a star with two readings", head + "  requires_python: \"!=3.1*\"\n", []string{"extension.yml:5:20: warning DPM7409"}},
	{"paths", head + "  python_extra_paths: \"/usr/lib:${extension_zip}/../x::${extension_zip}lib:C:\\\\x\"\n", []string{
		"extension.yml:5:23: error DPM7410: extension.python_extra_paths: \"${extension_zip}/../x\" leads out",
		"extension.yml:5:23: error DPM7410: extension.python_extra_paths: \"${extension_zip}lib\" is not a path",
		"extension.yml:5:23: error DPM7410: extension.python_extra_paths: \"/usr/lib\" does not begin",
		"extension.yml:5:23: error DPM7410: extension.python_extra_paths: \"C\" does not begin",
		"extension.yml:5:23: error DPM7410: extension.python_extra_paths: \"\\\\x\" does not begin",
	}},
	{"zip_safe before 1.4.0 (UEX-17)", strings.Replace(head, "1.4.0", "1.3.0", 1) + "  zip_safe: false\n", []string{"extension.yml:5:13: warning DPM7411: extension.zip_safe: zip_safe counts from API level 1.4.0 on; at 1.3.0 the package runs from its archive"}},
	{"zip_safe is a word", head + "  zip_safe: maybe\n", []string{"extension.yml:5:13: error DPM7403: extension.zip_safe"}},
	{"a section without a runtime", head + "devpm: {}\n", []string{"extension.yml:5:8: error DPM7404: devpm.runtime"}},
	{"an unknown key in the section", head + "devpm:\n  runtme: exec\n  runtime: declarative\n  contributes: {services: {a: {image: b}}}\n", []string{"extension.yml:6:3: error DPM7405: devpm.runtme: the key \"runtme\" is not known here\n    fix: did you mean \"runtime\"?"}},
	{"unknown keys elsewhere", head + "  colour: red\nother: 1\n", nil},
	{"a runtime that is none", head + "devpm: {runtime: pyhton}\n", []string{"extension.yml:5:18: error DPM7412: devpm.runtime: \"pyhton\" is no runtime\n    fix: did you mean \"python\"?"}},
	{"exec without a program", head + "devpm: {runtime: exec}\n", []string{"extension.yml:5:9: error DPM7404: devpm.binaries"}},
	{"programs elsewhere", head + "devpm: {runtime: exec, binaries: {linux/amd64: ../x, plan9/vax: a, linux/arm64: 1}}\n", []string{
		"extension.yml:5:48: error DPM7415: devpm.binaries.linux/amd64", "extension.yml:5:54: error DPM7415: devpm.binaries.plan9/vax", "extension.yml:5:81: error DPM7403: devpm.binaries.linux/arm64",
	}},
	{"capabilities", head + "devpm: {runtime: python, capabilities: [hooks/1, hooks/2, hoks/1, 3, hooks/1]}\n", []string{
		"extension.yml:5:50: warning DPM7413: devpm.capabilities[1]: this devpm does not know hooks/2", "extension.yml:5:59: error DPM7413: devpm.capabilities[2]: \"hoks/1\" is no capability\n    fix: did you mean \"hooks/1\"?",
		"extension.yml:5:67: error DPM7403", "extension.yml:5:70: warning DPM7413",
	}},
	{"declarative with what runs", head + "devpm: {runtime: declarative, entry: a, network: true, capabilities: [hooks/1], binaries: {}, contributes: {prepare_steps: [{id: a}]}}\n", []string{
		"extension.yml:5:38: error DPM7412: devpm.entry", "extension.yml:5:41: error DPM7412: devpm.network", "extension.yml:5:56: error DPM7412: devpm.capabilities", "extension.yml:5:81: error DPM7412: devpm.binaries",
		"extension.yml:5:124: error DPM7414: devpm.contributes.prepare_steps: a declarative package has no program",
	}},
	{"contributes", head + "devpm:\n  runtime: python\n  contributes:\n    services: {\"a b\": {}, c: 1}\n    hooks: {pre_up: [make, [], [1], [\"\"]], preup: []}\n    prepare_steps: [1, {order: x}, {id: a}, {id: a, ordr: 1}]\n", []string{
		"extension.yml:8:16: error DPM7414: devpm.contributes.services.a b", "extension.yml:8:30: error DPM7403: devpm.contributes.services.c",
		"extension.yml:9:22: error DPM7414: devpm.contributes.hooks.pre_up[0]", "extension.yml:9:28: error DPM7414: devpm.contributes.hooks.pre_up[1]",
		"extension.yml:9:33: error DPM7403: devpm.contributes.hooks.pre_up[2][0]", "extension.yml:9:38: error DPM7414: devpm.contributes.hooks.pre_up[3][0]", "extension.yml:9:44: error DPM7405: devpm.contributes.hooks.preup",
		"extension.yml:10:21: error DPM7403", "extension.yml:10:24: error DPM7404", "extension.yml:10:32: error DPM7403", "extension.yml:10:50: error DPM7414", "extension.yml:10:53: error DPM7405",
	}},
	{"no number of JSON", head + "devpm:\n  runtime: python\n  contributes: {services: {a: {mem_limit: .inf}}}\n", []string{"extension.yml:7:43: error DPM7403: .inf is no number"}},
	{"a merge key", head + "x: &a {b: c}\ndevpm:\n  <<: *a\n  runtime: python\n", []string{"extension.yml:7:3: error DPM7405: this is not a key"}},
}

func TestFaultsOfTheFile(t *testing.T) {
	for _, tt := range faulty {
		t.Run(tt.name, func(t *testing.T) {
			_, got := read(t, tt.text)
			if len(got) != len(tt.want) {
				t.Fatalf("got %d findings, want %d:\n%s", len(got), len(tt.want), strings.Join(got, "\n"))
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got\n%s\nwant\n%s", got[i], want)
				}
			}
		})
	}
}

func TestABombOfAliasesIsRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString(head + "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		from, to := string(rune('0'+i-1)), string(rune('0'+i))
		b.WriteString("a" + to + ": &a" + to + " [" + strings.TrimSuffix(strings.Repeat("*a"+from+", ", 10), ", ") + "]\n")
	}
	for name, text := range map[string]string{
		"aliases":      b.String(),
		"depth":        head + "a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n",
		"bytes":        head + "a: " + strings.Repeat("x", pack.MaxMetadata),
		"alias itself": head + "a: &a [*a]\n",
	} {
		m, found := read(t, text)
		if m != nil || len(found) != 1 || !strings.Contains(found[0], "DPM740") {
			t.Errorf("%s: got %v, %.200q", name, m, found)
		}
	}
}

func TestDataHasItsPlaces(t *testing.T) {
	m, found := read(t, head+"devpm:\n  runtime: declarative\n  contributes:\n    services: {mailpit: {image: axllent/mailpit, ports: [\"8025:8025\"], x: 0x10, y: yes, z: 1e3}}\n    service_patches: {odoo: {environment: {SMTP_HOST: mailpit}}}\n")
	if found != nil {
		t.Fatal(found)
	}
	service := m.Contributes.Services.Get("mailpit")
	if got := service.Get("image"); got.Text != "axllent/mailpit" || got.Range.String() != "extension.yml:8:33" || got.Range.End.Column != 48 {
		t.Errorf("image is %+v", got)
	}
	for key, want := range map[string]string{"x": "16", "y": "yes", "z": "1e3"} {
		if got := service.Get(key); got.Text != want {
			t.Errorf("%s is %+v", key, got)
		}
	}
	if got := m.Offers(); len(got) != 2 || got[0] != "compose.fragment/1" || got[1] != "compose.patch/1" {
		t.Errorf("it offers %q", got)
	}
}

func TestWhatRunsFromTheArchive(t *testing.T) {
	for _, tt := range []struct {
		level, rest string
		want        bool
	}{
		{"1.0.0", "", true},
		{"1.3.0", "  zip_safe: false\n", true}, // UEX-17
		{"1.4.0", "", true},
		{"1.4.0", "  zip_safe: true\n", true},
		{"1.4.0", "  zip_safe: false\n", false}, // UEX-16
		{"1.4.0", "devpm: {runtime: exec, entry: run.sh}\n", false},
		{"1.4.0", "devpm: {runtime: declarative, contributes: {services: {a: {image: b}}}}\n", true},
		{"1.4.0", "devpm: {runtime: declarative, contributes: {hooks: {pre_up: [[\"${extension_zip}/a.sh\"]]}}}\n", false},
	} {
		m, found := read(t, strings.Replace(head, "1.4.0", tt.level, 1)+tt.rest)
		if m.RunsFromZip() != tt.want {
			t.Errorf("%s %q: %t, findings %q", tt.level, tt.rest, m.RunsFromZip(), found)
		}
	}
}

func FuzzReadMetadata(f *testing.F) {
	text, err := os.ReadFile("testdata/seed/extension.yml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(head + "devpm: {runtime: exec, binaries: {linux/amd64: a}}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		var c diag.Collector
		m := pack.ReadMetadata("extension.yml", src, &c)
		if m == nil && !c.HasErrors() {
			t.Fatal("nothing was read, and nothing is said")
		}
		if m == nil || c.HasErrors() {
			return
		}
		if !pack.ValidName(m.Name) || m.APILevel == "" {
			t.Fatalf("accepted: %+v", m)
		}
		m.RunsFromZip()
		m.Offers()
	})
}
