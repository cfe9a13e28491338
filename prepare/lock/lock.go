package lock

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// lockVersion is the lock_version of lock.json.
const lockVersion = 1

// File is `.odpm/lock.json`: everything that a run takes from outside, by
// content. It holds no time, so that two people who lock the same write the
// same bytes.
type File struct {
	Extensions   map[string]Extension `json:"extensions"` // by name
	Images       map[string]Image     `json:"images"`     // by name as in the document: "postgres:16"
	LockVersion  int                  `json:"lock_version"`
	Repositories map[string]Repo      `json:"repositories"` // by canonical URL
}

// Repo is a repository at a commit.
type Repo struct {
	Branch string `json:"branch,omitempty"`
	Commit string `json:"commit"`
	Kind   string `json:"kind,omitempty"` // as Entry.Kind
}

// Image is an image by content.
type Image struct {
	// Digest is the registry's digest of the image; for a Local one the engine's
	// id: "sha256:" and 64 hex digits.
	Digest string `json:"digest"`
	Local  bool   `json:"local,omitempty"` // it came from no registry: another machine has another
}

// Extension is a package by content.
type Extension struct {
	SHA256  string `json:"sha256"` // 64 hex digits
	Source  string `json:"source,omitempty"`
	Version string `json:"version,omitempty"`
}

// New is a lock that holds nothing.
func New() *File {
	return &File{LockVersion: lockVersion, Repositories: map[string]Repo{}, Images: map[string]Image{}, Extensions: map[string]Extension{}}
}

// Encode is the file: two blanks a level, sorted, a newline at the end.
func (f *File) Encode() []byte {
	out := *f
	out.LockVersion = lockVersion
	out.Repositories, out.Images, out.Extensions = orEmpty(f.Repositories), orEmpty(f.Images), orEmpty(f.Extensions)
	return encode(out)
}

func orEmpty[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

var (
	digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	sumForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Read reads lock.json strictly: one fault and nothing of it is used. Keys that
// this version does not know are faults too, because they lock something that
// it would not hold to.
func Read(file string, src []byte, c *diag.Collector) *File {
	r := reader{file: file, c: c}
	root := r.root(src)
	if root == nil || !r.version(root, "lock_version", lockVersion) {
		return nil
	}
	f := New()
	r.known(root, "", "lock_version", "repositories", "images", "extensions")
	for _, m := range r.section(root, "repositories") {
		path := "repositories." + m.Key
		r.known(m.Value, path, "commit", "branch", "kind")
		repo := Repo{Commit: r.commit(m.Value, path)}
		repo.Branch, _ = r.text(m.Value, path, "branch", false)
		kind, at := r.text(m.Value, path, "kind", false)
		if kind != "" && kind != KindFile {
			r.fault(at.Range, path+".kind", fmt.Sprintf("%q is no kind: write file, or leave the key out", kind))
		}
		repo.Kind = kind
		f.Repositories[m.Key] = repo
	}
	for _, m := range r.section(root, "images") {
		path := "images." + m.Key
		r.known(m.Value, path, "digest", "local")
		image := Image{Digest: r.match(m.Value, path, "digest", digestForm, "sha256: and 64 hexadecimal digits")}
		if local := m.Value.Get("local"); local != nil {
			if local.Kind != manifest.Bool {
				r.fault(local.Range, path+".local", "true or false is expected")
			}
			image.Local = local.Text == "true"
		}
		f.Images[m.Key] = image
	}
	for _, m := range r.section(root, "extensions") {
		path := "extensions." + m.Key
		r.known(m.Value, path, "sha256", "source", "version")
		e := Extension{SHA256: r.match(m.Value, path, "sha256", sumForm, "64 hexadecimal digits")}
		e.Source, _ = r.text(m.Value, path, "source", false)
		e.Version, _ = r.text(m.Value, path, "version", false)
		f.Extensions[m.Key] = e
	}
	if r.faults > 0 {
		return nil
	}
	return f
}

// section yields the entries of an object of objects.
func (r *reader) section(root *manifest.Node, key string) []manifest.Member {
	n := root.Get(key)
	if n == nil {
		return nil
	}
	if n.Kind != manifest.Object {
		r.fault(n.Range, key, "an object is expected")
		return nil
	}
	var out []manifest.Member
	for _, m := range n.Members {
		if m.Value.Kind != manifest.Object {
			r.fault(m.Value.Range, key+"."+m.Key, "an object is expected")
			continue
		}
		out = append(out, m)
	}
	return out
}

func (r *reader) known(n *manifest.Node, path string, keys ...string) {
	for _, m := range n.Members {
		if !slices.Contains(keys, m.Key) {
			r.fault(m.KeyRange, path, fmt.Sprintf("the key %q is not known here", m.Key))
		}
	}
}

func (r *reader) match(n *manifest.Node, path, key string, form *regexp.Regexp, what string) string {
	text, at := r.text(n, path, key, true)
	if at != nil && !form.MatchString(text) {
		r.fault(at.Range, path+"."+key, fmt.Sprintf("%q is not %s", text, what))
	}
	return text
}

// Change is one entry that differs between two locks. Old or New is "" where
// one has no such entry.
type Change struct {
	Kind string // repository, image, extension
	Name string
	Old  string
	New  string
}

// Diff lists what differs, repositories first, each kind by name.
func Diff(before, after *File) []Change {
	if before == nil {
		before = New()
	}
	if after == nil {
		after = New()
	}
	var out []Change
	compare(&out, "repository", before.Repositories, after.Repositories, func(r Repo) string { return r.Commit })
	compare(&out, "image", before.Images, after.Images, func(i Image) string { return i.Digest })
	compare(&out, "extension", before.Extensions, after.Extensions, func(e Extension) string { return "sha256:" + e.SHA256 })
	return out
}

func compare[V any](out *[]Change, kind string, before, after map[string]V, content func(V) string) {
	names := maps.Clone(orEmpty(before))
	maps.Copy(names, after)
	for _, name := range sortedNames(names) {
		c := Change{Kind: kind, Name: name}
		if v, ok := before[name]; ok {
			c.Old = content(v)
		}
		if v, ok := after[name]; ok {
			c.New = content(v)
		}
		if c.Old != c.New {
			*out = append(*out, c)
		}
	}
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
