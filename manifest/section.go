package manifest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/schema"
)

// Section is a form that a JSON file, or the value at one of its keys, must
// have, such as the policy in devpm's settings. It is read strictly: what is not
// understood must not be taken for what is not there.
type Section struct {
	Name   string // as messages have it: "the policy"
	Key    string // of the file's object; "" is the file itself
	Schema *schema.Schema
	Code   diag.Code
	Fix    string
	// Words says what is wrong in the terms of the section; "" leaves it to the
	// usual words.
	Words func(schema.Violation) string
}

// Read reads the section of a file's text into a value, as encoding/json does.
// It returns the section's tree, or nil: with diagnostics in c where it cannot
// be used, without any where the file has no such key.
func (s Section) Read(file string, src []byte, into any, c *diag.Collector) *Node {
	fixed := func(at diag.Range, path, message, fix string) {
		c.Add(diag.Diagnostic{Code: s.Code, Range: at, Path: path, Message: message, Fix: fix})
	}
	bad := func(at diag.Range, path, message string) { fixed(at, path, message, s.Fix) }
	var syntax diag.Collector
	root := ReadJSON(file, src, &syntax)
	if list := syntax.List(); root == nil || list.HasErrors() {
		for _, found := range list {
			bad(found.Range, found.Path, found.Message)
		}
		return nil
	}
	d := &Document{File: file, Source: src, Root: root}
	pointer, node := "", root
	if s.Key != "" {
		if node.Kind != Object {
			bad(node.Range, "", "this is "+describe(node)+", not an object")
			return nil
		}
		if node = node.Get(s.Key); node == nil {
			return nil
		}
		pointer = "/" + s.Key
	}
	var plain any
	if err := json.Unmarshal(src, &plain); err != nil {
		bad(diag.Range{File: file}, "", s.Name+" is not JSON")
		return nil
	}
	if s.Key != "" {
		plain = plain.(map[string]any)[s.Key]
	}
	violations := s.Schema.Validate(plain)
	dotted := func(pointer string) string {
		return strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", ".")
	}
	for _, v := range violations {
		place := pointer + v.Pointer
		if v.Keyword != "additionalProperties" {
			bad(d.Range(place), dotted(place), s.words(v))
			continue
		}
		for _, key := range v.Keys {
			at, fix := joinPointer(place, key), s.Fix
			if near := nearest(key, v.Known); near != "" {
				fix = fmt.Sprintf("did you mean %q?", near)
			}
			v.Keys = []string{key}
			fixed(d.KeyRange(at), dotted(at), s.words(v), fix)
		}
	}
	if len(violations) > 0 {
		return nil
	}
	text, err := json.Marshal(plain)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		bad(node.Range, s.Key, s.Name+" cannot be read")
		return nil
	}
	return node
}

func (s Section) words(v schema.Violation) string {
	if s.Words != nil {
		if text := s.Words(v); text != "" {
			return text
		}
	}
	if v.Keyword == "type" {
		return fmt.Sprintf("this is %s, not %s", v.Got, strings.Join(v.Want, " or "))
	}
	return v.Message
}
