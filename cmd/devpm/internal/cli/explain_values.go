package cli

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/odoo"
)

// fileValues are the values of a keyed file: a document, or a list of them.
type fileValues struct {
	model *compose.Model
	list  []compose.Explanation
}

// valuesOf are the values of a generated file; nil for one without keys.
func (p *project) valuesOf(path, step string) *fileValues {
	switch {
	case path == documentName:
		return &fileValues{model: p.model}
	case path == snapshotName:
		return &fileValues{model: p.model.Before("")}
	case step == "compose.fragments" && strings.HasSuffix(path, ".yml"):
		service := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".yml")
		if m := p.model.Before(service); m != nil {
			return &fileValues{model: m}
		}
	case p.layout == nil:
	case path == "odoo.conf":
		return &fileValues{list: p.explainOptions(p.layout.Conf)}
	case strings.HasPrefix(path, prepare.CIContext+"/"):
		return p.contextValues(path)
	case path == runtimeConfigName:
		return &fileValues{list: p.explainRuntime()}
	case path == requirementsName:
		var list []compose.Explanation
		for _, r := range p.manifest.Requirements {
			list = append(list, compose.Explanation{Path: r.Path, Value: quoted(r.Value), Origin: compose.Origin{Layer: compose.LayerManifest, Name: p.manifest.Document.File, Range: r.Range}})
		}
		return &fileValues{list: list}
	}
	return nil
}

const (
	runtimeConfigName = ".odpm/runtime/config.json"
	requirementsName  = ".odpm/runtime/requirements.txt"
)

func (v *fileValues) all() []compose.Explanation {
	if v.model != nil {
		return v.model.Top()
	}
	return v.list
}

// find is the value at a key, or all below it; otherwise the keys near it.
func (v *fileValues) find(key string) (compose.Explanation, []string, bool) {
	if v.model != nil {
		e, err := v.model.Explain(key)
		if unknown, ok := errors.AsType[*compose.UnknownPathError](err); ok {
			return e, unknown.Near, false
		}
		return e, nil, err == nil
	}
	group := compose.Explanation{Path: key}
	var known []string
	for _, e := range v.list {
		if e.Path == key {
			return e, nil, true
		}
		if rest, below := strings.CutPrefix(e.Path, key); below && (rest[0] == '.' || rest[0] == '[') {
			group.Children = append(group.Children, e)
		}
		known = append(known, e.Path)
	}
	if len(group.Children) > 0 {
		return group, nil, true
	}
	if near := nearest(key, known); near != "" {
		return group, []string{near}, false
	}
	return group, nil, false
}

// explainOption is an option of odoo.conf with its origin.
func (p *project) explainOption(path string, o odoo.Option) compose.Explanation {
	e := compose.Explanation{Path: path, Value: quoted(o.Value)}
	if o.Private {
		e.Value = quoted("<not shown>")
	}
	switch {
	case o.Node != nil:
		e.Origin = compose.Origin{Layer: compose.LayerManifest, Name: p.manifest.Document.File, Range: o.Node.Range, Raw: o.Node.Raw, Uses: o.Node.Uses}
		if p.manifest.Overlaid(o.Node.Range) {
			e.Origin.Layer, e.Origin.Name = compose.LayerScenario, p.manifest.Scenario
		}
	case o.Rule != "":
		e.Origin = compose.Origin{Layer: compose.LayerBuiltin, Name: p.manifest.Stack, Reason: compose.Because(o.Rule, o.By...)}
	default:
		e.Origin = compose.Origin{Layer: compose.LayerUser, Range: o.Own}
	}
	if o.Replaced != nil {
		below := p.explainOption(path, *o.Replaced)
		e.Origin.Replaced = &compose.Replaced{Value: below.Value, Origin: below.Origin}
	}
	return e
}

// explainRuntime is the runtime configuration, value by value.
func (p *project) explainRuntime() []compose.Explanation {
	var content []byte
	for _, f := range p.layout.Files {
		if f.Path == runtimeConfigName {
			content = f.Content
		}
	}
	var document any
	if err := json.Unmarshal(content, &document); err != nil {
		panic(err) // devpm's own bytes
	}
	var out []compose.Explanation
	for _, o := range p.layout.Runtime {
		o.Section, o.Value = "", ""
		e := p.explainOption(o.Key, o)
		e.Value = valueIn(document, o.Key)
		out = append(out, e)
	}
	return out
}

// valueIn is the value at a key of a JSON document, as one-line JSON.
func valueIn(document any, key string) string {
	for _, name := range strings.FieldsFunc(key, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch at := document.(type) {
		case map[string]any:
			document = at[name]
		case []any:
			var i int
			if err := json.Unmarshal([]byte(name), &i); err == nil && i < len(at) {
				document = at[i]
			}
		}
	}
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // it was read from JSON
	}
	return string(text)
}

func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(out))
}
