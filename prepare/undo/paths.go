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

	"github.com/devpm/devpm/internal/fsx"
)

// paths takes back what is on the disk: files, links, directories, clones.
type paths struct {
	undoer *Undoer
	root   *os.Root
	left   []string // absolute paths of what stays
	clones []string // absolute paths of repositories that go
}

// history is all that runs did at one path: what was there before, and every
// content that they wrote, since a killed run may have left any of them.
type history struct {
	note
	hashes    []string
	targets   []string
	notCloned bool // what is there is not a run's
}

// made reports whether what stood at the path before a run is what an earlier
// one made there.
func (h *history) made(before was) bool {
	return before.Link == "" && slices.Contains(h.hashes, before.Hash) || before.Link != "" && slices.Contains(h.targets, before.Link)
}

func (p *paths) tasks(ctx context.Context, notes []note) []task {
	var order []*history
	at := map[string]*history{}
	for _, n := range notes {
		switch n.Kind {
		case KindFile, KindLink, KindDirectory, KindRepository, kindCloned, kindNotCloned:
		default:
			continue
		}
		h := at[n.Path]
		switch {
		case h == nil && (n.Kind == kindCloned || n.Kind == kindNotCloned):
			continue
		case h == nil:
			h = &history{note: n}
			at[n.Path], order = h, append(order, h)
		case n.Before != nil && !h.made(*n.Before):
			h.Before = n.Before // it was the user's again, between two runs
		}
		h.notCloned = n.Kind == kindNotCloned
		h.Folder = h.Folder || n.Folder
		if n.After != "" {
			h.hashes = append(h.hashes, n.After)
		}
		if n.Target != "" {
			h.targets = append(h.targets, n.Target)
		}
		if n.Kind == kindCloned {
			h.Head = n.Head
		}
	}
	var out []task
	for _, h := range slices.Backward(order) {
		var t *task
		switch h.Kind {
		case KindDirectory:
			t = p.directory(h)
		case KindRepository:
			t = p.repository(ctx, h)
		default:
			t = p.file(h)
		}
		if t == nil {
			continue
		}
		switch path := p.absolute(h.Path); {
		case t.Action == Left:
			p.left = append(p.left, path)
		case h.Kind == KindRepository:
			p.clones = append(p.clones, path)
		}
		out = append(out, *t)
	}
	return out
}

// file is nil when the path is as it was before the run.
func (p *paths) file(h *history) *task {
	native := filepath.FromSlash(h.Path)
	t := &task{Item: Item{Kind: h.Kind, Name: h.Path, Action: Removed}}
	if h.Before != nil {
		t.Action = Restored
	}
	left := func(reason string) *task {
		t.Action, t.Reason = Left, reason
		return t
	}
	info, err := p.root.Lstat(native)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if h.Before == nil {
			return nil
		}
	case err != nil:
		return left("it cannot be looked at: " + err.Error())
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := p.root.Readlink(native)
		if err != nil {
			return left("it cannot be looked at: " + err.Error())
		}
		if h.Before != nil && h.Before.Link == target {
			return nil
		}
		if !slices.Contains(h.targets, target) {
			return left("it was replaced since")
		}
	case info.Mode().IsRegular():
		content, err := p.root.ReadFile(native)
		if err != nil {
			return left("it cannot be read: " + err.Error())
		}
		hash := hashOf(content)
		if h.Before != nil && h.Before.Hash == hash && h.Before.Mode == info.Mode().Perm() {
			return nil
		}
		if !slices.Contains(h.hashes, hash) {
			return left("it was changed since")
		}
	default:
		return left("it was replaced since")
	}
	t.do = func(context.Context, *Item) error { return p.restore(h) }
	return t
}

// restore puts back what was at a path.
func (p *paths) restore(h *history) error {
	tree, err := fsx.OpenTree(p.undoer.ProjectDir)
	if err != nil {
		return err
	}
	defer tree.Close()
	switch {
	case h.Before == nil:
		return tree.RemoveFile(h.Path)
	case h.Before.Link != "":
		// MakeLink never replaces a file, and what stands here is the run's own.
		if err := tree.RemoveFile(h.Path); err != nil {
			return err
		}
		return tree.MakeLink(h.Path, h.Before.Link)
	}
	content, err := os.ReadFile(filepath.Join(p.undoer.StateDir, keptName, h.Before.Hash))
	if err != nil {
		return fmt.Errorf("reading the copy that was kept: %w", err)
	}
	return tree.WriteFile(h.Path, content, h.Before.Mode)
}

// directory removes one that the run made. A folder of the project's that
// containers write to goes with what is in it, as a volume does, but for what
// stays and for repositories of others; any other only when it is empty.
func (p *paths) directory(h *history) *task {
	t := &task{Item: Item{Kind: KindDirectory, Name: h.Path, Action: Removed}}
	if p.inside(h.Path) {
		t.Name = filepath.ToSlash(p.relative(h.Path))
	}
	info, err := p.lstat(h.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !info.IsDir() {
		t.Action, t.Reason = Left, "it was replaced since"
		return t
	}
	whole := h.Folder && p.inside(h.Path) && !slices.ContainsFunc(p.left, func(path string) bool { return below(p.absolute(h.Path), path) })
	if whole && p.holdsRepository(h.Path) {
		t.Action, t.Reason = Left, "it holds a git repository that this run did not make"
		return t
	}
	if n := p.entries(h.Path); whole && n > 0 {
		t.Reason = fmt.Sprintf("with %d entries in it", n)
	}
	t.do = func(_ context.Context, item *Item) error {
		if whole {
			return p.root.RemoveAll(p.relative(h.Path))
		}
		err := p.remove(h.Path)
		if err != nil && p.entries(h.Path) > 0 {
			item.Action, item.Reason = Left, "it is not empty"
			return nil
		}
		return err
	}
	return t
}

// repository removes a clone that nobody has worked in, or what a clone that
// was cut off left beside its place.
func (p *paths) repository(ctx context.Context, h *history) *task {
	t := &task{Item: Item{Kind: KindRepository, Name: h.Path, Action: Removed}}
	left := func(reason string) *task {
		t.Action, t.Reason = Left, reason
		return t
	}
	_, err := os.Lstat(h.Path)
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case p.undoer.Git == nil && absent, h.notCloned && !absent:
		return nil
	case p.undoer.Git == nil:
		return left("it cannot be looked at")
	case absent:
		unfinished, lock := p.undoer.Git.Beside(h.Path)
		switch {
		case unfinished:
			t.Reason = "it was not finished"
		case lock != "":
			t.Kind, t.Name = KindFile, lock
		default:
			return nil
		}
	default:
		work, err := p.undoer.Git.Work(ctx, h.Path, h.Head)
		switch {
		case err != nil:
			return left("it cannot be looked at: " + err.Error())
		case work != "":
			return left(work)
		}
	}
	t.do = func(context.Context, *Item) error { return p.undoer.Git.Remove(h.Path) }
	return t
}

// relative is a path as the project's root takes it.
func (p *paths) relative(name string) string {
	if !filepath.IsAbs(name) {
		return filepath.FromSlash(name)
	}
	rel, err := filepath.Rel(p.undoer.ProjectDir, name)
	if err != nil {
		return name
	}
	return rel
}

func (p *paths) inside(name string) bool {
	return filepath.IsLocal(p.relative(name)) && p.relative(name) != "."
}

func (p *paths) lstat(name string) (fs.FileInfo, error) {
	if p.inside(name) {
		return p.root.Lstat(p.relative(name))
	}
	return os.Lstat(name)
}

func (p *paths) remove(name string) error {
	if p.inside(name) {
		return p.root.Remove(p.relative(name))
	}
	return os.Remove(name)
}

// entries counts what is directly in a directory.
func (p *paths) entries(name string) int {
	found, err := os.ReadDir(p.absolute(name))
	if err != nil {
		return 0
	}
	return len(found)
}

// holdsRepository reports whether somebody else's git repository lies in a
// folder, however deep.
func (p *paths) holdsRepository(name string) bool {
	found := false
	_ = filepath.WalkDir(p.absolute(name), func(path string, d fs.DirEntry, err error) error { // it fails at nothing
		switch {
		case err != nil || d.Name() != ".git":
			return nil // what cannot be looked at is nobody's work
		case !slices.Contains(p.clones, filepath.Dir(path)):
			found = true
			return fs.SkipAll
		}
		return fs.SkipDir
	})
	return found
}

// absolute is a path of a note as the system takes it.
func (p *paths) absolute(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(p.undoer.ProjectDir, filepath.FromSlash(name))
}

// below reports whether a path lies in a directory.
func below(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != "." && filepath.IsLocal(rel)
}

func slashDir(name string) string { return path.Dir(filepath.ToSlash(name)) }
