package view

import (
	"maps"
	"slices"

	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/lock"
)

// Line prints one line of text.
func (p Printer) Line(text string) { p.line(termx.Plain(text)) }

// Lock prints a lock as a table: what, its name, what it is held to.
func (p Printer) Lock(f *lock.File) {
	rows := [][]string{{"KIND", "NAME", "LOCKED TO"}}
	for _, name := range slices.Sorted(maps.Keys(f.Repositories)) {
		r := f.Repositories[name]
		text := r.Commit
		if r.Branch != "" {
			text += " (" + r.Branch + ")"
		}
		rows = append(rows, []string{"repository", termx.Plain(name), termx.Plain(text)})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Images)) {
		text := f.Images[name].Digest
		if f.Images[name].Local {
			text += " (local)"
		}
		rows = append(rows, []string{"image", termx.Plain(name), termx.Plain(text)})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Extensions)) {
		rows = append(rows, []string{"extension", termx.Plain(name), "sha256:" + termx.Plain(f.Extensions[name].SHA256)})
	}
	p.table(rows)
}

// LockJSON prints the lock as the file has it (schema/lock.v1.json).
func (p Printer) LockJSON(f *lock.File) error {
	_, err := p.W.Write(f.Encode())
	return err
}

// LockChanges prints what an update changed: name, old, new.
func (p Printer) LockChanges(changes []lock.Change) {
	if len(changes) == 0 {
		p.line("the lock holds what there is: nothing changed")
		return
	}
	rows := [][]string{{"KIND", "NAME", "OLD", "NEW"}}
	for _, c := range changes {
		rows = append(rows, []string{c.Kind, termx.Plain(c.Name), lockShort(c.Old), lockShort(c.New)})
	}
	p.table(rows)
}

// table prints rows under a heading.
func (p Printer) table(rows [][]string) {
	p.columns(rows, func(row, _ int, text string) string {
		if row == 0 {
			return p.Style.Bold(text)
		}
		return text
	})
}

// lockShort shortens a commit or digest to what tells it apart.
func lockShort(text string) string {
	if text == "" {
		return "-"
	}
	const most = len("sha256:") + 12
	if len(text) == 40 {
		return text[:12]
	}
	return text[:min(most, len(text))]
}

// lockChangesJSON is the JSON form of LockChanges.
type lockChangesJSON struct {
	Version int              `json:"version"`
	Changes []lockChangeJSON `json:"changes"`
}

type lockChangeJSON struct {
	Kind string `json:"kind"` // repository, image, extension
	Name string `json:"name"`
	Old  string `json:"old"` // "" when it was not locked
	New  string `json:"new"` // "" when it is not locked any more
}

// LockChangesJSON prints what an update changed.
func (p Printer) LockChangesJSON(changes []lock.Change) error {
	out := lockChangesJSON{Version: Version, Changes: []lockChangeJSON{}}
	for _, c := range changes {
		out.Changes = append(out.Changes, lockChangeJSON(c))
	}
	return p.JSON(out)
}
