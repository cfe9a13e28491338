package view

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/manifest"
)

// Explain prints where a value comes from. A map or list is printed as one line
// for each value below it, with the place that set it.
func (p Printer) Explain(e compose.Explanation) {
	if len(e.Children) > 0 {
		var rows [][]string
		for _, leaf := range leaves(e) {
			rows = append(rows, []string{termx.Plain(leaf.Path), termx.Plain(leaf.Value), termx.Plain(origin(leaf.Origin) + decided(leaf.Origin))})
		}
		p.columns(rows, func(_, column int, text string) string {
			switch column {
			case 0:
				return p.Style.Bold(text)
			case 2:
				return p.Style.Dim(text)
			}
			return text
		})
		return
	}
	p.line(p.Style.Bold(termx.Plain(e.Path)), " = ", termx.Plain(e.Value))
	field := func(name, text string) { p.line("  ", p.Style.Dim(fmt.Sprintf("%-9s", name)), "  ", text) }
	field("set by", termx.Plain(origin(e.Origin)))
	if e.Origin.Rule != "" {
		field("rule", termx.Plain(e.Origin.Rule))
	}
	for i, c := range e.Origin.Causes {
		name := "by"
		if i > 0 {
			name = ""
		}
		field(name, termx.Plain(cause(c)))
	}
	if e.Origin.Raw != "" {
		field("written", termx.Plain(e.Origin.Raw))
	}
	for i, u := range e.Origin.Uses {
		name := "uses"
		if i > 0 {
			name = ""
		}
		field(name, termx.Plain(use(u)))
	}
	for r := e.Origin.Replaced; r != nil; r = r.Origin.Replaced {
		field("replaced", termx.Plain(r.Value+", set by "+origin(r.Origin)+decided(r.Origin)))
	}
}

// leaves lists the explanations that hold a value, in order.
func leaves(e compose.Explanation) []compose.Explanation {
	if len(e.Children) == 0 {
		return []compose.Explanation{e}
	}
	var out []compose.Explanation
	for _, c := range e.Children {
		out = append(out, leaves(c)...)
	}
	return out
}

// origin is a layer and its place: "patch service_patches.odoo, odpm.json:40:25".
func origin(o compose.Origin) string {
	text := string(o.Layer)
	if o.Name != "" && o.Name != text {
		if text != "" {
			text += " "
		}
		text += o.Name
	}
	if at := o.Range.String(); at != "" {
		text += ", " + at
	}
	return text
}

// decided names the settings behind a value that no file says, with the place
// of each: " (postgres, odpm.json:9:15)".
func decided(o compose.Origin) string {
	var names []string
	for _, c := range o.Causes {
		name := c.Use.Name
		if at := place(c); at != "" && at != o.Range.String() {
			name += ", " + at
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, "; ") + ")"
}

// cause is a setting with its value and place: `postgres = "15", odpm.json:9:15`.
func cause(c manifest.Choice) string {
	text := c.Use.Name
	if c.Value != "" {
		text += " = " + c.Value
	}
	if at := place(c); at != "" && at != c.Use.Name {
		text += ", " + at
	}
	return text
}

// place is where a setting is written, or what sets it otherwise.
func place(c manifest.Choice) string {
	switch at := c.Range.String(); {
	case at != "":
		return at
	case c.Use.Origin == "environment":
		return "from the environment"
	default:
		return c.Use.Origin
	}
}

func use(u manifest.Use) string {
	switch u.Origin {
	case "":
		return u.Name
	case "unset":
		return u.Name + ", which is not set"
	case "default":
		return u.Name + ", which is not set: the default counts"
	default:
		return u.Name + " from " + u.Origin
	}
}

// OriginJSON is the JSON form of a compose.Origin. Replaced is the value that
// was there before, with its own origin, and so on; absent at the end.
type OriginJSON struct {
	Layer    compose.LayerKind `json:"layer"`
	Name     string            `json:"name"`
	File     string            `json:"file"`
	Line     int               `json:"line"`
	Column   int               `json:"column"`
	Written  string            `json:"written"`
	Uses     []UseJSON         `json:"uses"`
	Rule     string            `json:"rule"`
	Causes   []CauseJSON       `json:"causes"`
	Replaced *ReplacedJSON     `json:"replaced,omitempty"`
}

// UseJSON is one variable or token that a value was made from.
type UseJSON struct {
	Name   string `json:"name"`
	Origin string `json:"origin"`
}

// CauseJSON is a setting that decided a value which no file says. Origin is
// what sets it when that is no file's line: "default", "environment", "this host".
type CauseJSON struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// ReplacedJSON is a value that a later layer took the place of.
type ReplacedJSON struct {
	Value  rawJSON    `json:"value"`
	Origin OriginJSON `json:"origin"`
}

// ExplanationJSON is one value of the document.
type ExplanationJSON struct {
	Path     string            `json:"path"`
	Value    rawJSON           `json:"value"`
	Origin   OriginJSON        `json:"origin"`
	Children []ExplanationJSON `json:"children,omitempty"`
}

// rawJSON is text that is JSON already.
type rawJSON string

// MarshalJSON returns the text; nothing at all is null.
func (r rawJSON) MarshalJSON() ([]byte, error) {
	if r == "" {
		return []byte("null"), nil
	}
	return []byte(r), nil
}

// ExplainJSON prints {"version": 1, "path": …, "value": …, "origin": …}.
func (p Printer) ExplainJSON(e compose.Explanation) error {
	return p.JSON(struct {
		Version int `json:"version"`
		ExplanationJSON
	}{Version, explanationOf(e)})
}

func explanationOf(e compose.Explanation) ExplanationJSON {
	j := ExplanationJSON{Path: e.Path, Value: rawJSON(e.Value), Origin: originOf(e.Origin)}
	for _, c := range e.Children {
		j.Children = append(j.Children, explanationOf(c))
	}
	return j
}

func originOf(o compose.Origin) OriginJSON {
	at := func(r diag.Range) (string, int, int) { return r.File, r.Start.Line, r.Start.Column }
	j := OriginJSON{Layer: o.Layer, Name: o.Name, Written: o.Raw, Uses: []UseJSON{}, Rule: o.Rule, Causes: causesOf(o.Reason)}
	j.File, j.Line, j.Column = at(o.Range)
	for _, u := range o.Uses {
		j.Uses = append(j.Uses, UseJSON{u.Name, u.Origin})
	}
	if o.Replaced != nil {
		j.Replaced = &ReplacedJSON{rawJSON(o.Replaced.Value), originOf(o.Replaced.Origin)}
	}
	return j
}

func causesOf(r compose.Reason) []CauseJSON {
	out := []CauseJSON{}
	for _, c := range r.Causes {
		out = append(out, CauseJSON{
			Name: c.Use.Name, Value: c.Value, Origin: c.Use.Origin,
			File: c.Range.File, Line: c.Range.Start.Line, Column: c.Range.Start.Column,
		})
	}
	return out
}
