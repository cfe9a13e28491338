package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
)

const moduleRoot = "../.."

func readModule(t *testing.T) *tree {
	t.Helper()
	tr, err := readTree(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	if tr.module != "github.com/devpm/devpm" || len(tr.files) < 20 {
		t.Fatalf("this is not the module: %q with %d files", tr.module, len(tr.files))
	}
	return tr
}

func codes() []code {
	var out []code
	for _, c := range diag.Codes() {
		out = append(out, code{string(c.Code), c.Title})
	}
	return out
}

func fail(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults {
		t.Error(f)
	}
}

func TestTheHouseIsAsDrawn(t *testing.T) {
	tr := readModule(t)
	fail(t, tr.check())
	for _, f := range tr.long() {
		t.Logf("warning: %s, more than %d: can it be told in two?", f, longFile)
	}
}

func TestEveryDiagnosticIsListedOnceAndInOrder(t *testing.T) { fail(t, checkCodes(codes())) }

func TestEveryDiagnosticHasItsPage(t *testing.T) { fail(t, checkPages(moduleRoot, codes())) }

func TestEveryDiagnosticIsUsed(t *testing.T) { fail(t, readModule(t).checkUsed(codes())) }

// plant writes a small module; each package gets a comment unless its text
// begins with "//".
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	if _, ok := files["go.mod"]; !ok {
		files["go.mod"] = "module example.org/m\n\ngo 1.26\n"
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// source is a commented Go file with imports (all blank) and a body.
func source(body string, imports ...string) string {
	var b strings.Builder
	b.WriteString("// Package p is planted.\npackage p\n")
	for _, i := range imports {
		fmt.Fprintf(&b, "import _ %q\n", i)
	}
	return b.String() + body
}

func TestPlantedViolationsAreCaught(t *testing.T) {
	const m = "example.org/m/"
	tests := []struct {
		name  string
		files map[string]string
		want  []string // beginnings of the faults
	}{
		{"a clean tree has none", map[string]string{
			"manifest/a.go":       source("", m+"diag", m+"internal/fsx", "fmt"),
			"cmd/devpm/a.go":      source("", "github.com/spf13/cobra", m+"compose"),
			"internal/fsx/a.go":   source("", m+"internal/execx"),
			"prepare/a_test.go":   source("", m+"compose", "os/exec"),
			"prepare/a.go":        source("", m+"manifest", m+"hooks"),
			"testdata/x/a.go":     source("", m+"compose", "os/exec"),
			"nested/go.mod":       "module example.org/nested\n",
			"nested/diag/a.go":    source("", "os/exec"),
			"extensions/sdk/a.go": source("\nfunc f() { os.Exit(1) }", "os"),
		}, nil},
		{"diag reaches a room", map[string]string{"diag/a.go": source("", m+"manifest")}, []string{"diag/a.go imports manifest"}},
		{"schema reaches diag", map[string]string{"schema/a.go": source("", m+"diag")}, []string{"schema/a.go imports diag"}},
		{"manifest reaches compose, from a package below", map[string]string{"manifest/link/a.go": source("", m+"compose/engine")}, []string{"manifest/link/a.go imports compose/engine"}},
		{"compose reaches prepare", map[string]string{"compose/a.go": source("", m+"prepare")}, []string{"compose/a.go imports prepare"}},
		{"prepare reaches compose", map[string]string{"prepare/apply/a.go": source("", m+"compose")}, []string{"prepare/apply/a.go imports compose"}},
		{"extensions reaches prepare", map[string]string{"extensions/host/a.go": source("", m+"prepare")}, []string{"extensions/host/a.go imports prepare"}},
		{"hooks reaches prepare", map[string]string{"hooks/a.go": source("", m+"prepare")}, []string{"hooks/a.go imports prepare"}},
		{"internal reaches a room", map[string]string{"internal/fsx/a.go": source("", m+"diag")}, []string{"internal/fsx/a.go imports diag"}},
		{"cobra outside of the command line, in a test", map[string]string{"compose/a_test.go": source("", "github.com/spf13/cobra")}, []string{"compose/a_test.go imports github.com/spf13/cobra"}},
		{"a process started by hand", map[string]string{"hooks/a.go": source("", "os/exec")}, []string{"hooks/a.go imports os/exec"}},
		{"a process started by the command line", map[string]string{"cmd/devpm/a.go": source("", "os/exec")}, []string{"cmd/devpm/a.go imports os/exec"}},
		{"YAML outside of compose", map[string]string{"prepare/a.go": source("", "gopkg.in/yaml.v3")}, []string{"prepare/a.go imports gopkg.in/yaml.v3"}},
		{"compose-go in manifest, beside its dotenv", map[string]string{"manifest/a.go": source("", "github.com/compose-spec/compose-go/v2/types", "github.com/compose-spec/compose-go/v2/dotenv")},
			[]string{"manifest/a.go imports github.com/compose-spec/compose-go:"}},
		{"jsonschema in manifest", map[string]string{"manifest/a.go": source("", "github.com/santhosh-tekuri/jsonschema/v5")}, []string{"manifest/a.go imports github.com/santhosh-tekuri/jsonschema/v5"}},
		{"the other jsonschema in schema", map[string]string{"schema/a.go": source("", "github.com/santhosh-tekuri/jsonschema/v6")}, []string{"schema/a.go imports github.com/santhosh-tekuri/jsonschema/v6"}},
		{"envsubst in two files", map[string]string{
			"manifest/a.go": source("", "github.com/a8m/envsubst"), "manifest/b.go": "package p\nimport _ \"github.com/a8m/envsubst/parse\"\n",
		}, []string{"manifest/a.go and manifest/b.go import github.com/a8m/envsubst"}},
		{"a clock, an exit, an environment, a print, a context", map[string]string{
			"prepare/a.go": "// Package p is planted.\npackage p\nimport (\"context\"; \"fmt\"; \"os\"; tick \"time\")\n" +
				"var now = tick.Now\nfunc f() {\n\tos.Exit(1)\n\t_ = os.Getenv(\"x\")\n\tfmt.Println()\n\tfmt.Fprintln(os.Stderr)\n\t_ = context.Background()\n}\n",
		}, []string{"prepare/a.go:10 uses context.Background", "prepare/a.go:4 uses time.Now", "prepare/a.go:6 uses os.Exit", "prepare/a.go:7 uses os.Getenv", "prepare/a.go:8 uses fmt.Println"}},
		{"no package comment", map[string]string{"diag/a.go": "package p\n"}, []string{"diag has no package comment"}},
		{"two package comments", map[string]string{"diag/a.go": source(""), "diag/b.go": source("")}, []string{"diag has package comments in diag/a.go and diag/b.go"}},
		{"a replace line", map[string]string{"go.mod": "module example.org/m\n\nreplace a => ../a\n"}, []string{"go.mod has a replace line: replace a"}},
		{"a replace block", map[string]string{"go.mod": "module example.org/m\n\nreplace (\n\ta => ../a\n)\n"}, []string{"go.mod has a replace line: replace ("}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr, err := readTree(plant(t, tt.files))
			if err != nil {
				t.Fatal(err)
			}
			got := tr.check()
			if len(got) != len(tt.want) {
				t.Fatalf("got %d faults, want %d:\n%s", len(got), len(tt.want), strings.Join(got, "\n"))
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got %q, want %q…", got[i], want)
				}
			}
		})
	}
}

func TestFaultsOfCodesAndPagesAreCaught(t *testing.T) {
	list := []code{{"DPM1002", "second"}, {"DPM1001", "first"}, {"DPM1001", "first"}, {"DPM9", "short"}, {"DPM2000", ""}}
	want := []string{"DPM1001 is listed after DPM1002", "DPM1001 is listed twice", `"DPM9" is not DPM and four digits`, "DPM2000 has no title"}
	if d := cmp.Diff(want, checkCodes(list)); d != "" {
		t.Error(d)
	}

	words := strings.Repeat("word ", 20)
	root := plant(t, map[string]string{
		"docs/diagnostics/DPM1001.md": "# DPM1001: first\n\n" + words,
		"docs/diagnostics/DPM1002.md": "# DPM1002: other\n\n" + words,
		"docs/diagnostics/DPM1003.md": "# DPM1003: third\n\nshort\n",
		"docs/diagnostics/DPM7777.md": "",
		"diag/codes.go":               source("const One = \"DPM1001\"\nconst Two = \"DPM1002\"\nconst Lost = \"DPM1009\"\n"),
		"manifest/a.go":               source("var x = diag.One\nvar y = \"DPM1003\"\n"),
		"manifest/a_test.go":          "package p\nvar z = diag.Two\n",
	})
	all := []code{{"DPM1001", "first"}, {"DPM1002", "second"}, {"DPM1003", "third"}, {"DPM1004", "fourth"}}
	want = []string{
		`docs/diagnostics/DPM1002.md is headed "# DPM1002: other", not "# DPM1002: second"`,
		"docs/diagnostics/DPM1003.md says next to nothing",
		"docs/diagnostics/DPM1004.md is missing (fourth)",
		"docs/diagnostics/DPM7777.md belongs to no code",
	}
	if d := cmp.Diff(want, checkPages(root, all)); d != "" {
		t.Error(d)
	}
	tr, err := readTree(root)
	if err != nil {
		t.Fatal(err)
	}
	want = []string{"DPM1002 (second) is used nowhere", "DPM1004 (fourth) is used nowhere", "diag.Lost (DPM1009) is missing in diag.Codes"}
	if d := cmp.Diff(want, tr.checkUsed(all)); d != "" {
		t.Error(d)
	}
}

func TestLongFilesAreMentioned(t *testing.T) {
	tr, err := readTree(plant(t, map[string]string{
		"a/long.go": source(strings.Repeat("\n", longFile)), "a/long_test.go": "package p\n" + strings.Repeat("\n", longFile), "b/short.go": source(""),
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := tr.long(); !slices.Equal(got, []string{fmt.Sprintf("a/long.go has %d lines", longFile+2)}) {
		t.Errorf("got %q", got)
	}
}
