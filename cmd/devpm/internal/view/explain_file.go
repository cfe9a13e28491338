package view

import (
	"fmt"
	"io/fs"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/internal/termx"
)

// FileExplanation answers `devpm explain FILE`.
type FileExplanation struct {
	Path        string // relative to the project
	Writer      string // the step, or the command, that writes it
	Description string // of the step
	Mode        fs.FileMode
	Now         string // how it compares with the disk: "up to date", "missing", "content differs" …
	Reason      compose.Reason
	Values      []compose.Explanation // of a file with keys
}

// ExplainFile prints where a file comes from, and each of its values.
func (p Printer) ExplainFile(f FileExplanation) {
	p.line(p.Style.Bold(termx.Plain(f.Path)))
	field := func(name, text string) {
		p.line("  ", p.Style.Dim(fmt.Sprintf("%-10s", name)), "  ", termx.Plain(text))
	}
	writer := f.Writer
	if f.Description != "" {
		writer += ": " + f.Description
	}
	field("written by", writer)
	if f.Mode != 0 {
		field("mode", fmt.Sprintf("%04o", f.Mode.Perm()))
	}
	field("now", f.Now)
	field("rule", f.Reason.Rule)
	for i, c := range f.Reason.Causes {
		name := "by"
		if i > 0 {
			name = ""
		}
		field(name, cause(c))
	}
	if len(f.Values) > 0 {
		p.line()
		p.Explain(compose.Explanation{Children: f.Values})
	}
}

// Explainable lists what `devpm explain` can answer for: the files, and the
// document's members.
func (p Printer) Explainable(files []FileExplanation, top []compose.Explanation) {
	p.line(p.Style.Bold("Files"), " (devpm explain FILE, FILE:KEY)")
	rows := make([][]string, len(files))
	for i, f := range files {
		rows[i] = []string{"  " + termx.Plain(f.Path), f.Writer, termx.Plain(f.Now)}
	}
	p.columns(rows, func(_, column int, text string) string {
		if column == 2 {
			return p.Style.Dim(text)
		}
		return text
	})
	p.line()
	p.line(p.Style.Bold("docker-compose.yml"), " (devpm explain PATH)")
	for _, e := range top {
		p.line("  ", termx.Plain(e.Path))
	}
}

// FileJSON is one generated file. Mode is octal text, "" when it is not known.
type FileJSON struct {
	File        string            `json:"file"`
	Writer      string            `json:"written_by"`
	Description string            `json:"description"`
	Mode        string            `json:"mode"`
	Now         string            `json:"now"`
	Rule        string            `json:"rule"`
	Causes      []CauseJSON       `json:"causes"`
	Values      []ExplanationJSON `json:"values,omitempty"`
}

// ExplainFileJSON prints {"version": 1, "file": …, "written_by": …, "values": […]}.
func (p Printer) ExplainFileJSON(f FileExplanation) error {
	return p.JSON(struct {
		Version int `json:"version"`
		FileJSON
	}{Version, fileOf(f)})
}

// ExplainableJSON prints {"version": 1, "files": […], "paths": […]}.
func (p Printer) ExplainableJSON(files []FileExplanation, top []compose.Explanation) error {
	out := struct {
		Version int        `json:"version"`
		Files   []FileJSON `json:"files"`
		Paths   []string   `json:"paths"`
	}{Version, []FileJSON{}, []string{}}
	for _, f := range files {
		out.Files = append(out.Files, fileOf(f))
	}
	for _, e := range top {
		out.Paths = append(out.Paths, e.Path)
	}
	return p.JSON(out)
}

func fileOf(f FileExplanation) FileJSON {
	j := FileJSON{File: f.Path, Writer: f.Writer, Description: f.Description, Now: f.Now, Rule: f.Reason.Rule, Causes: causesOf(f.Reason)}
	if f.Mode != 0 {
		j.Mode = fmt.Sprintf("%04o", f.Mode.Perm())
	}
	for _, v := range f.Values {
		j.Values = append(j.Values, explanationOf(v))
	}
	return j
}
