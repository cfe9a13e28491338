package schema

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Violation is one place where a value breaks the schema, in the terms of the
// schema. Fields that a keyword has no use for are empty.
type Violation struct {
	Pointer string // JSON pointer of the value; of the member when InKey is set
	Keyword string // "type", "required", "additionalProperties", "false" …
	InKey   bool   // the member's name is at fault, not its value
	Message string // the validator's own words, for logs

	Got   string   // type: what the value is ("string", "null" …)
	Want  []string // type: the types allowed; enum, const: the values, as JSON
	Keys  []string // required: the missing keys; additionalProperties: the unknown ones; oneOf: those to choose from
	Known []string // additionalProperties: the keys allowed, sorted
	Limit string   // minLength, minItems, minProperties, minimum, pattern …: the schema's value
}

// Validate checks a value made of map[string]any, []any, string, bool, nil,
// int64 and float64. It returns every violation, sorted by pointer and
// keyword, so the same value gives the same list each time.
func (s *Schema) Validate(v any) []Violation {
	err := s.compiled.Validate(v)
	if err == nil {
		return nil
	}
	fault, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		// A value of a type that JSON has not: the caller's fault, not the user's.
		panic(fmt.Errorf("validating: %w", err))
	}
	var out []Violation
	s.collect(fault, v, &out)
	slices.SortStableFunc(out, func(a, b Violation) int {
		return cmp.Or(
			cmp.Compare(a.Pointer, b.Pointer),
			cmp.Compare(a.Keyword, b.Keyword),
			slices.Compare(a.Keys, b.Keys),
			cmp.Compare(a.Limit, b.Limit),
		)
	})
	return slices.CompactFunc(out, func(a, b Violation) bool {
		return a.Pointer == b.Pointer && a.Keyword == b.Keyword && a.InKey == b.InKey && slices.Equal(a.Keys, b.Keys)
	})
}

// collect walks to the errors that say something. A failed oneOf or anyOf is
// one violation: what its branches complain about is noise.
func (s *Schema) collect(fault *jsonschema.ValidationError, root any, out *[]Violation) {
	keyword := lastToken(fault.KeywordLocation)
	choice := keyword == "oneOf" || keyword == "anyOf"
	if len(fault.Causes) > 0 && !choice {
		for _, cause := range fault.Causes {
			s.collect(cause, root, out)
		}
		return
	}
	*out = append(*out, s.violation(fault, keyword, root))
}

func (s *Schema) violation(fault *jsonschema.ValidationError, keyword string, root any) Violation {
	v := Violation{
		Pointer: unescapeURL(fault.InstanceLocation),
		Keyword: keyword,
		InKey:   strings.Contains(fault.KeywordLocation, "/propertyNames"),
		Message: fault.Message,
	}
	_, fragment, _ := strings.Cut(fault.AbsoluteKeywordLocation, "#")
	node := at(s.document, unescapeURL(fragment))
	if node == false && keyword != "additionalProperties" {
		v.Keyword = "false"
		return v
	}
	place, _ := at(s.document, unescapeURL(strings.TrimSuffix(fragment, "/"+keyword))).(map[string]any)
	instance := at(root, v.Pointer)
	switch keyword {
	case "type":
		v.Want, v.Got = stringsOf(node), typeName(instance)
	case "required":
		object, _ := instance.(map[string]any)
		for _, key := range stringsOf(node) {
			if _, ok := object[key]; !ok {
				v.Keys = append(v.Keys, key)
			}
		}
	case "additionalProperties":
		v.Keys, v.Known = unknownKeys(place, instance)
	case "const":
		v.Want = []string{jsonText(node)}
	case "enum":
		for _, value := range node.([]any) {
			v.Want = append(v.Want, jsonText(value))
		}
	case "oneOf", "anyOf":
		for _, branch := range node.([]any) {
			branch, _ := branch.(map[string]any)
			v.Keys = append(v.Keys, stringsOf(branch["required"])...)
		}
	default:
		if text, ok := node.(string); ok {
			v.Limit = text
		} else {
			v.Limit = jsonText(node)
		}
	}
	return v
}

// unknownKeys returns the keys of instance that the schema at place does not
// allow, and those that it does.
func unknownKeys(place map[string]any, instance any) (unknown, known []string) {
	properties, _ := place["properties"].(map[string]any)
	known = slices.Sorted(maps.Keys(properties))
	patterns, _ := place["patternProperties"].(map[string]any)
	object, _ := instance.(map[string]any)
	for key := range object {
		_, ok := properties[key]
		for pattern := range patterns {
			ok = ok || regexp.MustCompile(pattern).MatchString(key)
		}
		if !ok {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown, known
}

// at returns the value at a JSON pointer, or nil.
func at(v any, pointer string) any {
	if pointer == "" {
		return v
	}
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch parent := v.(type) {
		case map[string]any:
			v = parent[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(parent) {
				return nil
			}
			v = parent[i]
		default:
			return nil
		}
	}
	return v
}

// unescapeURL undoes the URL escapes that the validator puts into pointers.
func unescapeURL(pointer string) string {
	if plain, err := url.PathUnescape(pointer); err == nil {
		return plain
	}
	return pointer
}

func lastToken(pointer string) string { return pointer[strings.LastIndexByte(pointer, '/')+1:] }

// stringsOf reads a keyword that is a string or a list of strings.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
		return out
	default:
		return nil
	}
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// typeName is the JSON type of a value.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	default:
		return "number"
	}
}
