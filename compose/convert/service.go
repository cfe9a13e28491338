package convert

import (
	"fmt"
	"strings"

	"github.com/mattn/go-shellwords"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// service rewrites, in place, what a manifest writes in another way.
func (v *converter) service(s manifest.Member, secrets map[string]string) {
	path := join("services", s.Key)
	if s.Value.Kind != manifest.Object {
		v.say(diag.ImportSyntax, diag.Error, s.Value.Range, path, fmt.Sprintf("the service %q is no mapping", s.Key), "give the service an image or a build")
		return
	}
	kept := s.Value.Members[:0]
	var mounts []*manifest.Node
	for _, m := range s.Value.Members {
		at := join(path, m.Key)
		switch {
		case m.Key == "extends":
			v.say(diag.ImportUnsupported, diag.Error, m.KeyRange, at, "the service extends another, which is not carried over", flatten)
			continue
		case m.Key == "secrets":
			mounts = append(mounts, v.mounts(m.Value, at, secrets)...)
			continue
		case (m.Key == "command" || m.Key == "entrypoint") && m.Value.Kind == manifest.String:
			v.words(m.Value, at)
		case (m.Key == "command" || m.Key == "entrypoint") && m.Value.Kind == manifest.Null:
			continue // as if it were not written
		case m.Key == "environment":
			v.passedOn(m.Value, at)
		}
		kept = append(kept, m)
	}
	s.Value.Members = kept
	if len(mounts) == 0 {
		return
	}
	volumes := s.Value.Get("volumes")
	if volumes == nil {
		volumes = &manifest.Node{Kind: manifest.Array, Range: s.Value.Range}
		s.Value.Members = append(s.Value.Members, manifest.Member{Key: "volumes", KeyRange: s.KeyRange, Value: volumes})
	}
	volumes.Items = append(volumes.Items, mounts...)
}

// words splits a command as Compose splits it. An expression in it is one
// argument from now on, however many words its value has.
func (v *converter) words(n *manifest.Node, path string) {
	if strings.TrimSpace(n.Text) == "" {
		n.Kind = manifest.Array // `command: ""` removes the image's own
		n.Text = ""
		return
	}
	expressions, text := hide(n.Text)
	args, err := shellwords.Parse(text)
	if err != nil || len(args) == 0 {
		v.say(diag.ImportSyntax, diag.Error, n.Range, path, "the command cannot be split into words: its quotes do not match", "write the command as a list, one argument an item")
		return
	}
	if len(expressions) > 0 {
		v.say(diag.ImportChanged, diag.Warning, n.Range, path, "the command is a list now: an expression in it is one argument, also when its value has blanks",
			"look at the list; write several arguments as several items")
	}
	n.Kind, n.Text, n.Items = manifest.Array, "", nil
	for _, arg := range args {
		for i, expression := range expressions {
			arg = strings.Replace(arg, mark(i), expression, 1)
		}
		n.Items = append(n.Items, &manifest.Node{Kind: manifest.String, Text: arg, Range: n.Range})
	}
}

// hide puts marks in the place of expressions, whose blanks and quotes are
// nothing to the splitter.
func hide(text string) (expressions []string, marked string) {
	var b strings.Builder
	for i := 0; i < len(text); {
		switch {
		case strings.HasPrefix(text[i:], "$$"):
			b.WriteString("$$")
			i += 2
		case strings.HasPrefix(text[i:], "${"):
			end := closing(text, i)
			b.WriteString(mark(len(expressions)))
			expressions = append(expressions, text[i:end])
			i = end
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return expressions, b.String()
}

// closing is the offset behind the brace that ends the expression at i.
func closing(text string, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// mark stands for the expression with a number: a character that no text has.
func mark(i int) string { return fmt.Sprintf("\uFDD0%d\uFDD1", i) }

// passedOn writes down the variables that Compose passes on from `.env`: devpm
// reads that file itself, so Compose would not find them any more.
func (v *converter) passedOn(n *manifest.Node, path string) {
	for i := range n.Members {
		if m := &n.Members[i]; m.Value.Kind == manifest.Null {
			if _, set := v.lookup(m.Key); set {
				m.Value = &manifest.Node{Kind: manifest.String, Text: "${" + m.Key + "}", Range: m.Value.Range}
			}
		}
	}
	for _, item := range n.Items {
		if item.Kind != manifest.String || strings.Contains(item.Text, "=") {
			continue
		}
		if _, set := v.lookup(item.Text); set {
			item.Text += "=${" + item.Text + "}"
		}
	}
	if n.Kind != manifest.Object && n.Kind != manifest.Array && n.Kind != manifest.Null {
		v.say(diag.ImportSyntax, diag.Error, n.Range, path, "environment is neither a mapping nor a list", "write it as NAME: value")
	}
}

// secrets reads the top-level secrets: name → file.
func (v *converter) secrets(section *manifest.Node) map[string]string {
	files := map[string]string{}
	if section == nil {
		return files
	}
	for _, m := range section.Members {
		if file := m.Value.Get("file"); file != nil && file.Kind == manifest.String {
			files[m.Key] = file.Text
			continue
		}
		v.say(diag.ImportUnsupported, diag.Error, m.KeyRange, join("secrets", m.Key), fmt.Sprintf("the secret %q comes from no file, and only those are carried over", m.Key),
			"pass it as a variable: NAME: ${NAME} in `environment`, with the value in .env")
	}
	return files
}

// mounts turns the secrets of a service into the mounts that Compose makes of
// them.
func (v *converter) mounts(n *manifest.Node, path string, files map[string]string) []*manifest.Node {
	var out []*manifest.Node
	for i, item := range n.Items {
		name, target := item.Text, item.Text
		if item.Kind == manifest.Object {
			if source := item.Get("source"); source != nil {
				name, target = source.Text, source.Text
			}
			if t := item.Get("target"); t != nil {
				target = t.Text
			}
		}
		file, known := files[name]
		if !known {
			if len(files) > 0 || name == "" {
				v.say(diag.ImportSyntax, diag.Error, item.Range, fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("the file has no secret %q", name), "name a secret of the top level")
			}
			continue
		}
		if !strings.HasPrefix(target, "/") {
			target = "/run/secrets/" + target
		}
		if !strings.HasPrefix(file, "/") && !strings.HasPrefix(file, ".") && !strings.HasPrefix(file, "~") {
			file = "./" + file
		}
		out = append(out, &manifest.Node{Kind: manifest.String, Text: file + ":" + target + ":ro", Range: item.Range})
		v.say(diag.ImportChanged, diag.Warning, item.Range, fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("the secret %q is mounted as a volume at %s, which is what Compose does with it", name, target),
			"keep the file out of the repository, and readable for its owner only")
	}
	return out
}
