// Package lock is the lock files of a project as values: odpm's
// `.odpm/deps.lock.json`, byte for byte (spec §6.4), and devpm's own
// `.odpm/lock.json` (schema/lock.v1.json).
//
// It is pure: bytes in, bytes out. It opens no file, asks neither git nor the
// engine, and does not decide which lock counts: that is prepare's work.
package lock

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/link"
)

// Where the lock files are, relative to the project.
const (
	DependenciesPath = ".odpm/deps.lock.json"
	Path             = ".odpm/lock.json"
)

// dependenciesVersion is the only schema_version of deps.lock.json.
const dependenciesVersion = 1

// The kinds of an entry. A git entry does not write its kind (LCK-07).
const (
	KindGit  = "git"
	KindFile = "file"
)

// Entry is one repository at one commit.
type Entry struct {
	Branch string `json:"branch,omitempty"`
	Commit string `json:"commit"`         // 7 to 40 hex digits; for a file tree without git its observe.TreeIdentity
	Kind   string `json:"kind,omitempty"` // "" is KindGit
	URL    string `json:"url"`            // canonical
}

// Dependencies is deps.lock.json, schema_version 1. Fields stand in the order
// that they are written in: by name.
type Dependencies struct {
	Dependencies   []Entry          `json:"dependencies"`
	Developing     *Entry           `json:"developing,omitempty"`
	GeneratedAt    string           `json:"generated_at"` // UTC, ISO 8601, seconds
	Platform       Entry            `json:"platform"`
	SchemaVersion  int              `json:"schema_version"`
	ServiceSources map[string]Entry `json:"service_sources,omitempty"`
}

// Stamp is a time as generated_at has it.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-07:00") }

// Canonical is the form of a git link's URL that locks compare by (LCK-01 to
// LCK-04); the first word as it is when the text is no link.
func Canonical(text string) string {
	if l, err := link.Parse(text); err == nil {
		return l.Canonical()
	}
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return word
}

// Entries are all entries of the lock, the platform first.
func (d *Dependencies) Entries() []Entry {
	out := []Entry{d.Platform}
	out = append(out, d.Dependencies...)
	if d.Developing != nil {
		out = append(out, *d.Developing)
	}
	for _, name := range sortedNames(d.ServiceSources) {
		out = append(out, d.ServiceSources[name])
	}
	return out
}

// Same reports whether two locks hold the same, whenever they were made.
func (d *Dependencies) Same(other *Dependencies) bool {
	if d == nil || other == nil {
		return d == other
	}
	a, b := *d, *other
	a.GeneratedAt, b.GeneratedAt = "", ""
	return bytes.Equal(a.Encode(), b.Encode())
}

// Encode is the file: two blanks a level, keys and entries in order, a newline
// at the end. Like Python's json module it writes ASCII only.
func (d *Dependencies) Encode() []byte {
	out := *d
	out.SchemaVersion = dependenciesVersion
	out.Dependencies = append([]Entry{}, d.Dependencies...) // [], not null
	slices.SortStableFunc(out.Dependencies, func(a, b Entry) int {
		return cmp.Or(strings.Compare(Canonical(a.URL), Canonical(b.URL)), strings.Compare(a.Commit, b.Commit))
	})
	return encode(out)
}

// encode is indented JSON with a newline; "<", ">" and "&" stay readable and
// what is not ASCII is escaped.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(err) // strings, maps and numbers only
	}
	var out bytes.Buffer
	for _, r := range b.String() {
		switch {
		case r < 0x80:
			out.WriteByte(byte(r))
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

// ReadDependencies reads deps.lock.json strictly: one fault and nothing of it is
// used. The file name is the one that diagnostics show.
func ReadDependencies(file string, src []byte, c *diag.Collector) *Dependencies {
	r := reader{file: file, c: c}
	root := r.root(src)
	if root == nil || !r.version(root, "schema_version", dependenciesVersion) {
		return nil
	}
	d := &Dependencies{SchemaVersion: dependenciesVersion}
	if at := root.Get("generated_at"); at != nil && at.Kind == manifest.String {
		d.GeneratedAt = at.Text
	}
	if platform := root.Get("platform"); platform != nil {
		d.Platform = r.entry(platform, "platform")
	} else {
		r.fault(root.Range, "platform", `the key "platform" is missing`)
	}
	if list := root.Get("dependencies"); list != nil {
		if list.Kind != manifest.Array {
			r.fault(list.Range, "dependencies", "a list is expected")
		}
		for i, item := range list.Items {
			d.Dependencies = append(d.Dependencies, r.entry(item, fmt.Sprintf("dependencies[%d]", i)))
		}
	}
	if own := root.Get("developing"); own != nil && own.Kind != manifest.Null {
		e := r.entry(own, "developing")
		d.Developing = &e
	}
	if sources := root.Get("service_sources"); sources != nil && sources.Kind != manifest.Null {
		d.ServiceSources = map[string]Entry{}
		if sources.Kind != manifest.Object {
			r.fault(sources.Range, "service_sources", "an object is expected")
		}
		for _, m := range sources.Members {
			d.ServiceSources[m.Key] = r.entry(m.Value, "service_sources."+m.Key)
		}
	}
	if r.faults > 0 {
		return nil
	}
	return d
}

var commitForm = regexp.MustCompile(`^[0-9a-fA-F]{7,40}$`)

// reader checks one lock file.
type reader struct {
	file   string
	c      *diag.Collector
	faults int
}

func (r *reader) fault(at diag.Range, path, message string) {
	r.faults++
	r.c.Add(diag.Diagnostic{
		Code: diag.LockFile, Range: at, Path: path, Message: message,
		Fix: "take the file as it was from the repository, or write it anew with `devpm lock update`",
	})
}

// root is the object that the file holds, or nil.
func (r *reader) root(src []byte) *manifest.Node {
	var found diag.Collector
	d := manifest.Parse(r.file, src, &found)
	for _, f := range found.List() {
		if f.Severity == diag.Error {
			r.fault(f.Range, f.Path, f.Message)
		}
	}
	if d == nil || r.faults > 0 {
		return nil
	}
	return d.Root
}

// version wants the number of the format (LCK-08).
func (r *reader) version(root *manifest.Node, key string, want int) bool {
	n := root.Get(key)
	switch {
	case n == nil:
		r.fault(root.Range, key, fmt.Sprintf("the key %q is missing", key))
	case n.Kind != manifest.Number || n.Text != fmt.Sprint(want):
		r.fault(n.Range, key, fmt.Sprintf("version %s of this file is not read, only %d", n.Text, want))
	default:
		return true
	}
	return false
}

// text is a string member.
func (r *reader) text(n *manifest.Node, path, key string, needed bool) (string, *manifest.Node) {
	v := n.Get(key)
	switch {
	case v == nil || v.Kind == manifest.Null:
		if needed {
			r.fault(n.Range, path, fmt.Sprintf("the key %q is missing", key))
		}
		return "", nil
	case v.Kind != manifest.String || needed && strings.TrimSpace(v.Text) == "":
		r.fault(v.Range, path+"."+key, "a text is expected")
		return "", nil
	}
	return v.Text, v
}

func (r *reader) entry(n *manifest.Node, path string) (e Entry) {
	if n.Kind != manifest.Object {
		r.fault(n.Range, path, "an object with url and commit is expected")
		return e
	}
	url, _ := r.text(n, path, "url", true)
	e.URL = Canonical(url)
	e.Commit = r.commit(n, path)
	e.Branch, _ = r.text(n, path, "branch", false)
	kind, at := r.text(n, path, "kind", false)
	switch kind {
	case "", KindGit:
		if strings.HasPrefix(e.URL, "file://") && kind == "" {
			e.Kind = KindFile
		}
	case KindFile:
		e.Kind = KindFile
	default:
		r.fault(at.Range, path+".kind", fmt.Sprintf("%q is no kind: write git or file", kind))
	}
	return e
}

func (r *reader) commit(n *manifest.Node, path string) string {
	commit, at := r.text(n, path, "commit", true)
	if at != nil && !commitForm.MatchString(commit) {
		r.fault(at.Range, path+".commit", fmt.Sprintf("%q is not a commit: 7 to 40 hexadecimal digits", commit))
	}
	return strings.ToLower(commit)
}
