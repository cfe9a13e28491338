package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var codeForm = regexp.MustCompile(`^DPM[0-9]{4}$`)

// code is one diagnostic code with its title.
type code struct{ code, title string }

// checkCodes judges the list of diagnostics: well formed, unique, in order.
func checkCodes(codes []code) []string {
	var out []string
	for i, c := range codes {
		switch {
		case !codeForm.MatchString(c.code):
			out = append(out, fmt.Sprintf("%q is not DPM and four digits", c.code))
		case c.title == "":
			out = append(out, c.code+" has no title")
		case i > 0 && codes[i-1].code == c.code:
			out = append(out, c.code+" is listed twice")
		case i > 0 && codes[i-1].code > c.code:
			out = append(out, fmt.Sprintf("%s is listed after %s", c.code, codes[i-1].code))
		}
	}
	return out
}

// checkPages wants a page for each code in docs/diagnostics, headed by code and
// title, with a part "What to do"; and no page for anything else.
func checkPages(root string, codes []code) []string {
	var out []string
	dir := filepath.Join(root, "docs", "diagnostics")
	known := map[string]bool{"README.md": true}
	for _, c := range codes {
		name := c.code + ".md"
		known[name] = true
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			out = append(out, fmt.Sprintf("docs/diagnostics/%s is missing (%s)", name, c.title))
			continue
		}
		heading, rest, _ := strings.Cut(string(text), "\n")
		if want := fmt.Sprintf("# %s: %s", c.code, c.title); strings.TrimSpace(heading) != want {
			out = append(out, fmt.Sprintf("docs/diagnostics/%s is headed %q, not %q", name, heading, want))
		}
		if len(strings.Fields(rest)) < 15 {
			out = append(out, fmt.Sprintf("docs/diagnostics/%s says next to nothing", name))
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return append(out, "docs/diagnostics cannot be read")
	}
	for _, e := range entries {
		if !known[e.Name()] {
			out = append(out, fmt.Sprintf("docs/diagnostics/%s belongs to no code", e.Name()))
		}
	}
	return out
}

// checkUsed wants each code to be produced somewhere: its constant of package
// diag, or its text, in a file that is no test.
func (t *tree) checkUsed(codes []code) []string {
	constants := map[string]string{} // name in package diag → code
	for _, f := range t.files {
		if f.dir != "diag" || f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, v := range spec.Values {
				if text, ok := literal(v); ok && codeForm.MatchString(text) && i < len(spec.Names) {
					constants[spec.Names[i].Name] = text
				}
			}
			return true
		})
	}
	used := map[string]bool{}
	for _, f := range t.files {
		if f.dir == "diag" || f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "diag" {
					used[constants[n.Sel.Name]] = true
				}
			case *ast.BasicLit:
				if text, ok := literal(n); ok {
					used[text] = true
				}
			}
			return true
		})
	}
	var out []string
	for _, c := range codes {
		if !used[c.code] {
			out = append(out, fmt.Sprintf("%s (%s) is used nowhere", c.code, c.title))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(constants)) {
		if text := constants[name]; !slices.ContainsFunc(codes, func(c code) bool { return c.code == text }) {
			out = append(out, fmt.Sprintf("diag.%s (%s) is missing in diag.Codes", name, text))
		}
	}
	return out
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}
