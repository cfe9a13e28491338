package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// schema asks compose-go whether the document fits Compose's schema. Its
// answer holds one fault as text; only then is the same schema asked again in
// full, to report every fault at its place.
func (j *judge) schema() {
	if !j.numbers(j.m.root, "", diag.Range{}) {
		return // the validator computes with float64
	}
	short := j.m.fits()
	if short == nil {
		return
	}
	s, err := fullSchema()
	if err != nil {
		j.report(diag.DocumentBadValue, nil, diag.Range{}, "", short.Error(), "change the value")
		return
	}
	var fault *jsonschema.ValidationError
	if !errors.As(s.compiled.Validate(plainValue(j.m.root)), &fault) {
		j.report(diag.DocumentBadValue, nil, diag.Range{}, "", short.Error(), "change the value")
		return
	}
	for _, f := range s.faults(fault) {
		j.schemaFault(f)
	}
}

// Warm compiles Compose's schema, which takes some ten milliseconds the first
// time. A command that is going to Check calls it in the background while it
// reads the manifest.
func Warm() {
	// Any document compiles it; what it says of this one is of no interest.
	_ = schema.Validate(map[string]any{})
}

// fits is compose-go's own verdict. Services go in batches, which the schema
// judges independently: that keeps the copies small that Validate makes, and
// uses all processors.
func (m *Model) fits() error {
	const batch = 64
	services := m.services.members
	verdicts := make([]error, 1+(len(services)+batch-1)/batch)
	rest := newObject(nil)
	for _, top := range m.root.members {
		if top.value != m.services {
			rest.members = append(rest.members, top)
		}
	}
	parallel(len(verdicts), func(i int) {
		part := rest
		if i > 0 {
			some := &value{kind: manifest.Object, members: services[(i-1)*batch : min(i*batch, len(services))]}
			part = &value{kind: manifest.Object, members: []member{{key: "services", value: some}}}
		}
		verdicts[i] = schema.Validate(plainValue(part).(map[string]any))
	})
	for _, err := range verdicts { // the first, so that it is always the same
		if err != nil {
			return err
		}
	}
	return nil
}

// numbers reports numbers that no reader of the document can hold, and whether
// there are none.
func (j *judge) numbers(v *value, path string, around diag.Range) bool {
	at, ok := place(v.rng(), around), true
	if v.kind == manifest.Number {
		if _, err := strconv.ParseFloat(v.text, 64); err != nil {
			j.report(diag.DocumentBadValue, v, at, path, "the number is too large", "use a smaller number, or a string")
			return false
		}
	}
	for _, m := range v.members {
		if m.value.kind == manifest.Number || m.value.kind >= manifest.Array {
			ok = j.numbers(m.value, joinKey(path, m.key), place(m.keyRange, at)) && ok
		}
	}
	for i, item := range v.items {
		if item.kind == manifest.Number || item.kind >= manifest.Array {
			ok = j.numbers(item, joinIndex(path, i), at) && ok
		}
	}
	return ok
}

// plainValue is a value as encoding/json would decode it.
func plainValue(v *value) any {
	switch v.kind {
	case manifest.Object:
		out := make(map[string]any, len(v.members))
		for _, m := range v.members {
			out[m.key] = plainValue(m.value)
		}
		return out
	case manifest.Array:
		out := make([]any, len(v.items))
		for i, item := range v.items {
			out[i] = plainValue(item)
		}
		return out
	case manifest.String:
		return v.text
	case manifest.Number:
		return json.Number(v.text)
	case manifest.Bool:
		return v.text == "true"
	default:
		return nil
	}
}

// composeSchema is Compose's schema twice: compiled, and as a tree that knows
// the names of properties.
type composeSchema struct {
	compiled *jsonschema.Schema
	tree     any
}

var fullSchema = sync.OnceValues(func() (*composeSchema, error) {
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(schema.Schema))
	if err != nil {
		return nil, fmt.Errorf("reading Compose's schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("compose-spec.json", tree); err != nil {
		return nil, fmt.Errorf("reading Compose's schema: %w", err)
	}
	compiled, err := c.Compile("compose-spec.json")
	if err != nil {
		return nil, fmt.Errorf("compiling Compose's schema: %w", err)
	}
	return &composeSchema{compiled, tree}, nil
})

// schemaFault reports a fault at the place of the value it is about, unless
// something there is blamed already.
func (j *judge) schemaFault(f schemaFault) {
	v, path := j.m.root, ""
	var at, key diag.Range
	for _, part := range f.at {
		if j.blamed[path] && path != "" {
			return
		}
		switch v.kind {
		case manifest.Object:
			path = joinKey(path, part)
			if i := v.index(part); i >= 0 {
				key = v.members[i].keyRange
				v = v.members[i].value
				at = place(v.rng(), key, at)
			}
		case manifest.Array:
			if i, err := strconv.Atoi(part); err == nil && i < len(v.items) {
				path = joinIndex(path, i)
				v = v.items[i]
				key, at = diag.Range{}, place(v.rng(), at)
			}
		}
	}
	if j.blamed[path] {
		return
	}
	if f.onKey {
		at = place(key, at)
	}
	j.c.Add(diag.Diagnostic{Code: f.code, Range: at, Path: path, Message: f.message + setBy(v), Fix: f.fix})
}

func parentURL(u string) string { return u[:strings.LastIndexByte(u, '/')] }

// properties are the names that the subschema at a URL declares, with those of
// allOf and of references.
func (s *composeSchema) properties(at string) []string {
	_, fragment, _ := strings.Cut(at, "#")
	seen := map[string]bool{}
	s.collectProperties(s.resolve(fragment), seen, 0)
	return sortedKeys(seen)
}

func (s *composeSchema) collectProperties(n any, into map[string]bool, depth int) {
	node, ok := n.(map[string]any)
	if !ok || depth > 16 {
		return
	}
	if props, ok := node["properties"].(map[string]any); ok {
		for name := range props {
			into[name] = true
		}
	}
	if ref, ok := node["$ref"].(string); ok {
		s.collectProperties(s.resolve(strings.TrimPrefix(ref, "#")), into, depth+1)
	}
	if all, ok := node["allOf"].([]any); ok {
		for _, part := range all {
			s.collectProperties(part, into, depth+1)
		}
	}
}

// resolve follows a JSON pointer, as it stands in a URL, into the schema.
func (s *composeSchema) resolve(pointer string) any {
	n := s.tree
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if part == "" {
			continue
		}
		if text, err := url.PathUnescape(part); err == nil {
			part = text
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch node := n.(type) {
		case map[string]any:
			n = node[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(node) {
				return nil
			}
			n = node[i]
		default:
			return nil
		}
	}
	return n
}
