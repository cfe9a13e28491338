package ports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/devpm/devpm/internal/fsx"
)

// FileName is the table's name in devpm's own state directory.
const FileName = "ports.json"

const tableVersion = 1

// Table is every lease on this machine, by the real path of the work tree.
type Table struct {
	Version int             `json:"version"`
	Trees   map[string]Tree `json:"trees"`
}

// Tree is what one work tree has leased.
type Tree struct {
	// Asked says that the leases were asked for by a flag or by the environment,
	// so that they count also where the manifest does not ask.
	Asked  bool    `json:"asked,omitempty"`
	Leases []Lease `json:"leases"`
}

// Read returns the table of a state directory; one that is not there is empty.
// Work trees whose directory no longer exists have lost their leases.
func Read(stateDir string) (Table, error) {
	text, err := os.ReadFile(filepath.Join(stateDir, FileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Table{}, fmt.Errorf("reading the leased ports: %w", err)
	}
	return parse(text)
}

func parse(text []byte) (Table, error) {
	t := Table{Version: tableVersion}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &t); err != nil {
			return Table{}, fmt.Errorf("reading the leased ports: %w", err)
		}
		if t.Version != tableVersion {
			return Table{}, fmt.Errorf("reading the leased ports: the file has version %d, and this devpm reads %d", t.Version, tableVersion)
		}
	}
	if t.Trees == nil {
		t.Trees = map[string]Tree{}
	}
	maps.DeleteFunc(t.Trees, func(dir string, _ Tree) bool {
		_, err := os.Stat(dir)
		return errors.Is(err, fs.ErrNotExist)
	})
	return t, nil
}

// Take assigns the claims under the table's lock, keeps the result for the work
// tree in place of what it had, and returns it.
func Take(ctx context.Context, stateDir, dir string, asked bool, claims []Claim, held Held) ([]Lease, error) {
	var leases []Lease
	err := change(ctx, stateDir, func(t Table) error {
		var err error
		if leases, err = t.Assign(dir, claims, held); err != nil {
			return err
		}
		t.Trees[dir] = Tree{Asked: asked, Leases: sortLeases(leases)}
		return nil
	})
	return leases, err
}

// Release gives up all leases of a work tree.
func Release(ctx context.Context, stateDir, dir string) error {
	if _, err := os.Stat(filepath.Join(stateDir, FileName)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return change(ctx, stateDir, func(t Table) error {
		delete(t.Trees, dir)
		return nil
	})
}

func change(ctx context.Context, stateDir string, edit func(Table) error) error {
	return fsx.Update(ctx, filepath.Join(stateDir, FileName), 0o600, func(old []byte) ([]byte, error) {
		t, err := parse(old)
		if err != nil {
			return nil, err
		}
		if err := edit(t); err != nil {
			return nil, err
		}
		text, err := json.MarshalIndent(t, "", "  ")
		return append(text, '\n'), err
	})
}

// lease returns the one that a work tree has for a claim.
func (t Table) lease(dir string, c Claim) (Lease, bool) {
	for _, l := range t.Trees[dir].Leases {
		if l.Claim == c {
			return l, true
		}
	}
	return Lease{}, false
}

// dirs are the work trees in order: what is said must not depend on a map's.
func (t Table) dirs() []string { return slices.Sorted(maps.Keys(t.Trees)) }
