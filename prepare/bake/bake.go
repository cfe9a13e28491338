// Package bake says what goes into the ci image: it lists the files of the
// sources, hashes them, and writes the build context that holds them.
//
// Of a git repository, what git tracks goes in, as it is in the working tree:
// neither .git nor what git ignores, such as an environment file, nor what
// nobody has added. Of another directory everything goes in but what belongs to
// devpm. Modes and owners of the machine do not: a file is executable or not.
//
// The package builds no image and chooses no source.
package bake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/git"
)

// SourceError is a source that cannot be read.
type SourceError struct {
	Source prepare.SourceFolder
	Name   string // of the file below it; "" for the source itself
	Err    error
}

// Error names the file and what the system said.
func (e *SourceError) Error() string {
	return fmt.Sprintf("reading %s: %v", filepath.Join(e.Source.Dir, filepath.FromSlash(e.Name)), e.Err)
}

// Unwrap returns what the system said.
func (e *SourceError) Unwrap() error { return e.Err }

// ErrMoved says that the sources are not what they were when their identity
// was taken.
var ErrMoved = errors.New("the sources changed meanwhile")

// Identity hashes everything that the image is built from: names, content, the
// execute bit, targets of links. The error is a *SourceError.
func Identity(image *prepare.CIImage) (string, error) { return carry(image, nil) }

// Write puts the build context in the place of the one before. The error is
// ErrMoved, and the one before stays, when the sources have another identity by
// now than the image says: the image would be marked with what it is not.
func Write(tree *fsx.Tree, image *prepare.CIImage) error {
	return tree.ReplaceDirectory(prepare.CIContext, func(into *os.Root) error {
		identity, err := carry(image, into)
		if err == nil && identity != image.Identity {
			err = ErrMoved
		}
		return err
	})
}

// carry goes through everything in one order, hashes it, and copies it when
// there is a directory to copy it into.
func carry(image *prepare.CIImage, into *os.Root) (identity string, err error) {
	sum := sha256.New()
	c := carrier{into: into, there: map[string]bool{}}
	files := slices.Clone(image.Files)
	slices.SortFunc(files, func(a, b prepare.File) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range files {
		line, err := c.file(f.Path, f.Mode&0o111 != 0, strings.NewReader(string(f.Content)))
		if err != nil {
			return "", err
		}
		io.WriteString(sum, line)
	}
	for _, source := range image.Sources {
		fmt.Fprintf(sum, "source %q\n", source.To)
		if err := c.source(source, sum); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// carrier copies into a directory, or only hashes.
type carrier struct {
	into  *os.Root // nil: only hash
	there map[string]bool
}

// source carries what Files lists. A file that git tracks and that is gone from
// the working tree is left out.
func (c *carrier) source(source prepare.SourceFolder, sum io.Writer) error {
	fail := func(name string, err error) error { return &SourceError{source, name, err} }
	names, err := Files(source.Dir)
	if err != nil {
		return fail("", err)
	}
	root, err := os.OpenRoot(source.Dir)
	if err != nil {
		return fail("", err)
	}
	defer root.Close()
	if c.into != nil { // also where it holds nothing: the Dockerfile names it
		if err := c.directory(source.To); err != nil {
			return err
		}
	}
	for _, name := range names {
		to := path.Join(source.To, name)
		info, err := root.Lstat(filepath.FromSlash(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fail(name, err)
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := root.Readlink(filepath.FromSlash(name))
			if err != nil {
				return fail(name, err)
			}
			if err := c.link(to, target); err != nil {
				return err
			}
			fmt.Fprintf(sum, "link %q %q\n", to, target)
			continue
		case !info.Mode().IsRegular():
			continue // a socket or pipe is no source; a directory is in the names of its files
		}
		f, info, err := fsx.OpenRegular(root, name)
		if err != nil {
			return fail(name, err)
		}
		line, err := c.file(to, info.Mode()&0o111 != 0, f)
		f.Close()
		if err != nil {
			return err
		}
		io.WriteString(sum, line)
	}
	return nil
}

// file copies one file and returns the line that stands for it.
func (c *carrier) file(name string, executable bool, from io.Reader) (line string, err error) {
	sum := sha256.New()
	line = fmt.Sprintf("file %q %t ", name, executable)
	if c.into == nil {
		_, err = io.Copy(sum, from)
		return line + hex.EncodeToString(sum.Sum(nil)) + "\n", err
	}
	if err := c.directory(path.Dir(name)); err != nil {
		return "", err
	}
	mode := fs.FileMode(0o644)
	if executable {
		mode = 0o755
	}
	to, err := c.into.OpenFile(filepath.FromSlash(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.MultiWriter(to, sum), from)
	err = errors.Join(err, to.Chmod(mode), to.Close()) // whatever the umask
	return line + hex.EncodeToString(sum.Sum(nil)) + "\n", err
}

func (c *carrier) link(name, target string) error {
	if c.into == nil {
		return nil
	}
	if err := c.directory(path.Dir(name)); err != nil {
		return err
	}
	return c.into.Symlink(target, filepath.FromSlash(name))
}

// directory makes a directory of the context and its parents, open to the
// image's user whatever the umask: the image keeps these modes.
func (c *carrier) directory(name string) error {
	if name == "." || c.there[name] {
		return nil
	}
	if err := c.directory(path.Dir(name)); err != nil {
		return err
	}
	native := filepath.FromSlash(name)
	if err := c.into.Mkdir(native, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	c.there[name] = true
	return c.into.Chmod(native, 0o755)
}

// apart never goes into an image, from whatever source: what is git's, and what
// devpm keeps values of its user and secrets in.
var apart = []string{".git", prepare.StateDir, ".env", "user_settings.json"}

// made is what devpm leaves in a project that is a source as well.
var made = []string{"odoo.conf", "data", ".venv", "dependencies", "service-sources", "docker-compose.yml"}

// Files lists what of a directory goes into the image, sorted, with slashes.
func Files(dir string) ([]string, error) {
	names, repository, err := git.Tracked(dir)
	if err == nil && !repository {
		names, err = everything(dir)
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return slices.Contains(apart, part) })
	}), nil
}

// everything lists the files of a directory that git does not know.
func everything(dir string) ([]string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	_, err = root.Lstat("odpm.json")
	project := err == nil
	var names []string
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case slices.Contains(apart, d.Name()), project && slices.Contains(made, name):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.IsDir():
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}
