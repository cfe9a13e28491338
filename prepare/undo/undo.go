package undo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/internal/fsx"
)

// Engine is what Undo asks of the container engine. Removing what is gone
// already is no error.
type Engine interface {
	Resources(ctx context.Context, project string) (Resources, error)
	RemoveContainer(ctx context.Context, id string) error
	RemoveNetwork(ctx context.Context, id string) error
	RemoveVolume(ctx context.Context, name string) error
	// ImageID is what an image's name means; "" when nothing.
	ImageID(ctx context.Context, name string) (string, error)
	// RestoreImage gives the name back to an image, or takes it away when id is "".
	RestoreImage(ctx context.Context, name, id string) error
}

// Git looks at repositories and takes them away.
type Git interface {
	// Work says what a repository holds that is not of its origin: local
	// changes, commits, stashes, or another commit than head (unless that is
	// ""); "" when nothing would be lost with it.
	Work(ctx context.Context, dir, head string) (string, error)
	// Beside looks for what devpm made next to a repository: clones that were
	// begun, and its lock, "" when there is none.
	Beside(dir string) (unfinished bool, lock string)
	// Remove takes a repository away with what is beside it.
	Remove(dir string) error
}

// Action is what becomes of an item.
type Action string

// The actions.
const (
	Removed  Action = "removed"
	Restored Action = "restored"
	Left     Action = "left" // Reason says why
)

// Item is one thing that an unfinished run made or replaced.
type Item struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Action Action `json:"action"`
	Reason string `json:"reason"`
	Err    error  `json:"-"` // why it could not be done
}

// Undoer takes an unfinished run back. The caller holds the project's lock.
type Undoer struct {
	StateDir   string
	ProjectDir string
	Engine     Engine // nil: it cannot be reached now
	Git        Git
	// Note is told what is about to be done; it may be nil.
	Note func(Item)
	// Sleep waits between two looks at the engine; nil: not at all.
	Sleep func(ctx context.Context, d time.Duration) error
}

// task is an item and how it is done. A task without do only says something.
type task struct {
	Item
	do func(ctx context.Context, item *Item) error
}

// Made lists what Undo would do now. Nothing is changed. An empty list says
// that the last run succeeded, made nothing, or was undone.
func (u *Undoer) Made(ctx context.Context) ([]Item, error) {
	root, err := os.OpenRoot(u.ProjectDir)
	if err != nil {
		return nil, fmt.Errorf("opening the project: %w", err)
	}
	defer root.Close()
	tasks, err := u.tasks(ctx, root)
	items := make([]Item, len(tasks))
	for i, t := range tasks {
		items[i] = t.Item
	}
	return items, err
}

// An engine finishes a request whose client was killed, and lists what it makes
// only when it is made: a network takes a tenth of a second, on a busy machine
// several. A run that was undone too early would leave it for ever, since to the
// next run it was there before. So Undo looks on until the engine was quiet.
const (
	quietLooks = 10                     // so many looks in a row that find nothing new
	lookPause  = 200 * time.Millisecond // between two of them
	mostLooks  = 200                    // in all: something makes it again and again
)

// Undo takes everything back and returns what became of each item; an item that
// failed has Err, and running Undo again tries it again. Only when none failed
// is the record dropped.
func (u *Undoer) Undo(ctx context.Context) ([]Item, error) {
	root, err := os.OpenRoot(u.ProjectDir)
	if err != nil {
		return nil, fmt.Errorf("opening the project: %w", err)
	}
	defer root.Close()
	if err := u.removeLeftovers(); err != nil {
		return nil, err
	}
	notes, err := read(u.StateDir)
	if err != nil {
		return nil, err
	}
	wanted := 1
	if u.Engine != nil && slices.ContainsFunc(notes, func(n note) bool { return n.Kind == kindEngine || n.Kind == KindImage }) {
		wanted = quietLooks
	}
	var out []Item
	for look, quiet := 0, 0; quiet < wanted && look < mostLooks; look++ {
		if quiet > 0 && u.Sleep != nil {
			if err := u.Sleep(ctx, lookPause); err != nil {
				return out, err
			}
		}
		tasks, err := u.tasks(ctx, root)
		if err != nil {
			return out, err
		}
		if !slices.ContainsFunc(tasks, func(t task) bool { return isNew(t, out) }) {
			quiet++
			continue
		}
		quiet = 0
		for _, t := range tasks {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			out = u.carryOut(ctx, t, out)
		}
	}
	if slices.ContainsFunc(out, func(i Item) bool { return i.Err != nil }) {
		return out, nil
	}
	return out, Forget(u.StateDir)
}

// of is where a task's item stands among those that were dealt with, or -1.
func of(t task, done []Item) int {
	return slices.IndexFunc(done, func(i Item) bool { return i.Kind == t.Kind && i.Name == t.Name })
}

// isNew reports whether a task was not there before, or is there again although
// it was done.
func isNew(t task, done []Item) bool {
	i := of(t, done)
	return i < 0 || done[i].Err == nil && done[i].Action != Left
}

// carryOut does a task, unless it was left for a reason already, and keeps what
// became of it. One that failed is tried again: what stood in its way, such as a
// container on a network, may have gone.
func (u *Undoer) carryOut(ctx context.Context, t task, done []Item) []Item {
	at := of(t, done)
	if at >= 0 && done[at].Err == nil && done[at].Action == Left {
		return done
	}
	item := t.Item
	if t.do != nil {
		if u.Note != nil {
			u.Note(item)
		}
		item.Err = t.do(ctx, &item)
	}
	if at >= 0 {
		done[at] = item
		return done
	}
	return append(done, item)
}

// removeLeftovers deletes temporary files of a killed run.
func (u *Undoer) removeLeftovers() error {
	notes, err := read(u.StateDir)
	if err != nil {
		return err
	}
	dirs := []string{"."}
	for _, n := range notes {
		if dir := slashDir(n.Path); (n.Kind == KindFile || n.Kind == KindLink) && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	tree, err := fsx.OpenTree(u.ProjectDir)
	if err != nil {
		return err
	}
	defer tree.Close()
	for _, dir := range dirs {
		err := tree.RemoveLeftovers(dir)
		if errors.Is(err, fsx.ErrUnderFile) || errors.Is(err, fsx.ErrLeadsOut) {
			continue // something of the user's is in its place now
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tasks compares the ledger with the world: what belongs to the engine first,
// since containers use files, then paths, the newest first, then what cannot be
// taken back.
func (u *Undoer) tasks(ctx context.Context, root *os.Root) ([]task, error) {
	notes, err := read(u.StateDir)
	if err != nil || len(notes) == 0 {
		return nil, err
	}
	out, err := u.engineTasks(ctx, notes)
	if err != nil {
		return nil, err
	}
	p := &paths{undoer: u, root: root}
	out = append(out, p.tasks(ctx, notes)...)
	return append(out, lasting(notes)...), nil
}

// lasting are the effects that nothing takes back, by name.
func lasting(notes []note) []task {
	var out []task
	var phases, steps []string
	for _, n := range notes {
		switch {
		case n.Kind == KindHooks && !slices.Contains(phases, n.Name):
			phases = append(phases, n.Name)
		case n.Kind == KindExtension && !slices.Contains(steps, n.Name):
			steps = append(steps, n.Name)
		case n.Kind == kindMoved:
			out = append(out, task{Item: Item{Kind: KindRepository, Name: n.Path, Action: Left,
				Reason: fmt.Sprintf("was moved from %s to %s; `git -C %s checkout %s` moves it back", short(n.Old), short(n.Head), n.Path, short(n.Old))}})
		}
	}
	if len(phases) > 0 {
		out = append(out, task{Item: Item{Kind: KindHooks, Name: strings.Join(phases, ", "), Action: Left, Reason: "what hooks did is not known to devpm"}})
	}
	if len(steps) > 0 {
		out = append(out, task{Item: Item{Kind: KindExtension, Name: strings.Join(steps, ", "), Action: Left, Reason: "what steps of extensions did is not known to devpm"}})
	}
	return out
}

func short(commit string) string { return commit[:min(len(commit), 10)] }
