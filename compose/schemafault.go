package compose

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/devpm/devpm/diag"
)

// schemaFault is one fault that a user can act on.
type schemaFault struct {
	code    diag.Code
	at      []string // keys and indices from the root
	onKey   bool     // the fault is the last key, not its value
	message string
	fix     string
}

// faults reduces the validator's tree of causes to what a user did wrong: the
// form of a value that was meant rather than all forms that it is not.
func (s *composeSchema) faults(e *jsonschema.ValidationError) []schemaFault {
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Reference, *kind.Group, *kind.AllOf:
		var out []schemaFault
		for _, c := range e.Causes {
			out = append(out, s.faults(c)...)
		}
		return withoutEchoes(out)
	case *kind.OneOf, *kind.AnyOf:
		return s.alternatives(e)
	case *kind.FalseSchema:
		// Compose's schema closes a service with unevaluatedProperties, which
		// also strikes every key whose value is at fault.
		name := e.InstanceLocation[len(e.InstanceLocation)-1]
		known := s.properties(parentURL(e.SchemaURL))
		if slices.Contains(known, name) {
			return nil
		}
		return []schemaFault{unknownAttribute(e.InstanceLocation, known)}
	case *kind.AdditionalProperties:
		var out []schemaFault
		known := s.properties(e.SchemaURL)
		for _, name := range slices.Sorted(slices.Values(k.Properties)) {
			out = append(out, unknownAttribute(append(slices.Clone(e.InstanceLocation), name), known))
		}
		return out
	default:
		return []schemaFault{describe(e)}
	}
}

// withoutEchoes drops "missing" faults that a misspelled key explains, and
// repetitions.
func withoutEchoes(in []schemaFault) []schemaFault {
	var out []schemaFault
	for _, f := range in {
		echo := slices.ContainsFunc(out, func(o schemaFault) bool {
			return slices.Equal(o.at, f.at) && o.message == f.message
		})
		if name, missing := strings.CutPrefix(f.message, missingPrefix); missing {
			echo = echo || slices.ContainsFunc(in, func(o schemaFault) bool {
				return o.code == diag.DocumentUnknownAttribute && len(o.at) == len(f.at)+1 && strings.HasPrefix(o.fix, "did you mean "+name)
			})
		}
		if !echo {
			out = append(out, f)
		}
	}
	return out
}

const missingPrefix = "the map lacks "

func unknownAttribute(at []string, known []string) schemaFault {
	name := at[len(at)-1]
	f := schemaFault{code: diag.DocumentUnknownAttribute, at: at, onKey: true, message: "Compose knows no attribute " + quote(name) + " here"}
	switch {
	case len(known) == 0:
		f.message = quote(name) + " is no name that Compose accepts here"
		f.fix = "use letters, digits, \".\", \"_\" and \"-\""
	default:
		f.fix = didYouMean(name, known, "attributes")
		if !strings.HasPrefix(f.fix, "did you mean") {
			f.fix += "; keys of your own start with x-"
		}
	}
	return f
}

// alternatives picks the form that the user meant: the first one whose type
// fits. If none does, the fault is the type, and all forms are named.
func (s *composeSchema) alternatives(e *jsonschema.ValidationError) []schemaFault {
	var wanted []string
	var best *jsonschema.ValidationError
	for _, c := range e.Causes {
		switch types, mismatch := otherType(c, len(e.InstanceLocation)); {
		case mismatch:
			wanted = append(wanted, types...)
		case best == nil:
			best = c
		}
	}
	switch {
	case best != nil && isEnum(best) && len(wanted) > 0:
		f := describe(unwrap(best))
		f.message += ", or " + orList(wanted)
		return []schemaFault{f}
	case best != nil:
		return s.faults(best)
	case len(wanted) > 0:
		return []schemaFault{{code: diag.DocumentWrongType, at: e.InstanceLocation, message: "the value must be " + orList(wanted), fix: typeFix(wanted)}}
	default:
		return []schemaFault{{code: diag.DocumentBadValue, at: e.InstanceLocation, message: "the value fits more than one form that Compose knows", fix: "write it in one form"}}
	}
}

// unwrap looks through references to the cause itself.
func unwrap(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	for {
		switch e.ErrorKind.(type) {
		case *kind.Reference, *kind.Group:
			if len(e.Causes) != 1 {
				return e
			}
			e = e.Causes[0]
		default:
			return e
		}
	}
}

func isEnum(e *jsonschema.ValidationError) bool {
	switch unwrap(e).ErrorKind.(type) {
	case *kind.Enum, *kind.Const:
		return true
	}
	return false
}

// otherType reports whether a form does not even have the value's type.
func otherType(e *jsonschema.ValidationError, depth int) ([]string, bool) {
	e = unwrap(e)
	t, ok := e.ErrorKind.(*kind.Type)
	if !ok || len(e.InstanceLocation) != depth {
		return nil, false
	}
	return t.Want, true
}

// describe says one plain fault in our words.
func describe(e *jsonschema.ValidationError) schemaFault {
	f := schemaFault{code: diag.DocumentBadValue, at: e.InstanceLocation, fix: "change the value"}
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		f.code, f.message, f.fix = diag.DocumentWrongType, "the value must be "+orList(k.Want), typeFix(k.Want)
	case *kind.Required:
		names := slices.Sorted(slices.Values(k.Missing))
		f.message, f.fix = missingPrefix+quote(names[0]), "add "+quote(names[0])
		for _, n := range names[1:] {
			f.message, f.fix = f.message+" and "+quote(n), f.fix+" and "+quote(n)
		}
	case *kind.Enum:
		words := make([]string, len(k.Want))
		for i, w := range k.Want {
			words[i] = fmt.Sprint(w)
		}
		f.message = "the value must be one of " + strings.Join(words, ", ")
		if got, ok := k.Got.(string); ok {
			f.fix = didYouMean(got, words, "values")
		}
	case *kind.Const:
		f.message = fmt.Sprintf("the value must be %v", k.Want)
	case *kind.Pattern:
		f.message, f.fix = "the value does not have the form that Compose asks for", "use a value that matches "+k.Want
	case *kind.Minimum:
		f.message = "the value must not be below " + k.Want.RatString()
	case *kind.Maximum:
		f.message = "the value must not be above " + k.Want.RatString()
	case *kind.UniqueItems:
		f.at = append(slices.Clone(f.at), strconv.Itoa(k.Duplicates[1]))
		f.message, f.fix = "the list has this entry twice", "remove one of the two"
	case *kind.MinItems:
		f.message, f.fix = fmt.Sprintf("the list needs %d entries or more", k.Want), "add entries or remove the key"
	case *kind.MaxItems:
		f.message, f.fix = fmt.Sprintf("the list may have %d entries", k.Want), "remove entries"
	case *kind.MinProperties:
		f.message, f.fix = fmt.Sprintf("the map needs %d keys or more", k.Want), "add keys or remove the map"
	case *kind.MinLength:
		f.message, f.fix = "the value is too short", "give a value or remove the key"
	default:
		f.message = "Compose does not accept the value"
	}
	return f
}

// typeFix says how a value of the wanted type is written.
func typeFix(types []string) string {
	if len(types) != 1 {
		return "write it as one of these"
	}
	switch types[0] {
	case "array":
		return "write a list: [value]"
	case "object":
		return `write a map: {"key": value}`
	case "string":
		return "put the value in quotes"
	case "boolean":
		return "write true or false, without quotes"
	case "integer", "number":
		return "write a number, without quotes"
	default:
		return "change the value"
	}
}

// orList names JSON types in Compose's words: "a string, a list or a map".
func orList(types []string) string {
	words := map[string]string{"string": "a string", "array": "a list", "object": "a map", "number": "a number",
		"integer": "a whole number", "boolean": "a boolean", "null": "null"}
	order := []string{"string", "integer", "number", "boolean", "array", "object", "null"}
	types = slices.Compact(slices.SortedFunc(slices.Values(types), func(a, b string) int {
		return cmp.Compare(slices.Index(order, a), slices.Index(order, b))
	}))
	if i := slices.Index(types, "integer"); i >= 0 && slices.Contains(types, "number") {
		types = slices.Delete(types, i, i+1)
	}
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = words[t]
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " or " + out[len(out)-1]
}
