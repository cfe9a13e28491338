package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// ErrIndex is an index in a form that this package does not read.
var ErrIndex = errors.New("git's index is in a form that devpm does not read")

// Modes of index entries (gitformat-index(5)).
const (
	indexKinds   = 0o170000
	indexTree    = 0o040000 // a whole directory of a sparse index
	indexGitlink = 0o160000 // a submodule
)

// Tracked lists the files that git tracks in a working tree, and in the
// submodules that are checked out, sorted, with slashes. It reads the index in
// process. Whether a file is there, and what it is by now, the index does not
// say. repository is false when the directory is no working tree of its own.
func Tracked(dir string) (names []string, repository bool, err error) {
	at, err := open(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errForeign):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	data, err := os.ReadFile(filepath.Join(at.gitDir, "index"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true, nil // nothing was added or checked out yet
	}
	if err != nil {
		return nil, true, err
	}
	hash := 20
	if at.config.get("extensions.objectformat") == "sha256" {
		hash = 32
	}
	entries, err := parseIndex(data, hash)
	if err != nil {
		return nil, true, err
	}
	for _, e := range entries {
		if e.mode&indexKinds != indexGitlink {
			names = append(names, e.name)
			continue
		}
		below, there, err := Tracked(filepath.Join(dir, filepath.FromSlash(e.name)))
		if err != nil {
			return nil, true, fmt.Errorf("submodule %s: %w", e.name, err)
		}
		for _, name := range below {
			if there {
				names = append(names, path.Join(e.name, name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), true, nil
}

// indexEntry is one entry of an index; a file in conflict has several.
type indexEntry struct {
	name string
	mode uint32
}

// parseIndex reads versions 2 to 4 (gitformat-index(5)). What asks for more than
// the entries, as a split or sparse index does, is ErrIndex: half a list would
// be worse than none. hash is the length of an object's name.
func parseIndex(data []byte, hash int) ([]indexEntry, error) {
	if len(data) < 12+hash || !bytes.HasPrefix(data, []byte("DIRC")) {
		return nil, ErrIndex
	}
	version, count := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[8:])
	if version < 2 || version > 4 {
		return nil, ErrIndex
	}
	rest := data[12 : len(data)-hash]
	var entries []indexEntry
	before := ""
	for range count {
		e, length, ok := readIndexEntry(rest, hash, version == 4, before)
		if !ok || e.mode&indexKinds == indexTree || !fs.ValidPath(e.name) || e.name == "." {
			return nil, ErrIndex
		}
		entries, rest, before = append(entries, e), rest[length:], e.name
	}
	for len(rest) >= 8 {
		// An extension whose name starts with a small letter must be understood.
		size := binary.BigEndian.Uint32(rest[4:])
		if rest[0] >= 'a' && rest[0] <= 'z' || uint64(size) > uint64(len(rest)-8) {
			return nil, ErrIndex
		}
		rest = rest[8+size:]
	}
	return entries, nil
}

// readIndexEntry reads the entry that data begins with, and says how long it
// is. In version 4 a name is told by what it has in common with the one before.
func readIndexEntry(data []byte, hash int, compressed bool, before string) (e indexEntry, length int, ok bool) {
	const extended = 0x4000
	at := 40 + hash // times, device, owner, size; then the object's name
	if len(data) < at+2 {
		return e, 0, false
	}
	e.mode = binary.BigEndian.Uint32(data[24:])
	flags := binary.BigEndian.Uint16(data[at:])
	if at += 2; flags&extended != 0 {
		at += 2
	}
	if at > len(data) {
		return e, 0, false
	}
	if compressed {
		drop, n := indexOffset(data[at:])
		if n == 0 || drop > uint64(len(before)) {
			return e, 0, false
		}
		at += n
		before = before[:uint64(len(before))-drop]
	} else {
		before = ""
	}
	end := bytes.IndexByte(data[at:], 0)
	if end < 0 {
		return e, 0, false
	}
	e.name = before + string(data[at:at+end])
	length = at + end + 1
	if !compressed { // filled up with zeros to a multiple of eight
		length = (at + end + 8) &^ 7
	}
	return e, length, length <= len(data)
}

// indexOffset reads a number as offsets in packs are written; n is 0 when it is
// cut off.
func indexOffset(data []byte) (value uint64, n int) {
	for i, b := range data {
		if i > 8 {
			break
		}
		if i > 0 {
			value++
		}
		value = value<<7 | uint64(b&0x7f)
		if b&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}
