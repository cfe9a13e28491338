package settings

import (
	"fmt"
	"path"
	"slices"

	"github.com/devpm/devpm/diag"
)

// CheckAccepted returns the finding for a package that the user's accept list
// does not name, and nil for one that may be used (UEX-28). at is where the
// package is asked for; with none the finding stands at the list.
func (s *Settings) CheckAccepted(extension string, at diag.Range) *diag.Diagnostic {
	accepted := func(pattern string) bool {
		ok, err := path.Match(pattern, extension) // names have no slash, so * is any text
		return ok && err == nil
	}
	if s.Accept == nil || slices.ContainsFunc(s.Accept, accepted) {
		return nil
	}
	d := &diag.Diagnostic{
		Code: diag.ExtensionNotAccepted, Range: s.acceptAt, Path: Key + ".accept",
		Message: fmt.Sprintf("the extension %s is not on the list of extensions that you accept", extension),
		Fix:     fmt.Sprintf("add %q to \"accept\" of \"ext\" in devpm's settings, or do without the extension", extension),
	}
	if !at.Start.IsZero() {
		d.Range, d.Path = at, "extensions.require."+extension
		d.Related = []diag.Related{{Range: s.acceptAt, Message: "the list"}}
	}
	return d
}
