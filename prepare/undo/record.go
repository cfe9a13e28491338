package undo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare/apply"
)

// Files records each change below the project, then makes it.
func (l *Ledger) Files(to apply.Files) apply.Files { return recordedFiles{to, l} }

type recordedFiles struct {
	apply.Files
	ledger *Ledger
}

func (f recordedFiles) WriteFile(name string, content []byte, mode fs.FileMode) error {
	if err := f.ledger.path(note{Kind: KindFile, Path: name, After: hashOf(content)}); err != nil {
		return err
	}
	return f.Files.WriteFile(name, content, mode)
}

func (f recordedFiles) RemoveFile(name string) error {
	if err := f.ledger.path(note{Kind: KindFile, Path: name}); err != nil {
		return err
	}
	return f.Files.RemoveFile(name)
}

func (f recordedFiles) MakeLink(name, target string) error {
	if err := f.ledger.path(note{Kind: KindLink, Path: name, Target: target}); err != nil {
		return err
	}
	return f.Files.MakeLink(name, target)
}

func (f recordedFiles) MakeDirectory(name string, mode fs.FileMode) error {
	if err := f.ledger.directories(name, true); err != nil {
		return err
	}
	return f.Files.MakeDirectory(name, mode)
}

// Folder notes that a directory of devpm's own is about to be made, or replaced;
// one that was there already stays.
func (l *Ledger) Folder(name string) error { return l.directories(name, true) }

// Manifest notes that the manifest is about to be replaced. One behind a link
// is not the project's to restore.
func (l *Ledger) Manifest(name string, content []byte) error {
	return l.path(note{Kind: KindFile, Path: name, After: hashOf(content)})
}

// path notes what stands at a path below the project, and the directories that
// making it will make. What cannot be looked at cannot be changed either: the
// effect says why.
func (l *Ledger) path(n note) error {
	native := filepath.FromSlash(n.Path)
	info, err := l.root.Lstat(native)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if n.Kind == KindFile && n.After == "" {
			return nil
		}
		if err := l.directories(path.Dir(n.Path), false); err != nil {
			return err
		}
	case err != nil:
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := l.root.Readlink(native)
		if err != nil {
			return fmt.Errorf("recording %s: %w", n.Path, err)
		}
		n.Before = &was{Link: target}
	case info.Mode().IsRegular():
		content, err := l.root.ReadFile(native)
		if err != nil {
			return fmt.Errorf("keeping a copy of %s: %w", n.Path, err)
		}
		hash, err := l.keep(content)
		if err != nil {
			return fmt.Errorf("keeping a copy of %s: %w", n.Path, err)
		}
		n.Before = &was{Hash: hash, Mode: info.Mode().Perm()}
	default:
		return nil
	}
	return l.add(n)
}

// directories notes a directory and its parents, as far as they are missing.
func (l *Ledger) directories(name string, folder bool) error {
	exists := func(dir string) bool {
		_, err := l.lstat(dir)
		return !errors.Is(err, fs.ErrNotExist)
	}
	if exists(name) {
		return nil
	}
	missing := []string{name}
	for dir := path.Dir(filepath.ToSlash(name)); dir != "." && path.Dir(dir) != dir && !exists(dir); dir = path.Dir(dir) {
		missing = append(missing, dir)
	}
	for i, dir := range slices.Backward(missing) {
		if err := l.add(note{Kind: KindDirectory, Path: dir, Folder: folder && i == 0}); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) lstat(name string) (fs.FileInfo, error) {
	if filepath.IsAbs(name) {
		return os.Lstat(name)
	}
	return l.root.Lstat(filepath.FromSlash(name))
}

// Hooks records which hooks are run; what they do is not known.
func (l *Ledger) Hooks(to apply.Hooks) apply.Hooks { return recordedHooks{to, l} }

type recordedHooks struct {
	apply.Hooks
	ledger *Ledger
}

func (h recordedHooks) Run(ctx context.Context, phase string, entries []manifest.HookEntry) error {
	if err := h.ledger.add(note{Kind: KindHooks, Name: phase}); err != nil {
		return err
	}
	return h.Hooks.Run(ctx, phase, entries)
}

// Extensions records which steps of extensions are carried out; what they do is
// not known.
func (l *Ledger) Extensions(to apply.Extensions) apply.Extensions { return recordedExtensions{to, l} }

type recordedExtensions struct {
	apply.Extensions
	ledger *Ledger
}

func (e recordedExtensions) Execute(ctx context.Context, extension, step string) error {
	if err := e.ledger.add(note{Kind: KindExtension, Name: step}); err != nil {
		return err
	}
	return e.Extensions.Execute(ctx, extension, step)
}

// Clone notes that a directory is about to become a repository, when nothing is
// there yet; cloned says so.
func (l *Ledger) Clone(dir string) (cloned bool, err error) {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err := l.directories(filepath.ToSlash(filepath.Dir(dir)), false); err != nil {
		return false, err
	}
	return true, l.add(note{Kind: KindRepository, Path: dir})
}

// Cloned notes the commit that a new repository stands at.
func (l *Ledger) Cloned(dir, head string) error {
	return l.add(note{Kind: kindCloned, Path: dir, Head: head})
}

// NotCloned notes that a directory did not become a repository: whatever is
// there later is not this run's.
func (l *Ledger) NotCloned(dir string) error { return l.add(note{Kind: kindNotCloned, Path: dir}) }

// Moved notes that a repository that was there got another commit.
func (l *Ledger) Moved(dir, from, to string) error {
	return l.add(note{Kind: kindMoved, Path: dir, Old: from, Head: to})
}

// Start notes what the engine has under the project's name before services are
// started; nil when it could not be asked.
func (l *Ledger) Start(project string, had *Resources) error {
	return l.add(note{Kind: kindEngine, Project: project, Had: had, Unseen: had == nil})
}

// Image notes an image that is about to be built, and the id that its name has
// before; "" when it has none.
func (l *Ledger) Image(name, id string) error {
	return l.add(note{Kind: KindImage, Name: name, ID: id})
}
