package convert

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// node converts a YAML node to a manifest's, with its place: aliases and merge
// keys are resolved, scalars get their JSON type, and the dollar signs of
// strings are written as a manifest reads them. nil was reported.
func (v *converter) node(n *yaml.Node, path string, depth int) *manifest.Node {
	if v.nodes++; v.nodes > maxNodes || depth > 100 {
		if v.nodes == maxNodes+1 || depth == 101 {
			v.say(diag.ImportUnsupported, diag.Error, v.at(n), path, "the file is too large or too deep to be a Compose file", "import a smaller file")
			v.nodes = maxNodes + 2
		}
		return nil
	}
	if n.Kind == yaml.AliasNode {
		return v.node(n.Alias, path, depth+1)
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		v.say(diag.ImportUnsupported, diag.Error, v.at(n), path, fmt.Sprintf("the tag %s is not carried over", n.Tag), flatten)
		return nil
	}
	out := &manifest.Node{Range: v.at(n)}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = manifest.Object
		v.members(out, n, path, depth)
	case yaml.SequenceNode:
		out.Kind = manifest.Array
		for i, item := range n.Content {
			if child := v.node(item, fmt.Sprintf("%s[%d]", path, i), depth+1); child != nil {
				out.Items = append(out.Items, child)
			}
		}
	default:
		v.scalar(out, n, path)
	}
	return out
}

// members converts the pairs of a mapping. Keys of its own win over merged ones.
func (v *converter) members(out *manifest.Node, n *yaml.Node, path string, depth int) {
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			v.say(diag.ImportSyntax, diag.Error, v.at(key), path, "a key is no plain text", "write the key as text")
			continue
		}
		if out.Get(key.Value) != nil {
			v.say(diag.ImportSyntax, diag.Error, v.at(key), join(path, key.Value), fmt.Sprintf("the key %q is set twice", key.Value), "remove one of the two")
			continue
		}
		if child := v.node(value, join(path, key.Value), depth+1); child != nil {
			out.Members = append(out.Members, manifest.Member{Key: key.Value, KeyRange: v.at(key), Value: child})
		}
	}
	for _, m := range merged {
		sources := []*yaml.Node{m}
		if m.Kind == yaml.SequenceNode {
			sources = m.Content
		}
		for _, source := range sources {
			base := v.node(source, path, depth+1)
			if base == nil || base.Kind != manifest.Object {
				continue
			}
			for _, member := range base.Members {
				if out.Get(member.Key) == nil {
					out.Members = append(out.Members, member)
				}
			}
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// scalar gives a scalar its JSON type. A number that JSON writes in another way
// (octal, hexadecimal, with underscores) becomes what it means.
func (v *converter) scalar(out *manifest.Node, n *yaml.Node, path string) {
	switch n.ShortTag() {
	case "!!null":
		out.Kind = manifest.Null
		return
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			out.Kind, out.Text = manifest.Bool, strconv.FormatBool(b)
			return
		}
	case "!!int":
		var i int64
		if jsonNumber.MatchString(n.Value) {
			out.Kind, out.Text = manifest.Number, n.Value
			return
		}
		if n.Decode(&i) == nil {
			out.Kind, out.Text = manifest.Number, strconv.FormatInt(i, 10)
			return
		}
	case "!!float":
		if jsonNumber.MatchString(n.Value) {
			out.Kind, out.Text = manifest.Number, n.Value
			return
		}
	}
	out.Kind, out.Text = manifest.String, v.dollars(n, path)
}

// A variable as Compose writes it without braces.
var bareName = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*`)

// dollars rewrites a string from Compose's interpolation to the manifest's
// expansion, which differ in two things: "$NAME" needs braces, and a variable
// that is not set is an error where Compose puts an empty text.
func (v *converter) dollars(n *yaml.Node, path string) string {
	text := n.Value
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case rest[0] != '$':
			b.WriteByte(rest[0])
			i++
		case strings.HasPrefix(rest, "$$"):
			b.WriteString("$$")
			i += 2
		case strings.HasPrefix(rest, "${"):
			name := bareName.FindString(rest[2:])
			b.WriteString("${" + name)
			i += 2 + len(name)
			if name != "" && strings.HasPrefix(text[i:], "}") && v.missing(n, path, name) {
				b.WriteString(":-")
			}
		default:
			name := bareName.FindString(rest[1:])
			if name == "" {
				b.WriteByte('$')
				i++
				continue
			}
			b.WriteString("${" + name)
			if v.missing(n, path, name) {
				b.WriteString(":-")
			}
			b.WriteString("}")
			i += 1 + len(name)
		}
	}
	return b.String()
}

// missing reports whether nothing sets a variable, and says so once.
func (v *converter) missing(n *yaml.Node, path, name string) bool {
	if _, set := v.lookup(name); set {
		return false
	}
	if !v.unset[name] {
		v.unset[name] = true
		v.say(diag.ImportChanged, diag.Warning, v.at(n), path, fmt.Sprintf("nothing sets %s; Compose would use an empty text, so the manifest says ${%s:-}", name, name),
			fmt.Sprintf("set %s in .env and write ${%s}, or give it a default: ${%s:-default}", name, name, name))
	}
	return true
}

var yamlLine = regexp.MustCompile(`line (\d+):? ?`)

// placeOf is the line that a YAML error names.
func placeOf(file string, err error) diag.Range {
	at := diag.Range{File: file}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		at.Start = diag.Position{Line: line, Column: 1}
		at.End = diag.Position{Line: line, Column: 2}
	}
	return at
}

// plain is a YAML error without what placeOf says.
func plain(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	return strings.Join(strings.Fields(yamlLine.ReplaceAllString(text, "")), " ")
}
