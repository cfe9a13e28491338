package trust

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/devpm/devpm/internal/fsx"
)

const (
	decisionName    = "trust.json"
	decisionVersion = 1
)

// Decision is what a user accepted for one project directory. The digest
// counts; the subjects are kept to say what changed since.
type Decision struct {
	Version  int       `json:"version"`
	Project  string    `json:"project"` // the directory's real path
	Digest   string    `json:"digest"`
	Decided  time.Time `json:"decided"`
	Subjects []Known   `json:"subjects"`
}

// Known is a subject as it was accepted.
type Known struct {
	Kind Kind   `json:"kind"`
	Key  string `json:"key"`
	Text string `json:"text"`
	Hash string `json:"hash"`
}

// Decide is the decision to accept a set, for who keeps none on the disk.
func Decide(set Set) *Decision {
	d := &Decision{Version: decisionVersion, Digest: set.Digest(), Subjects: []Known{}}
	for _, subject := range set {
		d.Subjects = append(d.Subjects, Known{subject.Kind, subject.Key, subject.Text, subject.Hash})
	}
	return d
}

// Accepts reports whether each subject is part of the decision as it is now,
// whatever else was decided. nil accepts nothing but nothing.
func (d *Decision) Accepts(subjects Set) bool {
	for _, c := range Compare(d, subjects) {
		if c.State != Unchanged && c.State != Gone {
			return false
		}
	}
	return true
}

// Store keeps the decision of one project in devpm's own state directory, never
// in the project. A zero Dir keeps none: where nobody's home is known, no place
// is safe from others.
type Store struct {
	Dir     string // absolute, of this project alone
	Project string // the project directory's real path
}

// Load returns the decision, nil when there is none for this directory. A file
// that others may write, or that is not ours to read, decides nothing.
func (s Store) Load() *Decision {
	if s.Dir == "" {
		return nil
	}
	path := filepath.Join(s.Dir, decisionName)
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || !ownersAlone(info) {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var d Decision
	if json.Unmarshal(text, &d) != nil || d.Version != decisionVersion || d.Project != s.Project || d.Digest == "" {
		return nil
	}
	return &d
}

// Save records that a set is accepted.
func (s Store) Save(set Set, now time.Time) error {
	if s.Dir == "" {
		return nil
	}
	d := Decide(set)
	d.Project, d.Decided = s.Project, now.UTC().Truncate(time.Second)
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the decision: %w", err)
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	return fsx.WriteFileAtomic(filepath.Join(s.Dir, decisionName), append(text, '\n'), 0o600)
}

// Revoke forgets the decision and reports whether there was one.
func (s Store) Revoke() (bool, error) {
	if s.Dir == "" {
		return false, nil
	}
	err := os.Remove(filepath.Join(s.Dir, decisionName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// State says how a subject stands to the last decision.
type State string

// The states.
const (
	Unchanged State = "trusted"
	Added     State = "new"
	Changed   State = "changed"
	Gone      State = "gone"
)

// Change is a subject with its state; of one that is gone only what was
// recorded is left.
type Change struct {
	Subject
	State State
}

// Compare says how each subject stands to a decision, nil for none: first what
// is gone, then the set in its order.
func Compare(d *Decision, set Set) []Change {
	var before []Known
	if d != nil {
		before = d.Subjects
	}
	find := func(list []Known, match func(Known) bool) int {
		for i, k := range list {
			if match(k) {
				return i
			}
		}
		return -1
	}
	left := append([]Known{}, before...)
	out := make([]Change, len(set))
	for i, s := range set { // what is the same takes its counterpart first
		out[i] = Change{s, Added}
		if at := find(left, func(k Known) bool { return k.Kind == s.Kind && k.Key == s.Key && k.Hash == s.Hash }); at >= 0 {
			out[i].State = Unchanged
			left = append(left[:at], left[at+1:]...)
		}
	}
	for i, c := range out {
		if c.State != Added {
			continue
		}
		if at := find(left, func(k Known) bool { return k.Kind == c.Kind && k.Key == c.Key }); at >= 0 {
			out[i].State = Changed
			left = append(left[:at], left[at+1:]...)
		}
	}
	var gone []Change
	for _, k := range left {
		gone = append(gone, Change{Subject{Kind: k.Kind, Key: k.Key, Text: k.Text, Hash: k.Hash}, Gone})
	}
	return append(gone, out...)
}
