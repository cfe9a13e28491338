package archtest

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// check returns every violation, sorted, each as one line that starts with its
// place.
func (t *tree) check() []string {
	out := slices.Concat(t.checkArrows(), t.checkHomes(), t.checkBans(), t.checkComments(), t.checkModule())
	slices.Sort(out)
	return slices.Compact(out)
}

// checkArrows judges imports of our own packages.
func (t *tree) checkArrows() []string {
	var out []string
	for _, f := range t.files {
		if f.test {
			continue
		}
		for _, imported := range f.imports {
			target, ok := t.ours(imported)
			if !ok {
				continue
			}
			for _, a := range arrows {
				if within(f.dir, a.from) && a.forbids(target) {
					out = append(out, fmt.Sprintf("%s imports %s: %s must not (%s)", f.path, target, a.from, a.why))
				}
			}
		}
	}
	return out
}

func (a arrow) forbids(target string) bool {
	switch {
	case a.nobody:
		return !within(target, a.from)
	case a.only != nil:
		return !within(target, a.only...)
	default:
		return within(target, a.never...)
	}
}

func (t *tree) checkHomes() []string {
	var out []string
	for _, h := range homes {
		var inside []string
		for _, f := range t.files {
			if f.test && !h.tests || !slices.ContainsFunc(f.imports, h.covers) {
				continue
			}
			if within(f.dir, h.in...) {
				inside = append(inside, f.path)
				continue
			}
			if within(f.dir, programs...) {
				continue
			}
			out = append(out, fmt.Sprintf("%s imports %s: only %s may (%s)", f.path, h.imports, strings.Join(h.in, " and "), h.why))
		}
		if h.oneFile && len(inside) > 1 {
			out = append(out, fmt.Sprintf("%s import %s: only one file may (%s)", strings.Join(inside, " and "), h.imports, h.why))
		}
	}
	return out
}

func (h home) covers(imported string) bool {
	return within(imported, h.imports) && !within(imported, h.except...)
}

// checkBans looks for uses of banned functions, as calls or as values.
func (t *tree) checkBans() []string {
	var out []string
	for _, f := range t.files {
		if f.test || within(f.dir, banExempt...) || strings.HasSuffix(f.dir, "test") { // execxtest and its like serve tests
			continue
		}
		names := map[string]string{} // local name → import path
		for _, spec := range f.ast.Imports {
			imported := strings.Trim(spec.Path.Value, "\"")
			local := path.Base(imported)
			if spec.Name != nil {
				local = spec.Name.Name
			}
			names[local] = imported
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, b := range bans {
				if names[x.Name] == b.pkg && b.matches(sel.Sel.Name) {
					at := t.set.Position(sel.Pos())
					out = append(out, fmt.Sprintf("%s:%d uses %s.%s: only cmd/devpm may (%s)", f.path, at.Line, b.pkg, sel.Sel.Name, b.why))
				}
			}
			return true
		})
	}
	return out
}

func (b ban) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(b.name, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == b.name
}

// checkComments wants one package comment for each package, in one file.
func (t *tree) checkComments() []string {
	comments := map[string][]string{}
	for _, f := range t.files {
		if f.test {
			continue
		}
		if _, ok := comments[f.dir]; !ok {
			comments[f.dir] = nil
		}
		if f.ast.Doc != nil && strings.TrimSpace(f.ast.Doc.Text()) != "" {
			comments[f.dir] = append(comments[f.dir], f.path)
		}
	}
	var out []string
	for dir, in := range comments {
		switch len(in) {
		case 0:
			out = append(out, fmt.Sprintf("%s has no package comment: say what it does, and what it does not do", dir))
		case 1:
		default:
			out = append(out, fmt.Sprintf("%s has package comments in %s: keep one", dir, strings.Join(in, " and ")))
		}
	}
	return out
}

// checkModule refuses replace lines: they hold for our builds alone, and
// `go install` of the module would build something else.
func (t *tree) checkModule() []string {
	for line := range strings.Lines(t.gomod) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == "replace" {
			return []string{"go.mod has a replace line: " + strings.TrimSpace(line)}
		}
	}
	return nil
}

// long lists files with more than longFile lines. They are mentioned, not
// refused.
func (t *tree) long() []string {
	var out []string
	for _, f := range t.files {
		if f.lines > longFile && !f.test {
			out = append(out, fmt.Sprintf("%s has %d lines", f.path, f.lines))
		}
	}
	return out
}
