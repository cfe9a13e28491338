package prepare

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/devpm/devpm/diag"
)

// LastRunPath is what devpm noted of the database when it last started it
// (spec §5).
const LastRunPath = ".odpm/database/last_run.json"

// LastRunVersion is its "schema_version".
const LastRunVersion = 1

// Database is the database that the stack asks for.
type Database struct {
	Services []string // physical names of those that a start of it comes with
	Major    int      // of PostgreSQL; 0 when the image does not tell
	Dir      string   // of its files, relative to the project
	Range    diag.Range
}

// LastRun is the database as the last start left it.
type LastRun struct {
	Version  int    `json:"schema_version"`
	Scenario string `json:"odpm_scenario"`
	Major    int    `json:"postgres_major"`
	Dir      string `json:"data_path"`
	Empty    bool   `json:"data_dir_empty"`
}

// DatabaseState is the database as it is on the disk.
type DatabaseState struct {
	LastRun *LastRun // nil: none is noted
	Major   int      // that the files were made by; 0 when they do not tell
	Empty   bool     // there are no files; a directory that this user may not read counts as full
}

// Kinds of drift, as --accept-database-drift names them (spec §13).
const (
	DriftMajor    = "postgres_major"
	DriftPath     = "data_path"
	DriftEmpty    = "data_dir_empty_changed"
	DriftScenario = "odpm_scenario"
	DriftRole     = "app_role_missing" // never found: the entrypoint makes the role when it is missing
)

// DriftKinds are all kinds, in the order of the specification.
func DriftKinds() []string {
	return []string{DriftPath, DriftMajor, DriftRole, DriftScenario, DriftEmpty}
}

// DatabaseDrift is one way in which the database that would start is not the
// one that was there.
type DatabaseDrift struct {
	Kind     string `json:"kind"`
	Was      string `json:"was"`
	Wanted   string `json:"wanted"`
	Blocking bool   `json:"blocking"`
}

// Drift compares the database with what is wanted. The files count for more
// than what was noted: they are what the server will look at.
func Drift(want *Database, scenario string, have DatabaseState) []DatabaseDrift {
	var out []DatabaseDrift
	last := have.LastRun
	was := have.Major
	if was == 0 && !have.Empty && last != nil && last.Dir == want.Dir {
		was = last.Major
	}
	if last != nil && last.Dir != want.Dir {
		out = append(out, DatabaseDrift{DriftPath, last.Dir, want.Dir, true})
	}
	if was != 0 && want.Major != 0 && was != want.Major {
		out = append(out, DatabaseDrift{DriftMajor, strconv.Itoa(was), strconv.Itoa(want.Major), true})
	}
	if last != nil && last.Dir == want.Dir && !last.Empty && have.Empty {
		out = append(out, DatabaseDrift{DriftEmpty, "files", "none", true})
	}
	if last != nil && last.Scenario != scenario {
		out = append(out, DatabaseDrift{DriftScenario, last.Scenario, scenario, false})
	}
	return out
}

// databaseDrift refuses to start a database over other files than it had,
// unless the user has accepted that (spec §10, §13).
func (b *builder) databaseDrift() {
	const id, description = "database.drift", "Compare the database with the last run"
	depends := []string{"docker.engine.check"}
	want := b.want.Database
	switch {
	case want == nil:
		b.skip(id, description, b.lacks("database of devpm's"), depends...)
		return
	case !b.startsDatabase():
		b.skip(id, description, "the database takes no part in this run", depends...)
		return
	}
	s := Step{ID: id, Description: description, Outcome: Noop, DependsOn: depends, Reason: "as in the last run"}
	if b.have.Database.LastRun == nil {
		s.Reason = "no run is noted yet"
	}
	var kinds []string
	for _, d := range Drift(want, b.want.Scenario, b.have.Database) {
		kinds = append(kinds, d.Kind)
		s.Cause = append(s.Cause, Change{Key: d.Kind, Old: d.Was, New: d.Wanted, Range: want.Range})
		accepted := slices.Contains(b.opt.AcceptDrift, d.Kind)
		finding := driftFinding(d, want)
		switch {
		case accepted:
		case d.Blocking && b.withoutStart() == "":
			s.Required = true
			b.refuse(&s, finding)
		default:
			finding.Severity = diag.Warning
			b.warn(finding)
		}
	}
	switch {
	case len(kinds) == 0:
	case b.withoutStart() != "":
		s = Step{ID: id, Description: description, Outcome: Skip, DependsOn: depends, Reason: "nothing starts; found: " + listed(kinds)}
	case s.Required:
		s.Outcome, s.Reason = Run, listed(kinds)+": up refuses"
	default:
		s.Outcome, s.Reason = Run, listed(kinds)+": noted once the services are up"
	}
	b.add(s)
}

// startsDatabase reports whether this run may start the database, itself or as
// what another service depends on.
func (b *builder) startsDatabase() bool {
	return b.withoutStart() != "" || slices.ContainsFunc(b.starts, func(s Service) bool { return slices.Contains(b.want.Database.Services, s.Name) })
}

// adopt is the note of the database, written once the services are up; nil when
// it is right already.
func (b *builder) adopt() *WriteFile {
	want := b.want.Database
	if want == nil || !b.startsDatabase() {
		return nil
	}
	note := LastRun{Version: LastRunVersion, Scenario: b.want.Scenario, Major: want.Major, Dir: want.Dir}
	if last := b.have.Database.LastRun; last != nil && *last == note {
		return nil
	}
	text, err := json.MarshalIndent(note, "", "  ")
	if err != nil {
		panic(err) // strings and numbers only
	}
	return &WriteFile{Path: LastRunPath, Content: append(text, '\n'), Mode: 0o644}
}

// driftFinding words one drift.
func driftFinding(d DatabaseDrift, want *Database) diag.Diagnostic {
	accept := fmt.Sprintf("`devpm up --accept-database-drift=%s`", d.Kind)
	f := diag.Diagnostic{Range: want.Range, Severity: diag.Error}
	switch d.Kind {
	case DriftMajor:
		f.Code, f.Path = diag.DatabaseMajor, "postgres"
		f.Message = fmt.Sprintf("PostgreSQL %s is wanted, and the files in %s are of PostgreSQL %s, which it cannot read", d.Wanted, want.Dir, d.Was)
		f.Fix = fmt.Sprintf("write \"postgres\": %q again; or move the data with pg_dump or pg_upgrade, then %s; `devpm down --data` gives the data up", d.Was, accept)
	case DriftPath:
		f.Code = diag.DatabaseMoved
		f.Message = fmt.Sprintf("the database was in %s and would be looked for in %s", d.Was, d.Wanted)
		f.Fix = "go back to the version that kept it there, or move its data; then, or to begin with an empty one, " + accept
	case DriftEmpty:
		f.Code = diag.DatabaseGone
		f.Message = fmt.Sprintf("the last run had a database in %s, and there are no files now", want.Dir)
		f.Fix = "put the files back; or begin with an empty database: " + accept
	case DriftScenario:
		f.Code, f.Severity = diag.DatabaseScenario, diag.Warning
		f.Message = fmt.Sprintf("the database was last used in scenario %s, and this is scenario %s", d.Was, d.Wanted)
		f.Fix = fmt.Sprintf("nothing needs to be done if that is meant; %s says so without this warning", accept)
	}
	return f
}

// PostgresMajor is the major version that the tag of an image names: "16" and
// "16.4-alpine" of an image called postgres, "pg16" of any; 0 when it names
// none. The number in another image's tag is that image's own version.
func PostgresMajor(image string) int {
	image, _, _ = strings.Cut(image, "@")
	name, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	tag, marked := strings.CutPrefix(tag, "pg")
	if name != "postgres" && !marked {
		return 0
	}
	end := strings.IndexFunc(tag, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(tag)
	}
	major, err := strconv.Atoi(tag[:end])
	if err != nil {
		return 0
	}
	return major
}
