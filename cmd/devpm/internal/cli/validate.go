package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
)

// runValidate checks as deeply as can be done without running anything: the
// manifest, the document, and Compose's own loader over it; for the active
// scenario and for the others that the manifest declares.
func runValidate(ctx context.Context, app *App, o validateOptions) error {
	p, err := readProject(app, o.File, o.contract())
	if err != nil {
		return err
	}
	result := view.Validation{File: manifestName}
	if o.File != "" {
		result.File = filepath.Base(o.File)
	}
	if err := p.validate(ctx, app); err != nil {
		return err
	}
	if p.manifest != nil {
		result.Stack = p.manifest.Stack
		if p.model != nil && !p.findings.HasErrors() {
			result.Services = len(p.services())
		}
		others, err := p.validateOthers(ctx, app)
		if err != nil {
			return err
		}
		p.findings.Add(others...)
	}
	result.Diagnostics = p.findings.List()
	switch out := app.Out(); o.Format {
	case "json":
		err = out.ValidateJSON(result)
	case "sarif":
		err = out.SARIF(result.Diagnostics)
	case "github":
		out.GitHub(result.Diagnostics)
	default:
		out.Validate(result)
	}
	if err == nil && result.Diagnostics.HasErrors() {
		err = withStatus(exitError, nil)
	}
	return err
}

// validate judges the project in the scenario that its manifest was read for.
// Findings go to p.findings; the error is what devpm could not do.
func (p *project) validate(ctx context.Context, app *App) error {
	if p.manifest == nil {
		return nil
	}
	err := p.build(ctx, app, nil, nil)
	if err == nil {
		err = p.trustAhead(ctx, app, nil, nil)
	}
	if p.manifest == nil {
		return err
	}
	p.manifest.CheckReferences(p.secretKeys(), p.findings)
	p.findings.Replace(saidBetter(p.findings.List()))
	p.checkHooks()
	if err != nil {
		if _, judged := errors.AsType[*diag.Failure](err); judged {
			return nil
		}
		return err
	}
	if p.model != nil {
		compose.LoadCheck(ctx, p.model.YAML(), p.dir, p.model, p.findings)
	}
	return nil
}

// saidBetter leaves out that a key is not in the secrets file where it is said
// that no file and no list has it, with the key that may have been meant.
func saidBetter(list diag.List) diag.List {
	return slices.DeleteFunc(slices.Clone(list), func(d diag.Diagnostic) bool {
		return d.Code == diag.SecretUnknown && slices.ContainsFunc(list, func(o diag.Diagnostic) bool {
			return o.Code == diag.ManifestSecretUnknown && o.Path == d.Path && o.Range == d.Range
		})
	})
}

// elsewhere are faults that a scenario has where its variables, sources and
// secrets are not: on another machine they may be there.
var elsewhere = []diag.Code{diag.ManifestUnset, diag.ManifestRequiredUnset, diag.ManifestSourceUnset, diag.ManifestSecret,
	diag.SecretsMissing, diag.SecretUnknown, diag.SecretPlaceholder, diag.SecretsUnmet}

// validateOthers judges the declared scenarios that are not active and returns
// what the active one does not have, each fault once with its scenarios.
func (p *project) validateOthers(ctx context.Context, app *App) (diag.List, error) {
	type key struct {
		code diag.Code
		at   diag.Range
		path string
	}
	keyOf := func(d diag.Diagnostic) key { return key{d.Code, d.Range, d.Path} }
	known := make(map[key]bool)
	for _, d := range p.findings.List() {
		known[keyOf(d)] = true
	}
	var out diag.List
	scenarios := make(map[key][]string)
	for _, scenario := range p.manifest.DeclaredScenarios() {
		if scenario == p.manifest.Scenario {
			continue
		}
		q := *p
		q.findings, q.model = &diag.Collector{}, nil
		q.options.Scenario = scenario
		q.loadManifest(p.manifest.Document.File, p.manifest.Document.Source)
		if err := q.validate(ctx, app); err != nil {
			return nil, err
		}
		for _, d := range q.findings.List() {
			if known[keyOf(d)] {
				continue
			}
			if scenarios[keyOf(d)] = append(scenarios[keyOf(d)], scenario); len(scenarios[keyOf(d)]) == 1 {
				out = append(out, d)
			}
		}
	}
	for i := range out {
		names := scenarios[keyOf(out[i])]
		noun := "scenario"
		if len(names) > 1 {
			noun = "scenarios"
		}
		out[i].Message = fmt.Sprintf("in the %s %s: %s", noun, strings.Join(names, " and "), out[i].Message)
		if out[i].Severity == diag.Error && slices.Contains(elsewhere, out[i].Code) {
			out[i].Severity = diag.Warning
		}
	}
	return out, nil
}

// secretKeys are the keys of the project's secrets file and of the template
// that is committed. A file that cannot be read has none: what is wrong with it
// is said where secrets are read.
func (p *project) secretKeys() []string {
	var keys []string
	for _, name := range []string{".odpm/secrets.example.json", ".odpm/secrets.json"} {
		data, err := readConfig(p.path(name))
		if err != nil {
			continue
		}
		var file struct {
			Secrets map[string]json.RawMessage `json:"secrets"`
		}
		if json.Unmarshal(data, &file) != nil {
			continue
		}
		for key := range file.Secrets {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
