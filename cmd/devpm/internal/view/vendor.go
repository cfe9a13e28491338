package view

import (
	"maps"
	"slices"

	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/offline"
)

// Vendor prints what a vendor directory holds.
func (p Printer) Vendor(x *offline.Index) {
	rows := [][]string{{"KIND", "NAME", "WHAT", "FILE"}}
	for _, r := range x.Repositories {
		rows = append(rows, []string{"repository", termx.Plain(r.Name), lockShort(r.Commit), r.Path})
	}
	for _, i := range x.Images {
		rows = append(rows, []string{"image", termx.Plain(i.Name), lockShort(i.ID), i.Archive})
	}
	if x.Packages != nil {
		rows = append(rows, []string{"packages", "Python", lockShort("sha256:" + x.Packages.Requirements), x.Packages.Path})
	}
	for _, name := range slices.Sorted(maps.Keys(x.Extensions)) {
		e := x.Extensions[name]
		rows = append(rows, []string{"extension", termx.Plain(name), lockShort("sha256:" + e.SHA256), e.Archive})
	}
	if len(rows) > 1 {
		p.table(rows)
	}
}
