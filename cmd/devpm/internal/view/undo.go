package view

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/undo"
)

// mostNamed is how many names of one kind a summary shows.
const mostNamed = 6

// Made summarises what a failed run made, one line a kind, and how to take it
// back.
func (p Printer) Made(items []undo.Item) {
	lines := MadeLines(items)
	for i, line := range lines {
		head := "made: "
		if i > 0 {
			head = "      "
		}
		fmt.Fprintf(p.W, "%s %s\n", head, termx.Plain(line))
	}
	if len(lines) > 0 {
		fmt.Fprintln(p.W, "undo:  `devpm undo` takes back what this run made; `devpm up` continues it")
	}
}

// MadeLines is the summary alone: "containers: shop-db-1, shop-web-1".
func MadeLines(items []undo.Item) []string {
	var out []string
	var kinds []string
	names := map[string][]string{}
	for _, i := range items {
		if i.Action == undo.Left {
			continue
		}
		kind := i.Kind
		if i.Action == undo.Restored {
			kind = "changed " + kind
		}
		if names[kind] == nil {
			kinds = append(kinds, kind)
		}
		names[kind] = append(names[kind], i.Name)
	}
	for _, kind := range kinds {
		list := names[kind]
		if kind == "directory" {
			list = topMost(list)
		}
		word := kind
		switch {
		case len(list) == 1:
		case strings.HasSuffix(kind, "y"):
			word = strings.TrimSuffix(kind, "y") + "ies"
		default:
			word = kind + "s"
		}
		text := word + ": " + strings.Join(list[:min(len(list), mostNamed)], ", ")
		if more := len(list) - mostNamed; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		out = append(out, text)
	}
	return out
}

// topMost leaves out the directories that are below another of the list.
func topMost(dirs []string) []string {
	return slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool {
		return slices.ContainsFunc(dirs, func(top string) bool {
			rel, err := filepath.Rel(top, dir)
			return err == nil && rel != "." && filepath.IsLocal(rel)
		})
	})
}

// Undo prints what became of each item, or with dry what would.
func (p Printer) Undo(items []undo.Item, dry bool) {
	if len(items) == 0 {
		p.line("nothing to undo")
		return
	}
	var rows [][]string
	for _, i := range items {
		rows = append(rows, []string{undoAction(i, dry), i.Kind, termx.Plain(i.Name), termx.Plain(i.Reason)})
	}
	p.columns(rows, func(row, column int, text string) string {
		switch {
		case column == 0 && items[row].Err != nil:
			return p.Style.Red(text)
		case column == 0 && items[row].Action == undo.Left:
			return p.Style.Yellow(text)
		case column == 3:
			return p.Style.Dim(text)
		}
		return text
	})
}

func undoAction(i undo.Item, dry bool) string {
	switch {
	case i.Err != nil:
		return "failed"
	case !dry || i.Action == undo.Left:
		return string(i.Action)
	case i.Action == undo.Restored:
		return "restore"
	default:
		return "remove"
	}
}

// UndoJSON prints {"version": 1, "dry_run": …, "items": […]}.
func (p Printer) UndoJSON(items []undo.Item, dry bool) error {
	type itemJSON struct {
		undo.Item
		Error string `json:"error,omitempty"`
	}
	out := make([]itemJSON, len(items))
	for i, item := range items {
		out[i].Item = item
		if item.Err != nil {
			out[i].Error = oneLine(item.Err.Error())
		}
	}
	return p.JSON(struct {
		Version int        `json:"version"`
		DryRun  bool       `json:"dry_run"`
		Items   []itemJSON `json:"items"`
	}{Version, dry, out})
}
