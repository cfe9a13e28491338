package archtest

import (
	"fmt"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var roomRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// testOnly are trees that devpm is not made of: programs of their own, and what
// tests alone use.
var testOnly = []string{
	"examples", "scripts", "testdata", "internal/testkit", "internal/archtest", "internal/execx/execxtest", "cmd/devpm/e2e", "cmd/devpm/internal/conformance",
}

// checkRooms wants the page about the house to have a row for each package that
// devpm is made of, and no row for another.
func (t *tree) checkRooms(name, page string) []string {
	rooms := map[string]bool{}
	for _, f := range t.files {
		if !f.test && !within(f.dir, testOnly...) {
			rooms[f.dir] = true
		}
	}
	var out []string
	listed := map[string]bool{}
	for _, m := range roomRow.FindAllStringSubmatch(page, -1) {
		switch room := m[1]; {
		case listed[room]:
			out = append(out, fmt.Sprintf("%s has two rows for %s", name, room))
		case !rooms[room]:
			out = append(out, fmt.Sprintf("%s has a row for %s, which is no package", name, room))
		}
		listed[m[1]] = true
	}
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		if !listed[room] {
			out = append(out, fmt.Sprintf("%s has no row for %s", name, room))
		}
	}
	return out
}

var moduleRow = regexp.MustCompile("(?m)^\\| `([^`]+/[^`]+)` \\|")

// checkDependencies wants the page about dependencies to have a row for each
// module that go.mod requires directly, and no row for another.
func (t *tree) checkDependencies(name, page string) []string {
	required := map[string]bool{}
	for line := range strings.Lines(t.gomod) {
		words := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(words) >= 2 && strings.Contains(words[0], "/") && strings.HasPrefix(words[1], "v") && !strings.Contains(line, "// indirect") {
			required[words[0]] = true
		}
	}
	var out []string
	for _, m := range moduleRow.FindAllStringSubmatch(page, -1) {
		if !required[m[1]] {
			out = append(out, fmt.Sprintf("%s has a row for %s, which go.mod does not require directly", name, m[1]))
		}
		delete(required, m[1])
	}
	for _, module := range slices.Sorted(maps.Keys(required)) {
		out = append(out, fmt.Sprintf("%s has no row for %s", name, module))
	}
	return out
}

var variableForm = regexp.MustCompile(`^DEVPM_[A-Z_]+$`)

// checkVariables wants a page to have a row for each variable of its own that
// devpm reads. given are those that it gives to others instead.
func (t *tree) checkVariables(name, page string, given ...string) []string {
	missing := map[string]bool{}
	for _, f := range t.files {
		if f.test || within(f.dir, testOnly...) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				text, _ := literal(lit)
				if variableForm.MatchString(text) && !slices.Contains(given, text) && !strings.Contains(page, "\n| `"+text+"` |") {
					missing[text] = true
				}
			}
			return true
		})
	}
	var out []string
	for _, variable := range slices.Sorted(maps.Keys(missing)) {
		out = append(out, fmt.Sprintf("%s has no row for %s", name, variable))
	}
	return out
}
