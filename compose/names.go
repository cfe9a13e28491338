package compose

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/devpm/devpm/diag"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// quote marks a name in a message.
func quote(name string) string { return string(appendQuoted(nil, name)) }

// near returns up to n known names that a misspelled one may stand for, the
// closest first.
func near(name string, known []string, n int) []string {
	type candidate struct {
		name     string
		distance int
	}
	limit := max(1, min(3, len(name)/3+1))
	var found []candidate
	for _, k := range known {
		d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(k))
		if d <= limit && d < len(k) {
			found = append(found, candidate{k, d})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), strings.Compare(a.name, b.name))
	})
	var out []string
	for _, f := range found[:min(n, len(found))] {
		out = append(out, f.name)
	}
	return out
}

// didYouMean is a fix that names the likeliest of the known names, and lists
// the known ones as far as that helps.
func didYouMean(name string, known []string, what string) string {
	const most = 20
	likely := near(name, known, 1)
	switch {
	case len(known) == 0:
		return "there are no " + what + " here"
	case len(likely) == 0:
		return listed("use one of the known "+what+": ", known, most)
	case len(known) > most:
		return "did you mean " + quote(likely[0]) + "?"
	default:
		return listed("did you mean "+quote(likely[0])+"? The known "+what+" are ", known, most)
	}
}

func listed(intro string, names []string, most int) string {
	if len(names) > most {
		return intro + strings.Join(names[:most], ", ") + " …"
	}
	return intro + strings.Join(names, ", ")
}

func related(at diag.Range, message string) []diag.Related {
	if at == (diag.Range{}) {
		return nil
	}
	return []diag.Related{{Range: at, Message: message}}
}
