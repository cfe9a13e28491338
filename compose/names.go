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

// didYouMean is a fix that names the likeliest of the known names, or lists
// them (the first 20) when none is near.
func didYouMean(name string, known []string, what string) string {
	if close := near(name, known, 1); len(close) > 0 {
		return "did you mean " + quote(close[0]) + "?" + listed("; the known "+what+" are ", known)
	}
	if len(known) == 0 {
		return "there are no " + what + " here"
	}
	return strings.TrimPrefix(listed("; the known "+what+" are ", known), "; ")
}

func listed(intro string, names []string) string {
	const most = 20
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
