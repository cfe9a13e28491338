// Package dependencies finds every repository that a project needs when
// dependencies may name more: breadth first through their odpm.json and
// oca_dependencies.txt (spec §6.2, §6.3).
//
// It clones nothing, and reads files only through the function that it is given.
// Repositories that are not there are told apart, since what they would add is
// not known. It does not choose revisions and does not merge services.
package dependencies

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/link"
)

// The files of a repository that name more repositories.
const (
	ManifestFile = "odpm.json"
	OCAFile      = "oca_dependencies.txt"
)

// maxRepositories bounds the search: a project with more is a repository gone
// wrong, or a hostile one.
const maxRepositories = 500

// ErrAbsent says that a repository is not there at all.
var ErrAbsent = errors.New("the repository is not there")

// Options are what the search works with.
type Options struct {
	// Read returns a file at the top of a repository: fs.ErrNotExist without
	// such a file, ErrAbsent without the repository.
	Read func(repository link.Link, file string) ([]byte, error)
	// ReadOwn does the same for the repository that the manifest is in.
	ReadOwn func(file string) ([]byte, error)
	// Saw is told every file that was read, by the name that diagnostics show;
	// nil: nobody is.
	Saw func(file string, src []byte)
	// Load is what nested manifests are expanded with.
	Load manifest.Options
	// Strict makes an error of a dependency for another version (ci).
	Strict bool
}

// Resolve searches from the dependencies of a manifest on. The result lists
// each link once, the manifest's own first, in the order found. Faults go to c.
func Resolve(m *manifest.Manifest, o Options, c *diag.Collector) manifest.Inheritance {
	s := &search{m: m, o: o, c: c, seen: map[string]bool{}, trees: map[string]tree{}}
	s.reserve(m.Platform.Git)
	if m.Developing != nil {
		s.reserve(*m.Developing)
	}
	for _, text := range m.Dependencies {
		s.want(text, "")
	}
	if m.Developing != nil {
		if l, err := link.Parse(m.Developing.Value); err == nil {
			s.oca(Name(l), func(file string) ([]byte, error) { return o.Read(l, file) })
		}
	} else if o.ReadOwn != nil {
		s.oca("", o.ReadOwn)
	}
	for i := 0; i < len(s.queue); i++ {
		s.visit(s.queue[i])
	}
	return s.found
}

// Name is what people call a repository: "owner/name".
func Name(l link.Link) string {
	dir := l.Directory()
	if dir == "" {
		dir = l.Path
	}
	return strings.TrimPrefix(path.Join(path.Base(path.Dir(dir)), path.Base(dir)), "/")
}

// tree is a working tree and what is wanted in it.
type tree struct {
	version string
	at      diag.Range
	by      string // the repository that wants it; "" is the manifest
}

type search struct {
	m     *manifest.Manifest
	o     Options
	c     *diag.Collector
	seen  map[string]bool // links as written
	trees map[string]tree // by directory
	queue []link.Link
	found manifest.Inheritance
	full  bool
}

// reserve notes a working tree that is no dependency.
func (s *search) reserve(text manifest.Text) {
	if l, err := link.Parse(text.Value); err == nil {
		s.seen[text.Value] = true
		s.trees[place(l)] = tree{version: s.version(l), at: text.Range}
	}
}

func place(l link.Link) string {
	if dir := l.Directory(); dir != "" {
		return dir
	}
	return l.Local()
}

// version is what a link wants of its repository; without a branch that is the
// branch named like odoo_version (spec §6.1).
func (s *search) version(l link.Link) string {
	if v := strings.TrimSpace(l.Branch + " " + l.Commit); v != "" {
		return v
	}
	return s.m.OdooVersion
}

// want adds a link, once. by is the repository that names it.
func (s *search) want(text manifest.Text, by string) {
	if s.seen[text.Value] || s.full {
		return
	}
	s.seen[text.Value] = true
	l, err := link.Parse(text.Value)
	if err != nil {
		s.unusable(text, by, err)
		return
	}
	if other, taken := s.trees[place(l)]; taken {
		s.twice(text, l, by, other)
		if by == "" {
			s.found.Dependencies = append(s.found.Dependencies, text)
		}
		return
	}
	s.trees[place(l)] = tree{version: s.version(l), at: text.Range, by: by}
	if len(s.queue) == maxRepositories {
		s.full = true
		s.c.Add(diag.Diagnostic{
			Code: diag.DependencyBound, Range: text.Range, Path: text.Path,
			Message: fmt.Sprintf("the project and its dependencies name more than %d repositories", maxRepositories),
			Fix:     "switch use_oca_dependencies off and name the repositories in odpm.json",
		})
		return
	}
	s.queue = append(s.queue, l)
	s.found.Dependencies = append(s.found.Dependencies, text)
}

// unusable reports a link that cannot be read. The manifest's own are reported
// where it is read; they stay in the list, so that nothing shifts.
func (s *search) unusable(text manifest.Text, by string, err error) {
	if by == "" {
		s.found.Dependencies = append(s.found.Dependencies, text)
		return
	}
	d := diag.Diagnostic{
		Code: diag.DependencyLink, Severity: diag.Warning, Range: text.Range, Path: text.Path,
		Message: fmt.Sprintf("the dependency %s names a repository that cannot be used, and it is left out: %v", by, err),
		Fix:     "mend the line in that repository, or name the repository in the project's odpm.json",
	}
	s.c.Add(d)
}

// twice reports a repository that is wanted in two versions. Who is nearer to
// the project wins; the manifest's own links are judged elsewhere.
func (s *search) twice(text manifest.Text, l link.Link, by string, other tree) {
	plain := l.Branch == "" && l.Commit == ""
	if by == "" || l.Kind == link.File || plain || other.version == s.version(l) {
		return
	}
	first := "odpm.json"
	if other.by != "" {
		first = other.by
	}
	s.c.Add(diag.Diagnostic{
		Code: diag.DependencyTwice, Severity: diag.Warning, Range: text.Range, Path: text.Path,
		Message: fmt.Sprintf("%s wants %s at %s; %s has it at %s, and that counts", by, Name(l), s.version(l), first, other.version),
		Fix:     "name the repository with the right version in the project's odpm.json",
		Related: []diag.Related{{Range: other.at, Message: "wanted here first"}},
	})
}

// visit reads what one dependency adds.
func (s *search) visit(l link.Link) {
	name := Name(l)
	read := func(file string) ([]byte, error) { return s.o.Read(l, file) }
	if !s.oca(name, read) {
		s.found.Pending = append(s.found.Pending, name)
		return
	}
	src, ok := s.read(name, ManifestFile, read)
	if !ok {
		return
	}
	n := manifest.LoadNested(name, name+"/"+ManifestFile, src, s.o.Load, s.m.Stack, s.c)
	if n == nil {
		return
	}
	s.compatible(n)
	if n.Services != nil || n.ServicePatches != nil {
		s.found.Manifests = append(s.found.Manifests, n)
	}
	for _, text := range n.Dependencies {
		s.want(text, name)
	}
}

// read reads one file of a repository. What cannot be read is a warning.
func (s *search) read(name, file string, read func(string) ([]byte, error)) ([]byte, bool) {
	shown := path.Join(name, file)
	src, err := read(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrAbsent) {
		return nil, false
	}
	if err != nil {
		s.c.Add(diag.Diagnostic{
			Code: diag.DependencyManifest, Severity: diag.Warning, Range: diag.Range{File: shown},
			Message: fmt.Sprintf("ignored: it cannot be read: %v", err),
			Fix:     "mend the file in that repository, or name a commit of it that has a sound one",
		})
		return nil, false
	}
	if s.o.Saw != nil {
		s.o.Saw(shown, src)
	}
	return src, true
}
