package manifest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/schema"
)

// structure checks a tree against a schema and words what it finds.
type structure struct {
	d      *Document
	judged map[string]bool // pointers that another check has spoken about
	plain  bool            // the schema is odpm's own
	flat   bool            // the schema is schema 1
	c      *diag.Collector
}

func (s structure) run(against *schema.Schema) {
	for i, v := range against.Validate(s.value(s.d.Root)) {
		if i == maxViolations {
			break
		}
		if !s.judged[v.Pointer] {
			s.c.Add(s.word(v)...)
		}
	}
}

// value is a tree as the validator wants it. Numbers keep their type but not
// their last digits: no rule of the schema asks for those. Members without a
// name are reported here and left out, because the validator's pointers skip
// empty names.
func (s structure) value(n *Node) any {
	switch n.Kind {
	case Bool:
		return n.Text == "true"
	case Number:
		if i, err := strconv.ParseInt(n.Text, 10, 64); err == nil {
			return i
		}
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil {
			return math.Copysign(math.MaxFloat64, f)
		}
		return f
	case String:
		return n.Text
	case Array:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = s.value(item)
		}
		return items
	case Object:
		members := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			if m.Key == "" {
				s.c.Add(diag.Diagnostic{Code: diag.ManifestName, Range: m.KeyRange, Message: "the key is empty", Fix: "give it a name, or remove it"})
				continue
			}
			members[m.Key] = s.value(m.Value)
		}
		return members
	default:
		return nil
	}
}

// Bounds on what is said: an object with more unknown keys is not the object
// that it is taken for, and a file with more faults is not a manifest.
const (
	maxUnknown    = 100
	maxViolations = 1000
)

// word turns one violation into diagnostics: one, but for unknown keys, where
// each has its own line.
func (s structure) word(v schema.Violation) []diag.Diagnostic {
	d := s.d
	out := diag.Diagnostic{Range: d.Range(v.Pointer), Path: d.pathOf(v.Pointer)}
	n := d.Node(v.Pointer)
	switch v.Keyword {
	case "additionalProperties":
		keys := v.Keys[:min(len(v.Keys), maxUnknown)]
		found := make([]diag.Diagnostic, 0, len(keys))
		for _, key := range keys {
			at := joinPointer(v.Pointer, key)
			found = append(found, diag.Diagnostic{Code: diag.ManifestUnknownKey, Range: d.KeyRange(at), Path: d.pathOf(at),
				Message: fmt.Sprintf("the key %q is not known here", key), Fix: didYouMean(key, v.Known, "keys")})
		}
		return found
	case "required":
		return s.missing(v, out)
	case "type":
		out.Code = diag.ManifestWrongType
		out.Message = fmt.Sprintf("%s is expected, not %s", wantedTypes(v.Want), got(n))
		out.Fix = typeFix(v.Pointer, v.Want, n)
		if s.flat && n.Kind == Number && slices.Contains(v.Want, "string") && strings.Count(v.Pointer, "/") == 1 {
			out.Severity = diag.Warning // odpm reads the number as text
		}
	case "oneOf":
		out.Code = diag.ManifestExactlyOne
		keys := quoted(v.Keys)
		if n.Get(v.Keys[0]) == nil && n.Get(v.Keys[len(v.Keys)-1]) == nil {
			out.Message = "neither " + list(keys, "nor") + " is given"
		} else {
			out.Message = list(keys, "and") + " exclude each other"
		}
		out.Fix = "write exactly one of " + list(keys, "and")
	case "false":
		out.Code, out.Range = diag.ManifestKeyNotHere, d.KeyRange(v.Pointer)
		out.Message, out.Fix = "the key does not belong in a patch", "move it to the service, or remove it"
	case "pattern":
		return []diag.Diagnostic{s.pattern(v, n, out)}
	default:
		out.Code = diag.ManifestWrongValue
		out.Message, out.Fix = wordLimit(v, n)
	}
	return []diag.Diagnostic{out}
}

func (s structure) missing(v schema.Violation, out diag.Diagnostic) []diag.Diagnostic {
	d := s.d
	var keys []string
	for _, key := range v.Keys {
		if !s.judged[joinPointer(v.Pointer, key)] {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	// The object's whole text is no help; its key, or its first line, is.
	if v.Pointer != "" {
		out.Range = d.KeyRange(v.Pointer)
	} else {
		out.Range.End = diag.Position{Line: out.Range.Start.Line, Column: out.Range.Start.Column + 1}
	}
	out.Code = diag.ManifestMissingKey
	noun, verb := "key", "is"
	if len(keys) > 1 {
		noun, verb = "keys", "are"
	}
	out.Message = fmt.Sprintf("the %s %s %s missing", noun, list(quoted(keys), "and"), verb)
	out.Fix = "add " + list(quoted(keys), "and")
	switch {
	case strings.HasPrefix(v.Pointer, "/services/") || strings.Contains(v.Pointer, "/services/") && strings.HasPrefix(v.Pointer, "/scenarios/"):
		out.Message = "the service has no image"
		out.Fix = `add "image", or "build" to build one`
		for _, m := range d.Node(v.Pointer).Members {
			if nearest(m.Key, []string{"image", "build"}) != "" {
				out.Fix = fmt.Sprintf("did you mean %q where it says %q?", nearest(m.Key, []string{"image", "build"}), m.Key)
			}
		}
	case s.plain:
	case v.Pointer == "" && d.Root.Get("stack") == nil:
		out.Message += " (the file has keys of the odoo stack)"
		out.Fix += `, or write "stack": "none" for services only`
	case v.Pointer == "":
		out.Message += " (the stack is odoo)"
	}
	return []diag.Diagnostic{out}
}

func (s structure) pattern(v schema.Violation, n *Node, out diag.Diagnostic) diag.Diagnostic {
	tokens := splitPointer(v.Pointer)
	name := tokens[len(tokens)-1]
	out.Code = diag.ManifestName
	if v.InKey {
		out.Range = s.d.KeyRange(v.Pointer)
	} else {
		name = n.Text
	}
	switch {
	case v.Limit == `\S`:
		out.Code, out.Message, out.Fix = diag.ManifestHookNoProgram, "the plugin id is empty", "name a plugin, or remove the entry"
	case strings.HasPrefix(v.Limit, "^[A-Za-z0-9]"):
		out.Message = fmt.Sprintf("%q is not a name", name)
		out.Fix = "a name starts with a letter or digit and has letters, digits, dots, underscores and hyphens"
	case v.Pointer == "/stack":
		out.Message = fmt.Sprintf("%q is not the name of a stack", name)
		out.Fix = `write "odoo", "none" or the name that an extension gives its stack, in lower case`
	default:
		out.Message = fmt.Sprintf("%q is not the name of a source", name)
		out.Fix = "a source's name starts with a lower-case letter and has lower-case letters, digits and underscores"
	}
	return out
}

// wordLimit words the keywords that bound a value.
func wordLimit(v schema.Violation, n *Node) (message, fix string) {
	switch v.Keyword {
	case "const", "enum":
		return fmt.Sprintf("%s is not allowed", shown(n)), "write " + list(v.Want, "or")
	case "minLength":
		return "the text is empty", "write a value, or remove the key"
	case "minItems":
		return "the list is empty", "add an entry, or remove the key"
	case "minProperties":
		return "the object is empty", "add a key, or remove the object"
	case "minimum":
		return fmt.Sprintf("%s is too small", shown(n)), "write " + v.Limit + " or more"
	default:
		return "the value is not allowed: " + v.Message, "see the manifest schema for what is"
	}
}

var typeWords = map[string]string{
	"string": "a string", "number": "a number", "integer": "a whole number", "boolean": "true or false",
	"array": "a list", "object": "an object", "null": "null",
}

func wantedTypes(types []string) string {
	words := make([]string, len(types))
	for i, t := range types {
		if words[i] = typeWords[t]; t == "boolean" && len(types) > 1 {
			words[i] = "a boolean"
		}
	}
	return list(words, "or")
}

func got(n *Node) string {
	if n == nil {
		return "nothing"
	}
	return describe(n)
}

// typeFix proposes the value in the right type, where that is plain to see.
func typeFix(pointer string, want []string, n *Node) string {
	is := func(t string) bool { return slices.Contains(want, t) }
	switch {
	case is("array") && !is("string") && n.Kind == String:
		if tail := pointer[strings.LastIndexByte(pointer, '/')+1:]; tail == "command" || tail == "entrypoint" {
			return "write the arguments as a list: " + argvOf(n.Text)
		}
		return "write it as a list: [" + strconv.Quote(n.Text) + "]"
	case is("string") && (n.Kind == Number || n.Kind == Bool):
		return "put it in quotes: " + strconv.Quote(n.Text)
	case n.Kind == String && is("boolean") && (n.Text == "true" || n.Text == "false"),
		n.Kind == String && (is("integer") || is("number")) && isNumber(n.Text):
		return "write it without quotes: " + n.Text
	case n.Kind == String && is("object") && !is("array"):
		return "write an object: { … }"
	default:
		return "write " + wantedTypes(want)
	}
}

// argvOf proposes the exec form of a command line.
func argvOf(command string) string {
	if strings.ContainsAny(command, `|&;<>"'$()`+"`") {
		return `["sh", "-c", ` + strconv.Quote(command) + "]"
	}
	return "[" + strings.Join(quoted(strings.Fields(command)), ", ") + "]"
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}
