package pack_test

import (
	"fmt"
	"testing"

	"github.com/devpm/devpm/extensions/pack"
)

// UEX-07 to UEX-11, and the seed's samples.
func TestSpecifiersAllow(t *testing.T) {
	for _, tt := range []struct {
		text string
		yes  []string
		no   []string
	}{
		{"==2.7*", []string{"2.7.18", "2.7"}, []string{"3.7.16", "2.70.1"}},                       // UEX-07
		{"!=3.9.1*", []string{"3.9.18", "3.10.13", "3.9.0"}, []string{"3.9.1"}},                   // UEX-08
		{"!=3*", []string{"2.7.18"}, []string{"3.0.0", "3.14.1"}},                                 // the seed's third sample
		{"==3*", []string{"3.6.15", "3.14.0"}, []string{"2.7.18", "30.1"}},                        // the seed's text
		{">=3.6", []string{"3.6", "3.6.0", "3.10.1"}, []string{"3.5.9", "2.7.18"}},                // the seed's file
		{">=3.6,<3.10", []string{"3.6.15", "3.9.18"}, []string{"3.10.13"}},                        // UEX-10
		{">3.9", []string{"3.9.18", "3.10.13"}, []string{"3.9.0", "3.9"}},                         // UEX-11
		{"==3.6", []string{"3.6", "3.6.0"}, []string{"3.6.9"}},                                    // missing parts are 0
		{"!=3.1*", []string{"3.10.1", "3.0"}, []string{"3.1.4"}},                                  // by parts
		{" >= 3.8 , != 3.9.* ", []string{"3.8.1", "3.10.0"}, []string{"3.9.2", "3.7.1"}},          // blanks; .* is *
		{"<=3.9.1", []string{"3.9.1", "3.9.0"}, []string{"3.9.2", "", "abc"}},                     // what is no version
		{"<4", []string{"3.13.0rc1", "3.13.0+"}, []string{"4.0.0a1"}},                             // what follows the numbers
		{"==99999999999999999999.1", []string{"99999999999999999999.1"}, []string{"1.1", "99.1"}}, // no overflow
	} {
		s, err := pack.ParseSpecifier(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		for _, v := range tt.yes {
			if !s.Allows(v) {
				t.Errorf("%q refuses %q", tt.text, v)
			}
		}
		for _, v := range tt.no {
			if s.Allows(v) {
				t.Errorf("%q allows %q", tt.text, v)
			}
		}
	}
}

// What a series decides is what each version of it decides.
func TestSpecifiersAllowSeries(t *testing.T) {
	for text, want := range map[string]string{
		">=3.8": "yes", ">=3.11": "yes", ">=3.11.0": "yes", ">3.10": "yes", ">3": "yes", "<4": "yes", "==3*": "yes", "==3.11*": "yes", "!=3.10.1": "yes", "!=3.1*": "yes", ">=3.8,!=3.9.1*": "yes",
		">=3.12": "no", "<3.11": "no", "<3.11.0": "no", "<=3.10": "no", "!=3.11*": "no", "==3.10.4": "no", ">=3.11.2,<3": "no", "==3": "no",
		">=3.11.2": "", ">3.11": "", "<=3.11": "", "==3.11": "", "!=3.11": "", "<3.11.4": "", "==3.11.2*": "", "!=3.11.2.*": "", ">3.11.0": "", ">=3.8,<3.11.9": "",
	} {
		s, err := pack.ParseSpecifier(text)
		if err != nil {
			t.Fatal(err)
		}
		allowed, decided := s.AllowsSeries("3.11")
		if got := map[bool]string{true: "yes", false: "no"}[allowed]; decided != (want != "") || decided && got != want {
			t.Errorf("%q: got %t %t, want %q", text, allowed, decided, want)
		}
		for patch := range 20 {
			if version := fmt.Sprintf("3.11.%d", patch); decided && s.Allows(version) != allowed {
				t.Errorf("%q: the series says %t, %s does not", text, allowed, version)
			}
		}
	}
	for _, series := range []string{"", "3", "3.11.2", "x"} {
		if _, decided := (pack.Specifier{}).AllowsSeries(series); decided {
			t.Errorf("%q is taken for a series", series)
		}
	}
}

// UEX-13
func TestMalformedSpecifiersAreRefusedWithTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"~=3.6":          `at 0: "~=" is not known: write the two ends, such as ">=3.6,<4"`,
		"3.6":            `at 0: "3" is no operator: one of ==, !=, <, <=, >, >= is expected`,
		">=3*":           `at 3: a star goes with "==" and "!=" only`,
		">=3.*":          `at 4: a star goes with "==" and "!=" only`,
		">=":             `at 2: a version is missing after ">="`,
		"":               `at 0: the specifier is empty`,
		">=3.6;x":        `at 5: ";" is not expected here: a comma or the end is`,
		"===3.6":         `at 0: "===" is not known: write "=="`,
		">=3.6,":         `at 6: a clause such as ">=3.6" is expected`,
		">=3.":           `at 4: a version is missing after ">="`,
		">=3.x":          `at 4: "x" is no digit: a version such as 3.11 is expected`,
		"==3*1":          `at 4: "1" is not expected here: a comma or the end is`,
		">=3.6 <4":       `at 6: "<" is not expected here: a comma or the end is`,
		"≥3.6":           `at 0: "≥" is no operator: one of ==, !=, <, <=, >, >= is expected`,
		">=3.6, \u00a04": `at 7: "\u00a0" is no operator: one of ==, !=, <, <=, >, >= is expected`,
	} {
		if _, err := pack.ParseSpecifier(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParseSpecifier(f *testing.F) {
	for _, s := range []string{"==2.7*", "!=3.9.1*", ">=3.6,<3.10", "~=3.6", ">=3.6;x", "== 3 . 6"} {
		f.Add(s, "3.9.1")
	}
	f.Fuzz(func(t *testing.T, text, version string) {
		s, err := pack.ParseSpecifier(text)
		if err != nil {
			if err.Offset < 0 || err.Offset > len(text) || err.Message == "" {
				t.Fatalf("%q: %+v", text, err)
			}
			return
		}
		if allowed, decided := s.AllowsSeries("3.9"); decided && s.Allows("3.9.1") != allowed {
			t.Fatalf("%q: the series 3.9 says %t, and 3.9.1 does not", text, allowed)
		}
		again, err := pack.ParseSpecifier(s.String())
		if err != nil || again.Allows(version) != s.Allows(version) {
			t.Fatalf("%q does not read back: %v", text, err)
		}
	})
}
