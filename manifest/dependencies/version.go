package dependencies

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// compatible reports a dependency that is made for another Odoo or Python:
// Odoo's versions are compared as numbers, Python's by major and minor (spec
// §6.3). A version that is no version says nothing.
func (s *search) compatible(n *manifest.Nested) {
	own, err := strconv.ParseFloat(s.m.OdooVersion, 64)
	theirs, theirErr := strconv.ParseFloat(n.OdooVersion.Value, 64)
	if err == nil && theirErr == nil && own != 0 && own != theirs {
		s.other(n, n.OdooVersion, "Odoo", s.m.OdooVersion)
	}
	a, b := majorMinor(s.m.Python), majorMinor(n.Python.Value)
	if a != "" && b != "" && a != b {
		s.other(n, n.Python, "Python", s.m.Python)
	}
}

func (s *search) other(n *manifest.Nested, theirs manifest.Text, what, own string) {
	severity := diag.Warning
	if s.o.Strict {
		severity = diag.Error
	}
	s.c.Add(diag.Diagnostic{
		Code: diag.DependencyVersion, Severity: severity, Range: theirs.Range, Path: theirs.Path,
		Message: fmt.Sprintf("the dependency %s is made for %s %s, the project has %s", n.Name, what, theirs.Value, own),
		Fix:     "name a branch or commit of the dependency that is made for the project's version",
	})
}

// majorMinor is "3.12" for "3.12.4"; "" for what is no version.
func majorMinor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return ""
	}
	for _, p := range parts[:2] {
		if _, err := strconv.Atoi(p); err != nil {
			return ""
		}
	}
	return parts[0] + "." + parts[1]
}
