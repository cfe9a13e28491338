package engine

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/devpm/devpm/diag"
)

// lowDisk is the free space below which images and databases get into trouble.
const lowDisk = 2 << 30

// PortTaken is the diagnostic for a wished port that somebody holds; r and path
// are where the wish is written ("services.web.ports[0]").
func PortTaken(w PortWish, h Holder, r diag.Range, path string) diag.Diagnostic {
	port := strconv.Itoa(w.Published)
	if w.protocol() != "tcp" {
		port += "/" + w.protocol()
	}
	if w.HostIP != "" && !w.address().IsUnspecified() {
		port += " on " + w.address().String()
	}
	return diag.Diagnostic{
		Code: diag.HostPortTaken, Range: r, Path: path,
		Message: fmt.Sprintf("port %s is held by %s", port, h),
		Fix:     h.fix() + ", publish another port, or let devpm lease one: `devpm up --ports auto`",
	}
}

// DiskLow warns when the engine's disk has less than 2 GiB left; the second
// result is false when there is enough, or when it is not known.
func DiskLow(i Info) (diag.Diagnostic, bool) {
	if i.FreeBytes < 0 || i.FreeBytes >= lowDisk {
		return diag.Diagnostic{}, false
	}
	return diag.Diagnostic{
		Code: diag.EngineDiskLow, Severity: diag.Warning,
		Message: fmt.Sprintf("%d MiB are left on the disk of %s", i.FreeBytes>>20, i.DataRoot),
		Fix:     "free space, for example with `docker system prune`",
	}, true
}

// NameShared tells that the engine has the project of a name that the user chose
// from another directory too; at is where the user chose it.
func NameShared(dir, name string, dirsOf []string, at diag.Range) (diag.Diagnostic, bool) {
	i := slices.IndexFunc(dirsOf, func(d string) bool { return d != "" && !samePath(d, dir) })
	if i < 0 {
		return diag.Diagnostic{}, false
	}
	return diag.Diagnostic{
		Code: diag.ProjectNameShared, Range: at, Path: "name",
		Message: fmt.Sprintf("the project name %q belongs to %s: both directories would share its containers and volumes", name, dirsOf[i]),
		Fix:     fmt.Sprintf("choose another prefix here, or run `docker compose -p %s down` when the other one is gone", name),
	}, true
}

// NameElsewhere tells that ChooseName did not take Compose's default; the
// second result is false when it did.
func NameElsewhere(dir, chosen string, dirsOf []string) (diag.Diagnostic, bool) {
	name := DefaultName(dir)
	i := slices.IndexFunc(dirsOf, func(d string) bool { return d != "" && !samePath(d, dir) })
	if chosen == name || name == "" || i < 0 {
		return diag.Diagnostic{}, false
	}
	return diag.Diagnostic{
		Code: diag.ProjectNameElsewhere, Severity: diag.Notice,
		Message: fmt.Sprintf("the project name %q belongs to %s; this one is called %s", name, dirsOf[i], chosen),
		Fix:     fmt.Sprintf("nothing; if that directory is gone, `docker compose -p %s down` before the first `devpm up` frees the name", name),
	}, true
}
