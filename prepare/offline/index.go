// Package offline knows the directory that `devpm vendor` makes: everything that
// a run takes from outside, so that `devpm up --offline` needs no network
// (docs/offline.md). It reads and writes the index, keeps files by the hash of
// their content, and says what is no longer as it was.
//
// It does not make mirrors or archives, start git or docker, or decide what a
// project needs.
package offline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
)

// IndexName is the index, which is written last: what it does not name does not
// belong to the directory.
const IndexName = "vendor.json"

// The folders of the directory, and the copy of the project's lock.
const (
	Repositories = "repositories"
	Images       = "images"
	Extensions   = "extensions"
	Wheels       = "wheels"
	LockName     = "lock.json"
)

// maxIndex bounds the index that is read.
const maxIndex = 16 << 20

// Index is vendor.json (schema/vendor.v1.json).
type Index struct {
	Version      int                  `json:"vendor_version"` // 1
	Project      string               `json:"project"`        // Compose's name of the project
	Repositories []Repository         `json:"repositories"`
	Images       []Image              `json:"images"`
	Extensions   map[string]Extension `json:"extensions"` // by name
	Packages     *Packages            `json:"python_packages,omitempty"`
	Files        map[string]string    `json:"files"` // path, with slashes → sha256
}

// Repository is one remote, as a bare repository.
type Repository struct {
	Name   string            `json:"name"`
	URL    string            `json:"url"`    // without a login
	Commit string            `json:"commit"` // what the project was on
	Path   string            `json:"path"`   // of the bare repository
	Refs   map[string]string `json:"refs"`
	Head   string            `json:"head,omitempty"` // the branch to stand on
}

// Image is one image of the document.
type Image struct {
	Name     string   `json:"name"` // as in the document
	ID       string   `json:"id"`   // the engine's
	Digests  []string `json:"digests,omitempty"`
	Archive  string   `json:"archive"`            // what `docker save` wrote
	Identity string   `json:"identity,omitempty"` // of one that is built here: what it is built from
}

// Extension is one package that the manifest requires.
type Extension struct {
	Version   string `json:"version"` // by which the store knows it
	SHA256    string `json:"sha256"`
	Archive   string `json:"archive"`             // the very bytes that were installed
	Signature string `json:"signature,omitempty"` // the file of it; "" where there is none
}

// Packages are what pip installs in the container of the stack `odoo`, as
// wheels.
type Packages struct {
	Requirements string `json:"requirements"` // key of the requirements that they satisfy
	Image        string `json:"image"`        // id of the image that they were made in
	Path         string `json:"path"`         // of the folder
}

// New is an empty index.
func New(project string) *Index {
	return &Index{Version: 1, Project: project, Repositories: []Repository{}, Images: []Image{}, Extensions: map[string]Extension{}, Files: map[string]string{}}
}

// Encode is the index as the file has it; the same index gives the same bytes.
func (x *Index) Encode() []byte {
	slices.SortFunc(x.Repositories, func(a, b Repository) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(x.Images, func(a, b Image) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(x); err != nil {
		panic(fmt.Sprintf("offline: encoding the index: %v", err)) // texts and lists: there is nothing that cannot be
	}
	return out.Bytes()
}

// Read reads the index of a directory. The error of a directory, or an index,
// that is not there is fs.ErrNotExist; every other one is a *diag.Failure with
// file as the place.
func Read(dir, file string) (*Index, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, diag.List{{Code: diag.VendorDirectory, Message: path.Dir(file) + " is not a directory", Fix: "name a directory"}}.Err()
	}
	src, err := fsx.ReadBelow(dir, IndexName, maxIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	bad := func(message string) error {
		return diag.List{{
			Code: diag.VendorIndex, Range: diag.Range{File: file}, Message: message,
			Fix: "copy the whole directory again, or delete it and run `devpm vendor` while there is a network",
		}}.Err()
	}
	if err != nil {
		return nil, bad("the index cannot be read: " + plain(err))
	}
	x := New("")
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	if err := d.Decode(x); err != nil {
		var version struct {
			Version int `json:"vendor_version"`
		}
		if json.Unmarshal(src, &version) == nil && version.Version > 1 {
			return nil, bad(fmt.Sprintf("the index has version %d; this devpm reads version 1", version.Version))
		}
		return nil, bad("the index is not valid: " + plain(err))
	}
	if x.Version != 1 {
		return nil, bad(fmt.Sprintf("the index has version %d; this devpm reads version 1", x.Version))
	}
	for _, name := range x.paths() {
		if !filepath.IsLocal(filepath.FromSlash(name)) || name != path.Clean(name) {
			return nil, bad(fmt.Sprintf("the index names %q, which is not a path in the directory", name))
		}
	}
	return x, nil
}

// paths are all paths that the index names.
func (x *Index) paths() []string {
	out := slices.Collect(maps.Keys(x.Files))
	for _, r := range x.Repositories {
		out = append(out, r.Path)
	}
	for _, i := range x.Images {
		out = append(out, i.Archive)
	}
	for _, name := range slices.Sorted(maps.Keys(x.Extensions)) {
		out = append(out, x.Extensions[name].files()...)
	}
	if x.Packages != nil {
		out = append(out, x.Packages.Path)
	}
	return out
}

// files are the files of a package.
func (e Extension) files() []string {
	if e.Signature == "" {
		return []string{e.Archive}
	}
	return []string{e.Archive, e.Signature}
}

// Below lists the files of the index below a folder, or the one of that name,
// sorted.
func (x *Index) Below(folder string) []string {
	var out []string
	for name := range x.Files {
		if name == folder || strings.HasPrefix(name, folder+"/") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Check says what of a folder of the directory, or of all of it with "", is no
// longer as the index has it. shape judges whether a file may be in a mirror;
// file is what findings are placed in.
func (x *Index) Check(dir, file, folder string, shape func(name string, content func() ([]byte, error)) bool) diag.List {
	var list diag.List
	found := func(message string) {
		list = append(list, diag.Diagnostic{
			Code: diag.VendorDamaged, Range: diag.Range{File: file}, Message: message,
			Fix: "copy the directory again from where it was made, or run `devpm vendor` while there is a network",
		})
	}
	names := x.Below(folder)
	if folder == "" {
		names = slices.Sorted(maps.Keys(x.Files))
	}
	for _, name := range names {
		sum, err := fsx.HashBelow(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			found(name + " is missing")
		case err != nil:
			found(fmt.Sprintf("%s cannot be read: %s", name, plain(err)))
		case sum != x.Files[name]:
			found(name + " is damaged: its content is not what was vendored")
		}
	}
	for _, r := range x.Repositories {
		if folder != "" && r.Path != folder {
			continue
		}
		for _, name := range Listed(dir, r.Path) {
			inside := strings.TrimPrefix(name, r.Path+"/")
			content := func() ([]byte, error) { return fsx.ReadBelow(dir, name, maxIndex) }
			if _, known := x.Files[name]; !known || !shape(inside, content) {
				found(name + " is not a part of what was vendored")
			}
		}
	}
	for _, i := range x.Images {
		if _, known := x.Files[i.Archive]; !known && (folder == "" || folder == i.Archive) {
			found("the index has no hash of " + i.Archive)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.Extensions)) {
		e := x.Extensions[name]
		if folder != "" && e.Archive != folder {
			continue
		}
		for _, file := range e.files() {
			if _, known := x.Files[file]; !known {
				found("the index has no hash of " + file)
			}
		}
		if sum, known := x.Files[e.Archive]; known && sum != e.SHA256 {
			found("the index names two hashes for " + e.Archive)
		}
	}
	return list
}

// Listed are the files below a folder, by their path in the directory, sorted.
func Listed(dir, folder string) []string {
	var out []string
	_ = filepath.WalkDir(filepath.Join(dir, filepath.FromSlash(folder)), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what is missing is said of the index's files
		}
		if rel, relErr := filepath.Rel(dir, file); relErr == nil && !d.IsDir() {
			out = append(out, filepath.ToSlash(rel))
		}
		return nil
	})
	return out
}

// Tidy removes files and folders of the three folders that the index does not
// name: what an earlier index had, or a run that was killed left.
func (x *Index) Tidy(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	kept := map[string]bool{}
	for _, r := range x.Repositories {
		kept[r.Path] = true
	}
	for _, i := range x.Images {
		kept[i.Archive] = true
	}
	for _, e := range x.Extensions {
		for _, file := range e.files() {
			kept[file] = true
		}
	}
	if x.Packages != nil {
		kept[x.Packages.Path] = true
	}
	var failed []error
	for _, folder := range []string{Repositories, Images, Extensions, Wheels} {
		entries, err := fs.ReadDir(root.FS(), folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
		for _, e := range entries {
			if name := folder + "/" + e.Name(); !kept[name] {
				failed = append(failed, root.RemoveAll(filepath.FromSlash(name)))
			}
		}
	}
	if _, has := x.Files[LockName]; !has {
		if err := root.Remove(LockName); !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// plain is what the system or the decoder said, without path or wrapping.
func plain(err error) string {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		return inner.Err.Error()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}
