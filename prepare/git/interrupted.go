package git

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// markerName is a file in the git directory that exists while devpm moves the
// working tree; its content is the commit that it moves to. When a later run
// finds it, the run before was killed half-way.
const markerName = "devpm-moving"

func (at *checkout) marker() string { return filepath.Join(at.gitDir, markerName) }

func (at *checkout) interrupted() bool {
	_, err := os.Lstat(at.marker())
	return err == nil
}

// guarded runs move with the marker in place. The marker stays after an error,
// since a full disk or a signal stops git anywhere, unless git refused to begin.
func (at *checkout) guarded(target string, move func() error) error {
	if err := os.WriteFile(at.marker(), []byte(target+"\n"), 0o644); err != nil {
		return err
	}
	err := move()
	if err == nil || refused(err) {
		return errors.Join(err, os.Remove(at.marker()))
	}
	return err
}

// refused reports whether git would not move because files are in the way.
func refused(err error) bool {
	var failed *errFailed
	return errors.As(err, &failed) && strings.Contains(failed.stderr, "would be overwritten by")
}

// recover takes a move that was cut off back to HEAD, provided that every file
// which differs from HEAD is one that the move itself wrote: it was in both
// commits and has the content of either, or is the beginning of the new one.
// Anything else is somebody's work: the repository is left as it is and the
// first such path is returned.
func (c *Client) recover(ctx context.Context, dir string, at *checkout) (theirs string, err error) {
	data, err := os.ReadFile(at.marker())
	if err != nil {
		return "", err
	}
	target := objectID(strings.TrimSpace(string(data)))
	// The lock is ours: the marker says that we were at work, and the lock on
	// the repository says that nobody else of us is.
	if err := os.Remove(filepath.Join(at.gitDir, "index.lock")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if target == "" || at.inProgress() != "" {
		return "", os.Remove(at.marker())
	}
	moved, err := c.movedFiles(ctx, dir, target)
	if err != nil {
		return "", err
	}
	changed, err := c.changedFiles(ctx, dir)
	if err != nil {
		return "", err
	}
	for _, path := range changed {
		if _, ok := moved[path]; !ok {
			return path, nil
		}
	}
	added, theirs, err := c.inspect(ctx, dir, moved)
	if err != nil || theirs != "" {
		return theirs, err
	}
	if _, err := c.git(ctx, dir, "reset", "--hard", "--quiet", "HEAD"); err != nil {
		return "", err
	}
	for _, path := range added { // reset leaves what the index never knew
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(path))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", os.Remove(at.marker())
}

// movedFile is one path that differs between HEAD and the target; old or new
// is "" where the path is not.
type movedFile struct{ old, new, newMode string }

func (c *Client) movedFiles(ctx context.Context, dir, target string) (map[string]movedFile, error) {
	out, err := c.git(ctx, dir, "diff-tree", "-r", "-z", "--no-renames", "HEAD", target, "--")
	if err != nil {
		return nil, err
	}
	files := map[string]movedFile{}
	fields := strings.Split(out, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		f := strings.Fields(strings.TrimPrefix(fields[i], ":")) // old mode, new mode, old id, new id, status
		if len(f) != 5 {
			return nil, fmt.Errorf("reading git diff-tree: %q", fields[i])
		}
		m := movedFile{newMode: f[1]}
		if strings.Trim(f[2], "0") != "" {
			m.old = f[2]
		}
		if strings.Trim(f[3], "0") != "" {
			m.new = f[3]
		}
		files[fields[i+1]] = m
	}
	return files, nil
}

// changedFiles lists the tracked paths that differ from HEAD.
func (c *Client) changedFiles(ctx context.Context, dir string) ([]string, error) {
	out, err := c.git(ctx, dir, "--no-optional-locks", "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules", "HEAD", "--")
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(out, func(r rune) bool { return r == 0 }), nil
}

// inspect looks at every file of the move. It returns the new ones that are
// there, to be removed, or the first path that the move did not write.
func (c *Client) inspect(ctx context.Context, dir string, moved map[string]movedFile) (added []string, theirs string, err error) {
	var regular []string
	for _, path := range slices.Sorted(maps.Keys(moved)) {
		m := moved[path]
		full := filepath.Join(dir, filepath.FromSlash(path))
		info, err := os.Lstat(full)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil, strings.Contains(path, "\n"): // a parent became a file; hash-object reads lines
			return nil, path, nil
		case info.IsDir():
			continue // a submodule, or a directory in a file's place: git decides
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(full)
			if err != nil {
				return nil, "", err
			}
			if id := blobID([]byte(target)); id != m.old && id != m.new {
				return nil, path, nil
			}
		default:
			regular = append(regular, path)
		}
		if m.old == "" {
			added = append(added, path)
		}
	}
	if len(regular) == 0 {
		return added, "", nil
	}
	// Hashing goes through the filters of each path, as a checkout did.
	out, err := c.run(ctx, dir, call{
		args:  []string{"hash-object", "--stdin-paths"},
		stdin: strings.NewReader(strings.Join(regular, "\n") + "\n"),
	})
	if err != nil {
		return nil, "", err
	}
	ids := strings.Fields(out)
	if len(ids) != len(regular) {
		return nil, "", fmt.Errorf("git hash-object named %d of %d files", len(ids), len(regular))
	}
	cut := 0 // git writes one file at a time, so at most one can be half-written
	for i, path := range regular {
		m := moved[path]
		if ids[i] == m.old || ids[i] == m.new {
			continue
		}
		begun, err := c.beginningOf(ctx, dir, path, m)
		if err != nil {
			return nil, "", err
		}
		if cut++; !begun || cut > 1 {
			return nil, path, nil
		}
	}
	return added, "", nil
}

// beginningOf reports whether a file holds the first part of its new content.
func (c *Client) beginningOf(ctx context.Context, dir, path string, m movedFile) (bool, error) {
	if m.new == "" || m.newMode == "120000" {
		return false, nil
	}
	have, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
	if err != nil {
		return false, err
	}
	want, err := c.git(ctx, dir, "cat-file", "--filters", "--path="+path, m.new)
	return bytes.HasPrefix([]byte(want), have), err
}

// blobID is git's id of a link's target in a SHA-1 repository; elsewhere it
// matches nothing, and a changed link then counts as somebody's work.
func blobID(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
