package archtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// file is one Go file of the module.
type file struct {
	path    string // relative to the module, slashes
	dir     string // path.Dir(path): the package, "." at the top
	lines   int
	test    bool
	imports []string
	ast     *ast.File // with bodies and comments
}

// tree is the module's own Go files, read once.
type tree struct {
	root   string
	module string // path of the module
	gomod  string
	set    *token.FileSet
	files  []*file
}

// readTree reads the module at root. Nested modules, testdata, vendor and
// hidden directories are not part of it.
func readTree(root string) (*tree, error) {
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("reading the module: %w", err)
	}
	t := &tree{root: root, gomod: string(gomod), set: token.NewFileSet()}
	for line := range strings.Lines(t.gomod) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			t.module = strings.TrimSpace(name)
		}
	}
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // an editor's temporary file
			return nil
		case err != nil:
			return err
		case d.IsDir():
			return t.enter(name, d.Name())
		case filepath.Ext(name) != ".go":
			return nil
		}
		return t.read(name)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sources: %w", err)
	}
	return t, nil
}

func (t *tree) enter(name, base string) error {
	if name == t.root {
		return nil
	}
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return filepath.SkipDir
	}
	if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
		return filepath.SkipDir
	}
	return nil
}

func (t *tree) read(name string) error {
	rel, err := filepath.Rel(t.root, name)
	if err != nil {
		return err
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.set, filepath.ToSlash(rel), src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f := &file{
		path: filepath.ToSlash(rel), dir: path.Dir(filepath.ToSlash(rel)), lines: bytes.Count(src, []byte{'\n'}),
		test: strings.HasSuffix(rel, "_test.go"), ast: parsed,
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		f.imports = append(f.imports, imported)
	}
	t.files = append(t.files, f)
	return nil
}

// ours returns the directory of an import of this module.
func (t *tree) ours(imported string) (dir string, ok bool) {
	if imported == t.module {
		return ".", true
	}
	return strings.CutPrefix(imported, t.module+"/")
}

// within reports whether a directory is one of the trees, or below one.
func within(dir string, trees ...string) bool {
	return slices.ContainsFunc(trees, func(t string) bool { return dir == t || strings.HasPrefix(dir, t+"/") })
}
