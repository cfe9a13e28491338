package prepare

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

const dataDir = "data/postgresql/var/lib/postgresql/data"

func TestDrift(t *testing.T) {
	want := &Database{Services: []string{"db"}, Major: 16, Dir: dataDir}
	noted := LastRun{Version: 1, Scenario: "developer", Major: 16, Dir: dataDir}
	with := func(change func(*LastRun)) *LastRun {
		l := noted
		change(&l)
		return &l
	}
	for _, tt := range []struct {
		name string
		have DatabaseState
		want string // kinds; "!" blocks
	}{
		{"a first run", DatabaseState{Empty: true}, ""},
		{"as it was", DatabaseState{LastRun: &noted, Major: 16}, ""},
		{"as it was, unreadable", DatabaseState{LastRun: &noted}, ""},
		{"files of another major, never noted", DatabaseState{Major: 15}, "postgres_major!"},
		{"another major", DatabaseState{LastRun: with(func(l *LastRun) { l.Major = 15 }), Major: 15}, "postgres_major!"},
		{"another major, unreadable", DatabaseState{LastRun: with(func(l *LastRun) { l.Major = 15 })}, "postgres_major!"},
		{"upgraded by hand", DatabaseState{LastRun: with(func(l *LastRun) { l.Major = 15 }), Major: 16}, ""},
		{"no files any more", DatabaseState{LastRun: &noted, Empty: true}, "data_dir_empty_changed!"},
		{"there were none before", DatabaseState{LastRun: with(func(l *LastRun) { l.Empty = true }), Empty: true}, ""},
		{"another place", DatabaseState{LastRun: with(func(l *LastRun) { l.Dir = "data/old" }), Empty: true}, "data_path!"},
		{"another place, with its files", DatabaseState{LastRun: with(func(l *LastRun) { l.Dir, l.Major = "data/old", 18 }), Major: 18}, "data_path! postgres_major!"},
		{"another scenario", DatabaseState{LastRun: with(func(l *LastRun) { l.Scenario = "server" }), Major: 16}, "odpm_scenario"},
	} {
		var got []string
		for _, d := range Drift(want, "developer", tt.have) {
			kind := d.Kind
			if d.Blocking {
				kind += "!"
			}
			got = append(got, kind)
			if f := driftFinding(d, want); f.Code == "" || f.Message == "" || !strings.Contains(f.Fix, "--accept-database-drift="+d.Kind) {
				t.Errorf("%s: %+v", tt.name, f)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	unknown := &Database{Major: 0, Dir: dataDir} // a patched image without a version
	if got := Drift(unknown, "developer", DatabaseState{LastRun: &noted, Major: 15}); len(got) != 0 {
		t.Errorf("an unknown version: %v", got)
	}
}

// stackWithDatabase is a project whose service web comes with the database.
func stackWithDatabase() *Desired {
	d := odoo()
	d.Hooks = map[string][]manifest.HookEntry{}
	d.Database = &Database{Services: []string{"web"}, Major: 16, Dir: dataDir}
	return d
}

func TestDatabaseDriftStopsUntilAccepted(t *testing.T) {
	d := stackWithDatabase()
	have := done(d)
	note := LastRun{Version: 1, Scenario: "developer", Major: 15, Dir: dataDir}
	have.Database = DatabaseState{LastRun: &note, Major: 15}

	p := Build(d, have, Options{})
	s := p.Step("database.drift")
	if list := p.Refusals(); len(list) != 1 || list[0].Code != diag.DatabaseMajor || s.Outcome != Run || !s.Required {
		t.Errorf("not refused: %s", p)
	}
	p = Build(d, have, Options{AcceptDrift: []string{DriftMajor}})
	if s := p.Step("database.drift"); len(p.Refusals()) > 0 || s.Outcome != Run || s.Required || len(s.Actions) > 0 {
		t.Errorf("accepted and refused: %s", p)
	}
	if got := notes(t, p); len(got) != 1 || got[0].Major != 16 {
		t.Errorf("what was accepted is not noted: %+v", got)
	}
	p = Build(d, have, Options{SkipStart: true})
	if s := p.Step("database.drift"); len(p.Refusals()) > 0 || s.Outcome != Skip || !strings.Contains(s.Reason, DriftMajor) {
		t.Errorf("a run that starts nothing is refused: %s", p)
	}
	p = Build(d, have, Options{Services: []string{"job"}})
	if s := p.Step("database.drift"); len(p.Refusals()) > 0 || s.Outcome != Skip || len(notes(t, p)) > 0 {
		t.Errorf("a run without the database is refused: %s", p)
	}
}

// The note is written once: after a start, or when services that are up were
// never noted.
func TestDatabaseIsNotedOnce(t *testing.T) {
	d := stackWithDatabase()
	first := Build(d, nothing(), Options{})
	got := notes(t, first)
	want := []LastRun{{Version: 1, Scenario: "developer", Major: 16, Dir: dataDir}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	up := first.Step("compose.up").Actions
	start := slices.IndexFunc(up, func(a Action) bool { _, ok := a.(StartServices); return ok })
	if _, ok := up[len(up)-1].(WriteFile); !ok || start != len(up)-2 {
		t.Errorf("the note does not follow the start: %T", up)
	}
	have := done(d)
	have.Database = DatabaseState{LastRun: &got[0], Major: 16}
	if p := Build(d, have, Options{}); p.Changes() != 0 || p.Step("database.drift").Outcome != Noop {
		t.Errorf("a second run: %s", p)
	}
	have.Database.LastRun = nil
	p := Build(d, have, Options{})
	if s := p.Step("compose.up"); s.Outcome != Run || len(s.Actions) != 1 || len(notes(t, p)) != 1 {
		t.Errorf("services that are up are not noted: %s", p)
	}
}

func notes(t *testing.T, p *Plan) (out []LastRun) {
	t.Helper()
	s := p.Step("compose.up")
	if s == nil {
		return nil
	}
	for _, a := range s.Actions {
		if w, ok := a.(WriteFile); ok && w.Path == LastRunPath {
			var l LastRun
			if err := json.Unmarshal(w.Content, &l); err != nil {
				t.Fatal(err)
			}
			out = append(out, l)
		}
	}
	return out
}

func TestPostgresMajor(t *testing.T) {
	for image, want := range map[string]int{
		"postgres:16": 16, "postgres:16.4-alpine": 16, "docker.io/pgvector/pgvector:pg17": 17, "postgres": 0, "postgres:latest": 0,
		"registry:5000/postgres": 0, "registry:5000/postgres:15@sha256:00": 15, "acme/shop-db:1": 0, "acme/postgres-gis:3.4": 0,
	} {
		if got := PostgresMajor(image); got != want {
			t.Errorf("%s: %d, want %d", image, got, want)
		}
	}
}
