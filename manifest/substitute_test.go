package manifest

import (
	"testing"
)

// What envsubst is given must be what it gets right: its answer and ours are
// the same for every value, operator and word that reaches it.
func TestEnvsubstAgreesOnWhatItIsGiven(t *testing.T) {
	for _, value := range []string{"", "v", "a b", "}", "${X}", "$X", "x=y", "é", "\n"} {
		for _, set := range []bool{true, false} {
			for _, operator := range []string{"", "-", ":-", "+", ":+", "?", ":?"} {
				for _, word := range []string{"", "d", "-1", ":-", "=x", "http://h:80/p?q#f", "a b", "é", "_", "1", "+", "?m", "w\nw", "{", "${A}"} {
					if !substitutable(operator, word) || operator == "" && (word != "" || !set) {
						continue
					}
					got, err := substitute("V", operator, word, value, set)
					want, useWord := choose(operator, value, set)
					if useWord {
						want = word
					}
					if err != nil || got != want {
						t.Errorf("${V%s%s} with %q (%v): got %q, %v; want %q", operator, word, value, set, got, err, want)
					}
				}
			}
		}
	}
}
