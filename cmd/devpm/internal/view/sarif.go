package view

import (
	"net/url"
	"strings"

	"github.com/devpm/devpm/diag"
)

// The parts of a SARIF 2.1.0 log that devpm writes.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		Help             sarifText `json:"help"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID           string          `json:"ruleId"`
		RuleIndex        int             `json:"ruleIndex"`
		Level            string          `json:"level"`
		Message          sarifText       `json:"message"`
		Locations        []sarifLocation `json:"locations,omitempty"`
		RelatedLocations []sarifLocation `json:"relatedLocations,omitempty"`
	}
	sarifLocation struct {
		ID               int            `json:"id,omitempty"`
		PhysicalLocation *sarifPhysical `json:"physicalLocation,omitempty"`
		LogicalLocations []sarifLogical `json:"logicalLocations,omitempty"`
		Message          *sarifText     `json:"message,omitempty"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
	sarifLogical struct {
		FullyQualifiedName string `json:"fullyQualifiedName"`
	}
)

// SARIF prints diagnostics as one SARIF 2.1.0 log. Each code that occurs is a
// rule, whose help leads to its page by the page's name in this repository.
func (p Printer) SARIF(list diag.List) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "devpm", Rules: []sarifRule{}}
	titles, index := titles(), make(map[diag.Code]int)
	for _, d := range list.Sorted() {
		i, known := index[d.Code]
		if !known {
			i = len(run.Tool.Driver.Rules)
			index[d.Code] = i
			page := "docs/diagnostics/" + string(d.Code) + ".md"
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
				ID: string(d.Code), ShortDescription: sarifText{Text: sarifPlain(titles[d.Code])},
				Help: sarifText{Text: "See " + page + ".", Markdown: "See [" + page + "](" + page + ")."},
			})
		}
		text := d.Message
		if d.Fix != "" {
			text += "\nfix: " + d.Fix
		}
		result := sarifResult{RuleID: string(d.Code), RuleIndex: i, Level: sarifLevel(d.Severity), Message: sarifText{Text: sarifPlain(text)}}
		place := sarifLocation{PhysicalLocation: p.physical(d.Range)}
		if d.Path != "" {
			place.LogicalLocations = []sarifLogical{{d.Path}}
		}
		if place.PhysicalLocation != nil || place.LogicalLocations != nil {
			result.Locations = []sarifLocation{place}
		}
		for n, r := range d.Related {
			result.RelatedLocations = append(result.RelatedLocations,
				sarifLocation{ID: n + 1, PhysicalLocation: p.physical(r.Range), Message: &sarifText{Text: sarifPlain(r.Message)}})
		}
		run.Results = append(run.Results, result)
	}
	return p.JSON(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

// sarifPlain writes a text as a message string of SARIF, where braces stand for
// an argument (§3.11.5): "${VAR}" or "{0}" would not be shown as it is.
func sarifPlain(text string) string { return sarifBraces.Replace(text) }

var sarifBraces = strings.NewReplacer("{", "{{", "}", "}}")

func sarifLevel(s diag.Severity) string {
	if s == diag.Notice {
		return "note"
	}
	return s.String()
}

// physical is a range as SARIF has it: both count from 1, and the end is the
// column after the last character. It is nil for a place in no file.
func (p Printer) physical(at diag.Range) *sarifPhysical {
	file := p.file(at.File)
	if file == "" {
		return nil
	}
	out := &sarifPhysical{ArtifactLocation: sarifArtifact{URI: (&url.URL{Path: file}).String()}}
	if !at.Start.IsZero() {
		out.Region = &sarifRegion{StartLine: at.Start.Line, StartColumn: at.Start.Column, EndLine: at.End.Line, EndColumn: at.End.Column}
	}
	return out
}
