package view

import (
	"fmt"

	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
)

// DatabaseStatus is the database that is wanted, the one that was noted, and
// the one that its files show.
type DatabaseStatus struct {
	Wanted     prepare.LastRun
	Noted      *prepare.LastRun // nil: none is noted
	FilesMajor int              // 0: the files do not tell
	Empty      bool
	Drift      []prepare.DatabaseDrift
}

// Database prints the comparison.
func (p Printer) Database(s DatabaseStatus) {
	p.line("wanted  ", lastRun(s.Wanted))
	noted := "nothing yet"
	if s.Noted != nil {
		noted = lastRun(*s.Noted)
	}
	p.line("noted   ", termx.Plain(noted))
	files := "there; their version cannot be read"
	switch {
	case s.Empty:
		files = "none"
	case s.FilesMajor != 0:
		files = fmt.Sprintf("of PostgreSQL %d", s.FilesMajor)
	}
	p.line("files   ", files)
	if len(s.Drift) == 0 {
		p.line("drift   none")
		return
	}
	for _, d := range s.Drift {
		effect := "up goes on, with a warning"
		if d.Blocking {
			effect = "up refuses"
		}
		p.line("drift   ", termx.Plain(fmt.Sprintf("%s: %s, wanted %s; %s", d.Kind, d.Was, d.Wanted, effect)))
	}
}

func lastRun(r prepare.LastRun) string {
	return fmt.Sprintf("PostgreSQL %d in %s, scenario %s", r.Major, r.Dir, r.Scenario)
}

// DatabaseJSON prints the comparison as JSON.
func (p Printer) DatabaseJSON(s DatabaseStatus) error {
	type files struct {
		Empty bool `json:"empty"`
		Major *int `json:"postgres_major"` // null: the files do not tell
	}
	found := files{Empty: s.Empty}
	if s.FilesMajor != 0 {
		found.Major = &s.FilesMajor
	}
	drift := s.Drift
	if drift == nil {
		drift = []prepare.DatabaseDrift{}
	}
	return p.JSON(struct {
		Version int                     `json:"version"`
		Wanted  prepare.LastRun         `json:"wanted"`
		LastRun *prepare.LastRun        `json:"last_run"` // null: none is noted
		Files   files                   `json:"files"`
		Drift   []prepare.DatabaseDrift `json:"drift"`
	}{Version, s.Wanted, s.Noted, found, drift})
}
