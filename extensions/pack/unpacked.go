package pack

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
)

// wheelsDir is where wheels are extracted to in a package's copy. No entry of a
// package may lie there.
const wheelsDir = ".wheels"

// unpackedWheel is a wheel of a package, which is an archive too and was checked
// like one.
type unpackedWheel struct {
	dir     string // in the package's copy
	archive *Archive
}

// dir is where a wheel is extracted to, in the package's copy.
func (w Wheel) dir() string { return wheelsDir + "/" + strings.TrimSuffix(w.File, ".whl") }

// wheels opens the wheels that will be extracted with the package. What counts
// for a package counts for it and its wheels together, since they end in one
// directory.
func (r *archiveReader) wheels() {
	a := r.a
	for _, e := range a.Entries {
		first, _, _ := strings.Cut(e.Name, "/")
		if folded(first) == folded(wheelsDir) {
			r.fault(diag.ArchiveEntry, fmt.Sprintf("the entry %q must not be in a package: wheels are extracted to %s", e.Name, wheelsDir), "give it another name")
		}
	}
	count, size := a.weight()
	for _, w := range a.Metadata.wheels(names(a.Entries)) {
		content, err := a.ReadFile("dep/" + w.File)
		if err != nil {
			r.fault(diag.ArchiveDamaged, err.Error(), rebuild)
			continue
		}
		inner := readZip(a.File+": dep/"+w.File, content, r.c)
		if r.faults += inner.faults; inner.faults > 0 {
			continue
		}
		a.wheels = append(a.wheels, unpackedWheel{w.dir(), inner.a})
		files, bytes := inner.a.weight()
		count, size = count+files, size+bytes
	}
	if count > MaxEntries {
		r.fault(diag.ArchiveLimit, fmt.Sprintf("with its wheels it has %d files; %d are allowed", count, MaxEntries), needless)
	}
	if size > MaxContent {
		r.fault(diag.ArchiveLimit, fmt.Sprintf("with its wheels it unpacks to more than %d MiB", MaxContent>>20), needless)
	}
}

// weight is how many files an archive has, and how many bytes they are.
func (a *Archive) weight() (files int, size int64) {
	for _, e := range a.Entries {
		size += e.Size
	}
	return len(a.Entries), size
}
