package observe

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

// Database reads what was noted of the database and what its files say. The
// server closes its directory to others, so that often only the note is left.
func Database(want *prepare.Database, w Files) (prepare.DatabaseState, diag.List) {
	var s prepare.DatabaseState
	last, noted := readState[prepare.LastRun](w, prepare.LastRunPath)
	if last.Version == prepare.LastRunVersion { // else it is odpm's own note, which says other things
		s.LastRun = &last
	}
	empty, err := w.Empty(want.Dir)
	s.Empty = err == nil && empty
	if s.Empty {
		return s, noted
	}
	for _, dir := range clusters(want.Major) {
		text, _, err := w.ReadFile(path.Join(want.Dir, dir, "PG_VERSION"))
		switch {
		case err == nil:
			s.Major, _ = strconv.Atoi(strings.TrimSpace(string(text)))
			return s, noted
		case !errors.Is(err, fs.ErrNotExist):
			return s, noted
		}
	}
	return s, noted
}

// clusters are the places of a server's files below the bound directory: up to
// PostgreSQL 17 the directory itself; from 18 on one of its own for each major,
// beside which the older ones stood in "data" (spec §5).
func clusters(wanted int) []string {
	out := []string{"."}
	if wanted < 18 {
		return out
	}
	out = append(out, fmt.Sprintf("%d/docker", wanted))
	for major := wanted + 5; major >= 18; major-- {
		out = append(out, fmt.Sprintf("%d/docker", major))
	}
	return append(out, "data")
}
