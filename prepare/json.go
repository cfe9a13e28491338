package prepare

import (
	"bytes"
	"encoding/json"

	"github.com/devpm/devpm/diag"
)

// The JSON form of a plan is schema/plan.v1.json: odpm's fields (spec §11) and
// devpm's. Field names are part of a published contract.
type (
	planJSON struct {
		PlanVersion int              `json:"plan_version"`
		Mode        string           `json:"mode"`
		Steps       []stepJSON       `json:"steps"`
		Warnings    []string         `json:"warnings"`
		Diagnostics []diagnosticJSON `json:"diagnostics"`
		ComposeUp   *composeUpJSON   `json:"compose_up,omitempty"`
		Ports       []portJSON       `json:"ports,omitempty"`
		Diffs       []diffJSON       `json:"diffs,omitempty"`
	}
	stepJSON struct {
		ID          string      `json:"id"`
		Outcome     Outcome     `json:"outcome"`
		Required    bool        `json:"required"`
		Description string      `json:"description"`
		Reason      string      `json:"reason"`
		DependsOn   []string    `json:"depends_on"`
		Cause       []causeJSON `json:"cause"`
		Inputs      []inputJSON `json:"inputs"`
		KnownAfter  string      `json:"known_after,omitempty"`
		Untrusted   bool        `json:"untrusted,omitempty"`

		Extension *extensionJSON `json:"extension,omitempty"`
	}
	extensionJSON struct {
		Name         string   `json:"name"`
		Version      string   `json:"version,omitempty"`
		Source       string   `json:"source"`
		Runtime      string   `json:"runtime,omitempty"`
		Capabilities []string `json:"capabilities"`
		Sandbox      string   `json:"sandbox,omitempty"`
		Signature    string   `json:"signature,omitempty"`
		Loaded       bool     `json:"loaded"`
	}
	causeJSON struct {
		Key    string `json:"key"`
		Old    string `json:"old,omitempty"`
		New    string `json:"new,omitempty"`
		File   string `json:"file,omitempty"`
		Line   int    `json:"line,omitempty"`
		Column int    `json:"column,omitempty"`
		Effect Effect `json:"effect,omitempty"`
	}
	inputJSON struct {
		Name string `json:"name"`
		Hash string `json:"hash"`
	}
	diagnosticJSON struct {
		Code     diag.Code     `json:"code"`
		Severity diag.Severity `json:"severity"`
		File     string        `json:"file,omitempty"`
		Line     int           `json:"line,omitempty"`
		Column   int           `json:"column,omitempty"`
		Path     string        `json:"path,omitempty"`
		Message  string        `json:"message"`
		Fix      string        `json:"fix,omitempty"`
	}
	composeUpJSON struct {
		ForceRecreate *bool `json:"force_recreate"`
	}
	portJSON struct {
		Service   string `json:"service"`
		HostIP    string `json:"host_ip"`
		Protocol  string `json:"protocol"`
		Container int    `json:"container"`
		Written   int    `json:"written"`
		Published int    `json:"published"`
		Count     int    `json:"count"`
	}
	diffJSON struct {
		Path    string `json:"path"`
		Summary string `json:"summary"`
		Unified string `json:"unified_diff,omitempty"`
	}
)

// MarshalJSON gives the published form. Empty lists are [], not null.
func (p *Plan) MarshalJSON() ([]byte, error) {
	out := planJSON{PlanVersion: PlanVersion, Mode: "plan", Steps: []stepJSON{}, Warnings: []string{}, Diagnostics: []diagnosticJSON{}}
	for _, s := range p.Steps {
		out.Steps = append(out.Steps, s.json())
	}
	for _, d := range p.Warnings {
		text := d.Message
		if d.Path != "" {
			text = d.Path + ": " + text
		}
		out.Warnings = append(out.Warnings, text)
		out.Diagnostics = append(out.Diagnostics, diagnosticJSON{
			Code: d.Code, Severity: d.Severity, File: d.Range.File, Line: d.Range.Start.Line, Column: d.Range.Start.Column,
			Path: d.Path, Message: d.Message, Fix: d.Fix,
		})
	}
	if p.ComposeUp != nil {
		out.ComposeUp = &composeUpJSON{p.ComposeUp.ForceRecreate}
	}
	for _, l := range p.Leases {
		out.Ports = append(out.Ports, portJSON(l))
	}
	for _, d := range p.Diffs {
		out.Diffs = append(out.Diffs, diffJSON(d))
	}
	// "<", ">" and "&" stay readable; json.Marshal would escape them.
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(out)
	return b.Bytes(), err
}

func (s *Step) json() stepJSON {
	out := stepJSON{
		ID: s.ID, Outcome: s.Outcome, Required: s.Required, Description: s.Description, Reason: s.Reason,
		DependsOn: append([]string{}, s.DependsOn...), Cause: []causeJSON{}, Inputs: []inputJSON{}, KnownAfter: s.KnownAfter,
		Untrusted: s.Untrusted,
	}
	if e := s.Extension; e != nil {
		out.Extension = &extensionJSON{
			e.Name, e.Version, e.Source, e.Runtime, append([]string{}, e.Capabilities...), e.Sandbox, e.Signature, e.Left == "",
		}
	}
	for _, c := range s.Cause {
		out.Cause = append(out.Cause, causeJSON{c.Key, c.Old, c.New, c.Range.File, c.Range.Start.Line, c.Range.Start.Column, c.Effect})
	}
	for _, i := range s.Inputs {
		out.Inputs = append(out.Inputs, inputJSON(i))
	}
	return out
}
