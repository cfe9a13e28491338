package fsx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockPeriod is how long to wait between two tries for a lock that is held for
// a moment only.
const lockPeriod = 20 * time.Millisecond

// Update changes a small file that several processes share: it waits for the
// lock beside it, hands out the content (nil when there is none) and writes
// what change returns, atomically. Content that stays the same is not written.
// The path is one that devpm chose itself; its directory is made. The lock file
// stays: removing it would be a race.
func Update(ctx context.Context, file string, mode fs.FileMode, change func(old []byte) ([]byte, error)) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return Classify(err)
	}
	lock, err := WaitLock(ctx, file+".lock")
	if err != nil {
		return err
	}
	defer func() { _ = lock.Release() }() // a lock that cannot be let go ends with the process
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Classify(err)
	}
	changed, err := change(old)
	if err != nil || old != nil && bytes.Equal(old, changed) {
		return err
	}
	return WriteFileAtomic(file, changed, mode)
}

// WaitLock takes the lock on a file that devpm chose itself, and waits while
// another process holds it. The file stays when the lock is given up.
func WaitLock(ctx context.Context, file string) (*Lock, error) {
	l := flock.New(file, flock.SetFlag(os.O_RDWR|os.O_CREATE), flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, lockPeriod); err != nil {
		return nil, fmt.Errorf("locking %s: %w", filepath.Base(file), Classify(err))
	}
	return &Lock{flock: l}, nil
}
