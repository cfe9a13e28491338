package fsx

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Holder says who holds a lock.
type Holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// HeldError reports that another process holds the lock. Holder is zero when
// that process has not yet written who it is.
type HeldError struct {
	Path   string
	Holder Holder
}

// Error names the holder.
func (e *HeldError) Error() string {
	if e.Holder.PID == 0 {
		return "another run holds " + e.Path
	}
	return fmt.Sprintf("%s is held by %q, process %d, since %s",
		e.Path, e.Holder.Command, e.Holder.PID, e.Holder.Since.Format(time.DateTime))
}

// Lock is an exclusive lock on a file. The kernel releases it when the process
// ends in any way; the file itself stays, and means nothing by itself.
type Lock struct{ flock *flock.Flock }

// holderAt is where the holder's JSON starts in the file: Windows locks the
// first byte against readers too.
const holderAt = 1

// Lock takes the lock at a name below the tree, making its directory, or
// returns *HeldError at once.
func (t *Tree) Lock(name string, holder Holder) (*Lock, error) {
	native := filepath.FromSlash(name)
	if err := t.parents(native); err != nil {
		return nil, err
	}
	// Opened through the root first, so that no symbolic link leads the lock
	// out of the project.
	f, err := t.root.OpenFile(native, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, Classify(err)
	}
	defer f.Close()

	file := filepath.Join(t.root.Name(), native)
	l := flock.New(file, flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(0o644))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", name, Classify(err))
	}
	if !ok {
		return nil, &HeldError{Path: name, Holder: readHolder(f)}
	}
	if err := writeHolder(f, holder); err != nil {
		return nil, fmt.Errorf("locking %s: %w", name, Classify(errors.Join(err, l.Unlock())))
	}
	return &Lock{flock: l}, nil
}

// Release gives the lock up.
func (l *Lock) Release() error {
	if l == nil {
		return nil
	}
	return l.flock.Unlock()
}

func readHolder(f *os.File) Holder {
	var h Holder
	buf := make([]byte, 4096)
	n, _ := f.ReadAt(buf, holderAt) // what is there; an empty file is a holder that has only just started
	if json.Unmarshal(buf[:n], &h) != nil {
		return Holder{}
	}
	return h
}

func writeHolder(f *os.File, h Holder) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := f.Truncate(holderAt); err != nil {
		return err
	}
	_, err = f.WriteAt(append(text, '\n'), holderAt)
	return err
}
