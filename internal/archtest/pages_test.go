package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/internal/testkit"
)

func TestTheListOfAllDiagnosticsIsWhole(t *testing.T) {
	testkit.Golden(t, filepath.Join(moduleRoot, "docs/diagnostics/README.md"), []byte(index(codes())))
}

func TestEveryLinkOfAPageLeadsSomewhere(t *testing.T) {
	all, err := pages(moduleRoot)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d pages were read", len(all))
	}
	fail(t, checkLinks(moduleRoot, "README.md", all))
}

func TestThePagesHaveEveryRoomAndDependency(t *testing.T) {
	tr := readModule(t)
	for page, check := range map[string]func(name, page string) []string{
		"docs/architecture.md": tr.checkRooms,
		"docs/dependencies.md": tr.checkDependencies,
		"docs/ci.md": func(name, page string) []string {
			return tr.checkVariables(name, page, "DEVPM_EXTENSION") // for extensions
		},
	} {
		text, err := os.ReadFile(filepath.Join(moduleRoot, page))
		if err != nil {
			t.Fatal(err)
		}
		fail(t, check(page, string(text)))
	}
}

func TestDeadLinksAndLostPagesAreCaught(t *testing.T) {
	root := plant(t, map[string]string{
		"README.md": "# One `two`: three?\n\n[good](docs/a.md#a-heading) [all](docs/more/)\n[of this page](#one-two-three), [out](../x.md), [web](https://example.org/x.md)\n" +
			"[gone](docs/gone.md) [no heading](docs/a.md#other) `[code](not-there.md)`\n\n```\n[fence](not-there.md)\n```\n",
		"docs/a.md":         "# A heading\n\n## A heading\n\n[second](#a-heading-1) [data](data.json)\n\n```sh\n# comment\n```\n\n[no heading](#comment)\n",
		"docs/data.json":    "{}",
		"docs/more/b.md":    "[back](../../README.md)\n",
		"docs/lost.md":      "nobody links this\n",
		"testdata/x.md":     "read by those who change it\n",
		".hidden/c.md":      "[gone](gone.md)\n",
		"dist/d/extra.md":   "[gone](gone.md)\n",
		"docs/.odpm/hid.md": "[gone](gone.md)\n",
	})
	all, err := pages(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"README.md links ../x.md: that is outside of the repository",
		"README.md links docs/a.md#other: docs/a.md has no heading #other",
		"README.md links docs/gone.md: there is no docs/gone.md",
		"docs/a.md links #comment: docs/a.md has no heading #comment",
		"docs/lost.md is not found from README.md by links",
	}
	slices.Sort(want)
	if d := cmp.Diff(want, checkLinks(root, "README.md", all)); d != "" {
		t.Error(d)
	}
}

func TestRoomsAndDependenciesThatAPageLacksAreCaught(t *testing.T) {
	tr, err := readTree(plant(t, map[string]string{
		"go.mod": "module example.org/m\n\ngo 1.26\n\nrequire example.org/one v1.0.0\n\nrequire (\n\texample.org/two v1.0.0\n\texample.org/deep v1.0.0 // indirect\n)\n",
		"a/a.go": source("const v, given = \"DEVPM_X\", \"DEVPM_GIVEN\"\n"), "a/b/b.go": source("const w = \"DEVPM_SAID\"\n"),
		"examples/x/x.go": source("const x = \"DEVPM_EXAMPLE\"\n"), "c/c_test.go": "package c\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	page := "| room | holds |\n| --- | --- |\n| `a` | one |\n| `a` | one |\n| `gone` | `b` |\n"
	want := []string{"page.md has two rows for a", "page.md has a row for gone, which is no package", "page.md has no row for a/b"}
	if d := cmp.Diff(want, tr.checkRooms("page.md", page)); d != "" {
		t.Error(d)
	}

	page = "| module |\n| --- |\n| `example.org/one` |\n| `example.org/deep` |\n"
	want = []string{"page.md has a row for example.org/deep, which go.mod does not require directly", "page.md has no row for example.org/two"}
	if d := cmp.Diff(want, tr.checkDependencies("page.md", page)); d != "" {
		t.Error(d)
	}

	if d := cmp.Diff([]string{"page.md has no row for DEVPM_X"}, tr.checkVariables("page.md", "| a |\n| `DEVPM_SAID` | yes |\n", "DEVPM_GIVEN")); d != "" {
		t.Error(d)
	}
}
