package prepare

import (
	"fmt"

	"github.com/devpm/devpm/diag"
)

// judgeNames looks at the names that are the same in every work tree. A
// container's name exists once, so that another's stops the run; a volume or
// network of another project would be shared, which may be meant.
func (b *builder) judgeNames(s *Step) {
	for _, f := range b.want.Fixed {
		taken, ok := b.have.Engine.Taken[f.Key()]
		switch {
		case !ok:
		case f.Kind == "container":
			if !b.takesPart(f.Service) {
				continue
			}
			b.refuse(s, diag.Diagnostic{
				Code: diag.FixedNameTaken, Range: f.Range, Path: f.Path,
				Message: fmt.Sprintf("the name %q belongs to %s", f.Name, taken.By),
				Fix:     "leave container_name out, so that every work tree has a container of its own, or " + taken.Fix,
			})
		default:
			what := "its data is shared"
			if f.Kind == "network" {
				what = "services of both reach each other by their names"
			}
			b.warn(diag.Diagnostic{
				Code: diag.FixedNameShared, Severity: diag.Warning, Range: f.Range, Path: f.Path,
				Message: fmt.Sprintf("the %s %q is used by %s too: %s", f.Kind, f.Name, taken.By, what),
				Fix:     fmt.Sprintf("leave name out, so that every work tree has a %s of its own, or say that it is shared with \"external\": true", f.Kind),
			})
		}
	}
}
