// Package undo remembers what an `up` creates, while it creates it, and takes
// just that back.
//
// A Ledger notes each effect before it happens, with what was there before; a
// file that is replaced is kept as a copy. It lives in devpm's state directory,
// not in the project, until an `up` succeeds: runs that continue a failed one
// add to it. Undo compares the notes with the world as it is now, so it may be
// cut off and run again.
//
// The package undoes no hook: what a program did is not known. It chooses no
// step of a run and starts no container.
package undo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/devpm/devpm/internal/fsx"
)

// The names in a project's state directory.
const (
	ledgerName = "undo.jsonl"
	keptName   = "undo" // directory of copies, named by their hash
)

// The kinds of notes. Those that are exported are also the kinds of items.
const (
	KindContainer  = "container"
	KindNetwork    = "network"
	KindVolume     = "volume"
	KindImage      = "image"
	KindRepository = "repository"
	KindFile       = "file"
	KindDirectory  = "directory"
	KindLink       = "link"
	KindHooks      = "hooks"
	KindExtension  = "extension"

	kindEngine    = "engine"     // what the project had before the first start
	kindCloned    = "cloned"     // the commit that a clone ended at
	kindNotCloned = "not cloned" // a clone that came to nothing
	kindMoved     = "moved"      // a repository that was here and got another commit
)

// note is one line of the ledger.
type note struct {
	Kind   string `json:"kind"`
	Path   string `json:"path,omitempty"` // relative to the project with slashes, or absolute
	Before *was   `json:"before,omitempty"`
	After  string `json:"after,omitempty"`  // a file's hash as written; "" when it was removed
	Target string `json:"target,omitempty"` // a link's
	Folder bool   `json:"folder,omitempty"` // a directory that containers write to
	Head   string `json:"head,omitempty"`   // a repository's commit
	Old    string `json:"old,omitempty"`    // the commit before it was moved

	Name    string     `json:"name,omitempty"` // of an image, a hook phase
	ID      string     `json:"id,omitempty"`   // of an image before; "" when there was none
	Project string     `json:"project,omitempty"`
	Unseen  bool       `json:"unseen,omitempty"` // the engine could not be asked
	Had     *Resources `json:"had,omitempty"`
}

// was is what stood at a path: a regular file with a kept copy, or a link.
type was struct {
	Hash string      `json:"hash,omitempty"`
	Mode fs.FileMode `json:"mode,omitempty"`
	Link string      `json:"link,omitempty"`
}

// Resources is what an engine has under a project's name.
type Resources struct {
	Containers []Resource `json:"containers"`
	Networks   []Resource `json:"networks"`
	Volumes    []Resource `json:"volumes"`
}

// Resource is one container, network or volume.
type Resource struct {
	ID   string `json:"id"` // a volume's is its name
	Name string `json:"name"`
}

// Ledger is the record of an unfinished run, open for more. Its methods may be
// called from several goroutines. They return an error when nothing could be
// noted; the effect must not happen then.
type Ledger struct {
	state string
	root  *os.Root // the project

	mu   sync.Mutex
	file *os.File
	kept map[string]bool
}

// Open begins a ledger, or goes on with the one of a run that did not succeed.
// The caller holds the project's lock.
func Open(stateDir, projectDir string) (*Ledger, error) {
	fail := func(err error) (*Ledger, error) { return nil, fmt.Errorf("recording what the run makes: %w", err) }
	path := filepath.Join(stateDir, ledgerName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		// Copies without a ledger were left by a Forget that was cut off.
		if err := os.RemoveAll(filepath.Join(stateDir, keptName)); err != nil {
			return fail(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(stateDir, keptName), 0o700); err != nil {
		return fail(err)
	}
	root, err := os.OpenRoot(projectDir)
	if err != nil {
		return fail(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		err = endLine(f)
	}
	if err != nil {
		return fail(errors.Join(err, root.Close()))
	}
	return &Ledger{state: stateDir, root: root, file: f, kept: map[string]bool{}}, nil
}

// endLine ends a line that a killed run left unfinished. What it stood for has
// not happened.
func endLine(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = f.Write([]byte{'\n'})
	return err
}

// Close ends the recording; the ledger stays.
func (l *Ledger) Close() error { return errors.Join(l.file.Close(), l.root.Close()) }

// add writes one note. It is not synced: the kernel keeps it when only devpm
// dies, as it does the journal's actions.
func (l *Ledger) add(n note) error {
	line, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("recording %s: %w", n.Path, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("recording %s: %w", n.Path, err)
	}
	return nil
}

// keep copies content that is about to be replaced.
func (l *Ledger) keep(content []byte) (hash string, err error) {
	hash = hashOf(content)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept[hash] {
		return hash, nil
	}
	if err := fsx.WriteFileAtomic(filepath.Join(l.state, keptName, hash), content, 0o600); err != nil {
		return "", err
	}
	l.kept[hash] = true
	return hash, nil
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Forget drops the ledger: the run has succeeded, or has been undone.
func Forget(stateDir string) error {
	err := os.Remove(filepath.Join(stateDir, ledgerName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, os.RemoveAll(filepath.Join(stateDir, keptName)))
}

// read returns the notes of a ledger; without one there are none. A line that
// was cut off stands for nothing.
func read(stateDir string) ([]note, error) {
	text, err := os.ReadFile(filepath.Join(stateDir, ledgerName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what the run made: %w", err)
	}
	var notes []note
	for line := range bytes.Lines(text) {
		var n note
		if json.Unmarshal(line, &n) == nil && n.Kind != "" {
			notes = append(notes, n)
		}
	}
	return notes, nil
}
