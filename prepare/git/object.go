package git

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// object returns the full id of the object whose id starts with a prefix of at
// least four hex digits, "" when none or more than one is here. It looks at
// file names and pack indexes and opens no object, so it cannot tell a commit
// from a file; git does when it checks out.
func (c *checkout) object(prefix string) string {
	prefix = strings.ToLower(prefix)
	if len(prefix) < 4 || !isHex(prefix) {
		return ""
	}
	size := 20
	if c.config.get("extensions.objectformat") == "sha256" {
		size = 32
	}
	found := map[string]bool{}
	for _, dir := range objectDirs(filepath.Join(c.commonDir, "objects")) {
		looseObjects(dir, prefix, size, found)
		packs, _ := filepath.Glob(filepath.Join(globEscape(dir), "pack", "*.idx"))
		for _, pack := range packs {
			packedObjects(pack, prefix, size, found)
		}
	}
	if len(found) != 1 {
		return ""
	}
	for id := range found {
		return id
	}
	return ""
}

// objectDirs is the object directory and its alternates, which may have
// alternates themselves; each once.
func objectDirs(dir string) []string {
	out := []string{filepath.Clean(dir)}
	for i := 0; i < len(out) && len(out) < mostAlternates; i++ {
		data, err := os.ReadFile(filepath.Join(out[i], "info", "alternates"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			line = strings.TrimRight(line, "\r\n")
			if line == "" || line[0] == '#' {
				continue
			}
			if other := within(out[i], line); !slices.Contains(out, other) {
				out = append(out, other)
			}
		}
	}
	return out
}

// mostAlternates bounds them: who borrows from more has no use for an answer.
const mostAlternates = 100

func globEscape(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func looseObjects(dir, prefix string, size int, found map[string]bool) {
	entries, err := os.ReadDir(filepath.Join(dir, prefix[:2]))
	if err != nil {
		return
	}
	for _, e := range entries {
		id := prefix[:2] + e.Name()
		if len(id) == 2*size && isHex(id) && strings.HasPrefix(id, prefix) {
			found[id] = true
		}
	}
}

// packedObjects searches a version 2 pack index (gitformat-pack(5)): a header,
// 256 counts by first byte, then the sorted ids.
func packedObjects(path, prefix string, size int, found map[string]bool) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	head := make([]byte, 8+256*4)
	if _, err := f.ReadAt(head, 0); err != nil || !bytes.Equal(head[:8], []byte("\xfftOc\x00\x00\x00\x02")) {
		return
	}
	first, err := hex.DecodeString(prefix[:2])
	if err != nil {
		return
	}
	count := func(b int) int { return int(binary.BigEndian.Uint32(head[8+4*b:])) }
	low, high := 0, count(int(first[0]))
	if first[0] > 0 {
		low = count(int(first[0]) - 1)
	}
	if low > high {
		return
	}
	id := make([]byte, size)
	at := func(i int) string {
		if _, err := f.ReadAt(id, int64(len(head))+int64(i)*int64(size)); err != nil {
			return ""
		}
		return hex.EncodeToString(id)
	}
	i := low + sort.Search(high-low, func(i int) bool { return at(low+i) >= prefix })
	for ; i < high; i++ {
		full := at(i)
		if !strings.HasPrefix(full, prefix) {
			return
		}
		found[full] = true
	}
}
