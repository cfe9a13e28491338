package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// describe names a value's type, with an article.
func describe(n *Node) string {
	switch n.Kind {
	case Bool:
		return n.Text
	case Number:
		return "a number"
	case String:
		return "a string"
	case Array:
		return "a list"
	case Object:
		return "an object"
	default:
		return "null"
	}
}

// nearest returns the name that was probably meant: equal but for upper and
// lower case, blanks and dashes, else at most a third of the letters away.
// It is empty when no name is near or two are equally so.
func nearest(name string, known []string) string {
	plain := plainName(name)
	best, distance, tie := "", max(1, len(plain)/3)+1, false
	for _, k := range known {
		if far := len(k) - len(plain); far >= distance || -far >= distance {
			continue // at least as many edits as letters that one has more
		}
		d := typos(plain, plainName(k))
		switch {
		case d < distance:
			best, distance, tie = k, d, false
		case d == distance && best != "":
			tie = true
		}
	}
	if tie {
		return ""
	}
	return best
}

// typos counts the edits between two names; two letters in the wrong order are
// one typo, not two.
func typos(a, b string) int {
	if len(a) == len(b) {
		for i := 0; i+1 < len(a); i++ {
			if a[i] != b[i] {
				if a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:] {
					return 1
				}
				break
			}
		}
	}
	return levenshtein.ComputeDistance(a, b)
}

var plainer = strings.NewReplacer("-", "_", " ", "_")

func plainName(name string) string { return plainer.Replace(strings.ToLower(name)) }

// list is `a, b and c`, for at most twelve names.
func list(names []string, last string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " " + last + " " + names[len(names)-1]
}

// quoted puts each name in double quotes.
func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strconv.Quote(n)
	}
	return out
}

// didYouMean is the fix for a name that is not among the known ones; kind is
// the plural ("keys", "services").
func didYouMean(name string, known []string, kind string) string {
	known = slices.Sorted(slices.Values(known))
	if k := nearest(name, known); k != "" {
		return fmt.Sprintf("did you mean %q?", k)
	}
	if len(known) == 0 {
		return "there are no " + kind + " here"
	}
	return "known " + kind + " are " + list(known, "and")
}

// DidYouMean is the fix for a name that is not among the known ones, for rooms
// that read files of other forms; kind is the plural ("keys", "capabilities").
func DidYouMean(name string, known []string, kind string) string {
	return didYouMean(name, known, kind)
}

// Describe names a value's type as messages do: "a string", "null", "true".
func (n *Node) Describe() string { return describe(n) }
