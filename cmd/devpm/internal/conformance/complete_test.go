package conformance

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// contractIDs are all cases of the first eight groups, and of the others those
// whose parts exist. A "q" marks a case in which odpm itself is called in
// question: observed, and promised nowhere.
const contractIDs = `
VER-01 VER-02 VER-04 VER-05 VER-07 VER-08 VER-10 VER-11 VER-13 VER-14 VER-16 VER-17 VER-19
SCH-01 SCH-02 SCH-04 SCH-05 SCH-07 SCH-08 SCH-10 SCH-11 SCH-13 SCH-14 SCH-16 SCH-17 SCH-19 SCH-20 SCH-22 SCH-23 SCH-25 SCH-26 SCH-28
SCH-29 SCH-31 SCH-32q
EXP-01 EXP-02 EXP-04 EXP-05 EXP-07 EXP-08 EXP-10 EXP-11 EXP-13 EXP-14 EXP-16 EXP-17 EXP-19 EXP-20q EXP-22q EXP-23q EXP-25q EXP-26
EXP-28 EXP-29 EXP-31 EXP-32q
SCN-01 SCN-02 SCN-04 SCN-05 SCN-07 SCN-08 SCN-10 SCN-11 SCN-13 SCN-14 SCN-16 SCN-17
SEC-01 SEC-02 SEC-04 SEC-05 SEC-07 SEC-08 SEC-10
ODC-01 ODC-02 ODC-04 ODC-05 ODC-07 ODC-08
MRG-01 MRG-02 MRG-04 MRG-05 MRG-07 MRG-08 MRG-10q MRG-11q MRG-13 MRG-14 MRG-16q MRG-17
GLD-01 GLD-02 GLD-04 GLD-05 GLD-07 GLD-08
CMP-01 CMP-02 CMP-04 CMP-05 CMP-07 CMP-08 CMP-10 CMP-11
HOOK-01 HOOK-02 HOOK-04 HOOK-05q HOOK-07 HOOK-08q HOOK-10 HOOK-11 HOOK-13
PLAN-01 PLAN-02 PLAN-04 PLAN-05 PLAN-07 PLAN-08 PLAN-10 PLAN-11 PLAN-13 PLAN-14q PLAN-16 PLAN-17 PLAN-19 PLAN-20 PLAN-22 PLAN-23
PLAN-25 PLAN-26 PLAN-28q PLAN-29q

TOK-01 TOK-02 TOK-04 TOK-05 TOK-07 TOK-08 TOK-10 TOK-11 TOK-13 TOK-14 TOK-16 TOK-17q TOK-19 TOK-20 TOK-22 TOK-23 TOK-25 TOK-26 TOK-28 TOK-29
NET-01 NET-02 NET-04 NET-05 NET-07 NET-08 NET-10 NET-11 NET-13 NET-14 NET-16 NET-17 NET-19 NET-20q
GATE-01 GATE-02 GATE-04 GATE-05 GATE-07
LCK-01 LCK-02 LCK-04 LCK-05 LCK-07 LCK-08 LCK-10 LCK-11 LCK-13 LCK-14 LCK-16q LCK-17
DEP-01 DEP-02 DEP-04q DEP-05 DEP-07 DEP-08 DEP-10 DEP-11 DEP-13 DEP-14 DEP-16 DEP-17
UEX-01 UEX-02 UEX-04 UEX-05 UEX-07 UEX-08 UEX-10 UEX-11 UEX-13 UEX-14 UEX-16 UEX-17 UEX-19 UEX-20 UEX-22 UEX-23 UEX-25 UEX-26 UEX-28 UEX-29
EXT-01 EXT-02 EXT-04 EXT-05 EXT-07 EXT-08 EXT-10 EXT-11 EXT-13
ENV-01 ENV-02 ENV-04 ENV-05q ENV-07q ENV-08q ENV-10q ENV-11 ENV-13 ENV-14
`

// expected are the ids above, and whether each is in question.
func expected() map[string]bool {
	ids := map[string]bool{}
	for word := range strings.FieldsSeq(contractIDs) {
		id, questioned := strings.CutSuffix(word, "q")
		ids[id] = questioned
	}
	return ids
}

func TestEveryCaseIsThereOnce(t *testing.T) {
	got := map[string]int{}
	for _, c := range cases() {
		got[c.id]++
		if c.about == "" {
			t.Errorf("%s says nothing", c.id)
		}
	}
	want := map[string]int{}
	for id := range expected() {
		want[id] = 1
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
