package conformance

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/manifest"
)

const compatibilityPage = "../../../../docs/compatibility.md"

var (
	caseID   = regexp.MustCompile(`\b[A-Z]{3,4}-\d\d\b`)
	decision = regexp.MustCompile(`Decisions? (\d+)(?: and (\d+))?`)
	numbered = regexp.MustCompile(`(?m)^(\d+)\. `)
)

// section is the text below a heading of the page.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("no section %q", heading)
	}
	body, _, _ := strings.Cut(rest, "\n## ")
	return body
}

// TestThePageAndTheCasesAgree keeps docs/compatibility.md honest: a difference
// is in question at odpm or follows from a decision, and the page lists what
// the cases do, no more and no less.
func TestThePageAndTheCasesAgree(t *testing.T) {
	data, err := os.ReadFile(compatibilityPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	if !strings.Contains(page, "contract level "+manifest.ContractLevel) {
		t.Errorf("the page does not name contract level %s", manifest.ContractLevel)
	}

	decisions := map[string]bool{}
	for _, m := range numbered.FindAllStringSubmatch(section(t, page, "Decisions"), -1) {
		decisions[m[1]] = true
	}
	cited := map[string]bool{}
	checkCitations := func(row string) {
		for _, m := range decision.FindAllStringSubmatch(row, -1) {
			for _, number := range m[1:] {
				if number != "" && !decisions[number] {
					t.Errorf("Decision %s is not in the list: %s", number, row)
				}
				cited[number] = true
			}
		}
	}

	listed := map[string]string{}
	questioned := expected()
	for row := range strings.SplitSeq(section(t, page, "Differences"), "\n") {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if !strings.HasPrefix(row, "|") || !caseID.MatchString(cells[0]) {
			continue
		}
		id := cells[0]
		if len(cells) != 4 || listed[id] != "" {
			t.Errorf("a row has an id of its own and four cells: %s", row)
		}
		listed[id] = "differs"
		checkCitations(row)
		if !questioned[id] && !decision.MatchString(cells[len(cells)-1]) {
			t.Errorf("%s differs without a decision", id)
		}
	}
	checkCitations(section(t, page, "Beyond the cases"))
	for number := range decisions {
		if !cited[number] {
			t.Errorf("nothing follows from Decision %s", number)
		}
	}

	want := map[string]string{}
	for _, c := range cases() {
		if c.differs {
			want[c.id] = "differs"
		}
	}
	if d := cmp.Diff(want, listed); d != "" {
		t.Errorf("-cases +page\n%s", d)
	}
}
