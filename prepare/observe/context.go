package observe

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/prepare/saved"
)

// BuildIdentity hashes what an image is built from: the Dockerfile, every file
// of the context that .dockerignore lets in (name, kind, execute bit, content),
// and settings, which is whatever else decides (arguments, target). devpm's own
// files do not count, nor do directories without files, which `up` makes for
// mounts. It follows no symbolic link; a link counts by its target's name, as
// it does for the engine. dockerfile is relative to the context or absolute;
// "" is the context's Dockerfile.
func BuildIdentity(context, dockerfile string, settings []byte) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "settings %d\n", len(settings))
	sum.Write(settings)
	if dockerfile == "" {
		dockerfile = "Dockerfile"
	}
	full := dockerfile
	if !filepath.IsAbs(full) {
		full = filepath.Join(context, filepath.FromSlash(dockerfile))
	}
	if info, err := os.Stat(full); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("reading %s: it is no file", full) // a pipe or device might never end
	}
	if err := hashFile(sum, "dockerfile", os.DirFS(filepath.Dir(full)), filepath.Base(full)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading %s: %w", full, err)
	}
	root, err := os.OpenRoot(context)
	if err != nil {
		return "", fmt.Errorf("reading the build context: %w", err)
	}
	defer root.Close()
	ignored, err := readIgnore(root, full)
	if err != nil {
		return "", err
	}
	own := ownFiles(root)
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if slices.Contains(own, name) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		out, err := ignored.MatchesOrParentMatches(name)
		switch {
		case err != nil:
			return err
		case out && d.IsDir() && !ignored.Exclusions():
			return fs.SkipDir
		case out:
			return nil
		}
		return hashEntry(sum, root, name, d)
	})
	if err != nil {
		return "", fmt.Errorf("reading the build context: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// ownFiles names what devpm writes itself in a context that is a project. It
// changes with every run, and is no reason to build again.
func ownFiles(root *os.Root) []string {
	if _, err := root.Lstat("odpm.json"); err != nil {
		return nil
	}
	return []string{".odpm", "docker-compose.yml"}
}

// readIgnore reads the patterns that keep files out of the context:
// <Dockerfile>.dockerignore, else .dockerignore.
func readIgnore(root *os.Root, dockerfile string) (*patternmatcher.PatternMatcher, error) {
	var text io.ReadCloser
	var err error
	if info, statErr := os.Stat(dockerfile + ".dockerignore"); statErr == nil && info.Mode().IsRegular() {
		text, err = os.Open(dockerfile + ".dockerignore")
	} else {
		text, _, err = fsx.OpenRegular(root, ".dockerignore")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return patternmatcher.New(nil)
	}
	if err != nil {
		return nil, fmt.Errorf("reading .dockerignore: %w", err)
	}
	defer text.Close()
	patterns, err := ignorefile.ReadAll(text)
	if err != nil {
		return nil, fmt.Errorf("reading .dockerignore: %w", err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf("reading .dockerignore: %w", err)
	}
	return matcher, nil
}

func hashEntry(sum hash.Hash, root *os.Root, name string, d fs.DirEntry) error {
	switch {
	case d.IsDir():
		return nil
	case d.Type()&fs.ModeSymlink != 0:
		target, err := root.Readlink(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "link %s %s\n", name, target)
		return nil
	case !d.Type().IsRegular():
		return nil // sockets and devices take no part in a build
	}
	return hashFile(sum, "file", root.FS(), path.Clean(name))
}

func hashFile(sum hash.Hash, kind string, fsys fs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, 64)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if saved.Is(head[:n]) {
		return nil // a plan that was saved here is no part of what it plans to build
	}
	fmt.Fprintf(sum, "%s %s %t %d\n", kind, name, info.Mode()&0o111 != 0, info.Size())
	sum.Write(head[:n])
	_, err = io.Copy(sum, f)
	return err
}
