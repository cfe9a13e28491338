// Package policy judges a finished document by rules that the owner of the
// machine wrote: privileged containers, the host's network and paths, the
// engine's socket, images, low ports (docs/policy.md).
//
// It looks at the document only: what a Dockerfile or an image does is beyond
// it, and so is everything that runs on the host, for which there is trust. It
// reads no file and takes no rule from the project.
package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/schema"
)

// Verdict is what a rule says.
type Verdict string

// The verdicts, mildest first.
const (
	Allow Verdict = "allow"
	Warn  Verdict = "warn"
	Deny  Verdict = "deny"
)

// Policy is one set of rules. An absent verdict allows.
type Policy struct {
	File    string // as diagnostics show it
	Pointer string // dotted path of the policy in the file: "policy", or "" for the whole of it

	Privileged            Verdict  `json:"privileged"`
	HostNetwork           Verdict  `json:"host_network"`
	DockerSocket          Verdict  `json:"docker_socket"`
	PortsBelow1024        Verdict  `json:"ports_below_1024"`
	HostPaths             Patterns `json:"host_paths"`
	Images                Patterns `json:"images"`
	ExtensionCapabilities Patterns `json:"extension_capabilities"`
}

// Patterns are the rules of names. The gravest list with a pattern that matches
// counts, and Default for what none matches; without a default, a list Allow
// denies all that it does not cover.
type Patterns struct {
	Default Verdict  `json:"default"`
	Allow   []string `json:"allow"`
	Warn    []string `json:"warn"`
	Deny    []string `json:"deny"`
}

// judge returns the verdict for a name and the rule that gave it. match says
// whether a pattern of a list with that verdict covers the name.
func (p Patterns) judge(match func(pattern string, list Verdict) bool) (v Verdict, rule string) {
	allowed := func(pattern string) bool { return match(pattern, Allow) }
	unlisted := p.Default == "" && len(p.Allow) > 0 && !slices.ContainsFunc(p.Allow, allowed)
	for _, list := range []struct {
		verdict  Verdict
		patterns []string
	}{{Deny, p.Deny}, {Warn, p.Warn}, {Allow, p.Allow}} {
		if unlisted && list.verdict == Warn {
			return Deny, "allow (none of its patterns covers this)"
		}
		if i := slices.IndexFunc(list.patterns, func(pattern string) bool { return match(pattern, list.verdict) }); i >= 0 {
			return list.verdict, fmt.Sprintf("%s[%d] %q", list.verdict, i, list.patterns[i])
		}
	}
	return cmp.Or(p.Default, Allow), "default"
}

// Read reads a policy: the value at a key of a JSON object, or the object
// itself with key "". It returns nil, with a diagnostic in c, for one that
// cannot be used; nil without one when there is no such key.
func Read(file string, src []byte, key string, c *diag.Collector) *Policy {
	p := &Policy{}
	form := manifest.Section{
		Name: "the policy", Key: key, Schema: schema.Policy(), Words: words, Code: diag.PolicyFile,
		Fix: "correct the policy; until then nothing runs (schema/policy.v1.json says what it may hold)",
	}
	if form.Read(file, src, p, c) == nil {
		return nil
	}
	p.File, p.Pointer = file, key
	return p
}

// words says what is wrong in the terms of a policy; "" leaves it to others.
func words(v schema.Violation) string {
	switch {
	case len(v.Keys) > 0 && v.Keyword == "additionalProperties":
		return fmt.Sprintf("a policy has no rule %q; there are %s", v.Keys[0], strings.Join(v.Known, ", "))
	case v.Keyword == "enum":
		return "the verdict is one of allow, warn and deny"
	case v.Keyword == "const":
		return "this version of devpm knows version 1 only"
	case v.Keyword == "uniqueItems":
		return "a pattern stands here twice"
	case v.Keyword == "minLength":
		return "a pattern is empty"
	default:
		return ""
	}
}

// String says where the policy is, for people.
func (p *Policy) String() string {
	if p.Pointer != "" {
		return p.File + ", key " + p.Pointer
	}
	return p.File
}

// glob reports whether a pattern covers a name: "**" stands for anything, "*"
// for anything without a slash, "?" for one such character.
func glob(pattern, name string) bool {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(pattern); i++ {
		switch {
		case strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(".*")
			i++
		case pattern[i] == '*':
			b.WriteString("[^/]*")
		case pattern[i] == '?':
			b.WriteString("[^/]")
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	b.WriteString(`\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return pattern == name // bytes that are no UTF-8
	}
	return re.MatchString(name)
}
