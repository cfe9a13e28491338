package cli

import (
	"os"
	"slices"

	"github.com/devpm/devpm/compose/convert"
	"github.com/devpm/devpm/diag"
)

// beside are files of the project's directory that Compose reads by itself: those
// that it would take and not docker-compose.yml, and those that it would merge
// over what it takes.
func (p *project) beside() (instead, over []string) {
	there := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			_, err := os.Lstat(p.path(name))
			return err != nil
		})
	}
	before := convert.FileNames[:slices.Index(convert.FileNames, documentName)]
	return there(before), there(convert.OverrideNames)
}

// warnOverrides says that an override file is not read (design §7, Compose). One
// of a Compose file of the user's own belongs to that.
func (p *project) warnOverrides() {
	instead, over := p.beside()
	if len(instead) > 0 {
		return
	}
	for _, name := range over {
		p.findings.Add(diag.Diagnostic{
			Code: diag.OverrideUnread, Severity: diag.Warning, Range: diag.Range{File: name},
			Message: "the file is not read: Compose would merge it over " + documentName + ", devpm does not",
			Fix:     "write what it changes as `service_patches` in " + manifestName + ", and remove it",
		})
	}
}

// besideEjected says what Compose does with such files once devpm is gone.
func (p *project) besideEjected() (list diag.List) {
	instead, over := p.beside()
	for _, name := range instead {
		list = append(list, diag.Diagnostic{
			Code: diag.EjectBeside, Severity: diag.Warning, Range: diag.Range{File: name},
			Message: "Compose takes this file, and not " + documentName + ", as long as it is here",
			Fix:     "delete or rename it, or name the right one: `docker compose -f " + documentName + " up -d --wait`",
		})
	}
	for _, name := range over {
		if len(instead) > 0 {
			break // it belongs to that file
		}
		list = append(list, diag.Diagnostic{
			Code: diag.EjectBeside, Severity: diag.Warning, Range: diag.Range{File: name},
			Message: "Compose merges this file over " + documentName + " from now on; devpm did not",
			Fix:     "delete or rename it, unless that is what you want",
		})
	}
	return list
}

// ejectedCommand is how the ejected document is named to Compose: by a flag where
// Compose would take or add another one.
func (p *project) ejectedCommand() string {
	if len(p.besideEjected()) > 0 {
		return "docker compose -f " + documentName
	}
	return "docker compose"
}
