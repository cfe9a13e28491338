package engine

import (
	"errors"

	"github.com/devpm/devpm/diag"
)

// fault is one diagnostic as an error.
func fault(code diag.Code, message, fix string) error {
	return diag.List{{Code: code, Message: message, Fix: fix}}.Err()
}

// ProblemOf returns the diagnostic that an error of this package carries, so
// that a caller may show it without failing. The second result is false for
// other errors.
func ProblemOf(err error) (diag.Diagnostic, bool) {
	var f *diag.Failure
	if !errors.As(err, &f) || len(f.List) == 0 {
		return diag.Diagnostic{}, false
	}
	return f.List[0], true
}
