package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tree is the project's directory, read only and from within: a symbolic link
// that leads out of it must not be followed. (*os.Root).FS is one.
type Tree struct {
	Files fs.FS
	Dir   string // absolute, to know absolute paths of the project's files
}

// named returns the files of the project that words of a command name, sorted.
// Names are words, and what follows "=" in a word; the word behind an option
// for output is a result and does not count.
func (t Tree) named(argv []string) []File {
	seen := map[string]bool{}
	var out []File
	for i, word := range argv {
		if i > 1 && slices.Contains([]string{"-o", "--out", "--output"}, argv[i-1]) {
			continue
		}
		candidates := []string{word}
		if _, value, ok := strings.Cut(word, "="); ok {
			candidates = append(candidates, value)
		}
		for _, candidate := range candidates {
			for _, name := range t.inside(candidate) {
				if seen[name] {
					continue
				}
				seen[name] = true
				if f, ok := t.file(name); ok {
					out = append(out, f)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// inside turns a word into the names of something in the project. It has two
// where ".." stands behind a link: the system goes on from where the link leads,
// many programs from where it stands.
func (t Tree) inside(word string) []string {
	if word == "" || strings.ContainsRune(word, 0) {
		return nil
	}
	if !filepath.IsAbs(word) {
		word = t.Dir + string(filepath.Separator) + word
	}
	var out []string
	add := func(dir, file string) {
		if rel, err := filepath.Rel(dir, file); err == nil {
			if name := filepath.ToSlash(rel); name != "." && fs.ValidPath(name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	add(t.Dir, word)
	if slices.Contains(strings.Split(filepath.ToSlash(word), "/"), "..") {
		real, err := filepath.EvalSymlinks(word)
		if dir, dirErr := filepath.EvalSymlinks(t.Dir); err == nil && dirErr == nil {
			add(dir, real)
		}
	}
	return out
}

// file hashes a regular file; false when there is none of that name. One that
// cannot be read, or that a link takes out of the project, has no hash.
func (t Tree) file(name string) (File, bool) {
	info, err := fs.Stat(t.Files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular():
		return File{}, false
	case err != nil:
		if _, err := fs.Lstat(t.Files, name); err != nil {
			return File{}, false // below a file, a name that the system refuses
		}
		return File{Name: name}, true
	}
	f, err := t.Files.Open(name)
	if err != nil {
		return File{Name: name}, true
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return File{Name: name}, true
	}
	return File{Name: name, Hash: hex.EncodeToString(sum.Sum(nil))}, true
}

// deepLinks is how many links to directories may follow one another.
const deepLinks = 8

// below lists every file of a directory and of those in it, sorted. Links to
// directories of the project are followed; what leads out of it counts as a
// file without a hash.
func (t Tree) below(dir string) []File { return t.follow(dir, 0) }

func (t Tree) follow(dir string, depth int) []File {
	if _, err := fs.Stat(t.Files, dir); err != nil {
		if _, err := fs.Lstat(t.Files, dir); err == nil {
			return []File{{Name: dir}}
		}
		return nil
	}
	var out []File
	// The function never fails, so neither does the walk.
	_ = fs.WalkDir(t.Files, dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			out = append(out, File{Name: name})
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		if info, err := fs.Stat(t.Files, name); err == nil && info.IsDir() {
			if depth >= deepLinks {
				out = append(out, File{Name: name})
				return nil
			}
			out = append(out, t.follow(name, depth+1)...)
			return nil
		}
		if f, ok := t.file(name); ok {
			out = append(out, f)
		}
		return nil
	})
	return out
}

// code lists the modules of a directory and of those in it, or of one file, sorted:
// what Python imports. Directories that begin with a dot, and what is generated, do
// not count.
func (t Tree) code(dir string) []File {
	var out []File
	// The function never fails, so neither does the walk.
	_ = fs.WalkDir(t.Files, dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fs.SkipDir
		case d.IsDir():
			if base := d.Name(); name != dir && (strings.HasPrefix(base, ".") || base == "__pycache__" || base == "node_modules") {
				return fs.SkipDir
			}
		case slices.Contains([]string{".py", ".so", ".pyd"}, path.Ext(name)):
			if f, ok := t.file(name); ok {
				out = append(out, f)
			}
		}
		return nil
	})
	return out
}
