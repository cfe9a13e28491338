package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare/trust"
)

// TrustReport is what `devpm trust` and the question before `up` show.
type TrustReport struct {
	Project string
	Digest  string // "" when there is nothing to ask
	Trusted bool
	Decided time.Time // zero without a decision
	Changes []trust.Change
	Builds  []string // services whose image the engine builds from files of the project
}

// trustHeadings names each kind's group, and one of it.
var trustHeadings = []struct {
	kind         trust.Kind
	heading, one string
}{
	{trust.Hook, "Commands on this machine, with your rights:", "hook"},
	{trust.ServiceHook, "Commands in its containers:", "hook in a container"},
	{trust.Plugin, "Python plugins, on this machine:", "plugin"},
	{trust.Extension, "Extensions:", "extension"},
	{trust.Provider, "Programs that are asked for secrets:", "secret provider"},
	{trust.Environment, "Variables of .env that those programs get:", "variable of .env"},
	{trust.Repository, "Repositories that make git run programs:", "git repository with programs"},
	{trust.Host, "What its containers get of this machine:", "access to this machine"},
}

// TrustCount is "2 hooks".
func TrustCount(kind trust.Kind, n int) string {
	for _, h := range trustHeadings {
		if h.kind == kind && n != 1 {
			switch kind {
			case trust.ServiceHook:
				return fmt.Sprintf("%d hooks in containers", n)
			case trust.Environment:
				return fmt.Sprintf("%d variables of .env", n)
			case trust.Repository:
				return fmt.Sprintf("%d git repositories with programs", n)
			case trust.Host:
				return fmt.Sprintf("%d accesses to this machine", n)
			}
			return plural(n, h.one)
		}
		if h.kind == kind {
			return plural(n, h.one)
		}
	}
	return fmt.Sprint(n)
}

// Trust prints the list: what changed since the last decision first.
func (p Printer) Trust(r TrustReport) {
	if r.Digest == "" && len(r.Changes) == 0 {
		p.line("This project runs nothing on this machine and exposes nothing of it: there is nothing to trust.")
		p.builds(r)
		return
	}
	p.line(p.Style.Bold("What "+termx.Plain(r.Project)+" would run and expose"), "")
	if r.Decided.IsZero() {
		p.trustGroups(r.Changes, false)
	} else {
		same := func(c trust.Change) bool { return c.State == trust.Unchanged }
		if changed := slices.DeleteFunc(slices.Clone(r.Changes), same); len(changed) > 0 {
			p.printf("\n%s\n", p.Style.Bold("Different since you trusted it, "+r.Decided.Format(time.DateOnly)+":"))
			p.trustGroups(changed, true)
		}
		if kept := slices.DeleteFunc(slices.Clone(r.Changes), func(c trust.Change) bool { return !same(c) }); len(kept) > 0 {
			p.printf("\n%s\n", p.Style.Bold("As you trusted it, "+r.Decided.Format(time.DateOnly)+":"))
			p.trustGroups(kept, false)
		}
	}
	p.line()
	p.builds(r)
	if r.Digest != "" {
		p.line(p.Style.Dim("digest  "), r.Digest)
	}
	state := p.Style.Yellow("not trusted")
	if r.Trusted {
		state = p.Style.Green("trusted")
	}
	p.line(p.Style.Dim("state   "), state)
}

func (p Printer) builds(r TrustReport) {
	if len(r.Builds) > 0 {
		p.line("Images that the engine builds from its files, in containers: ", termx.Plain(strings.Join(r.Builds, ", ")))
	}
}

func (p Printer) trustGroups(changes []trust.Change, state bool) {
	for _, h := range trustHeadings {
		first := true
		for _, c := range changes {
			if c.Kind != h.kind {
				continue
			}
			if first {
				p.printf("\n%s\n", h.heading)
				first = false
			}
			p.trustChange(c, state)
		}
	}
}

func (p Printer) trustChange(c trust.Change, state bool) {
	where := shown(c.Key)
	if at := c.Range.String(); at != "" && at != c.Key {
		where = termx.Plain(at)
	}
	label := ""
	if state {
		label = p.Style.Yellow(fmt.Sprintf("%-8s", c.State))
	}
	if where != "" && where != shown(c.Text) { // a plugin is its file
		where = "  " + p.Style.Dim(where)
	} else {
		where = ""
	}
	p.line("  ", label, shown(c.Text), where)
	for _, note := range c.Notes {
		p.line("      ", p.Style.Dim(shown(note)))
	}
}

// shown is text of a project on one line, with nothing hidden in it.
func shown(text string) string {
	return termx.Plain(strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(text))
}

// TrustJSON prints the list for programs.
func (p Printer) TrustJSON(r TrustReport) error {
	type subject struct {
		Kind   trust.Kind  `json:"kind"`
		Key    string      `json:"key"`
		Text   string      `json:"text"`
		State  trust.State `json:"state"`
		Hash   string      `json:"hash"`
		File   string      `json:"file,omitempty"`
		Line   int         `json:"line,omitempty"`
		Column int         `json:"column,omitempty"`
		Notes  []string    `json:"notes"`
	}
	subjects := []subject{}
	for _, c := range r.Changes {
		subjects = append(subjects, subject{
			c.Kind, c.Key, c.Text, c.State, c.Hash, c.Range.File, c.Range.Start.Line, c.Range.Start.Column, append([]string{}, c.Notes...),
		})
	}
	decided := ""
	if !r.Decided.IsZero() {
		decided = r.Decided.Format(time.RFC3339)
	}
	return p.JSON(struct {
		Version  int       `json:"version"`
		Project  string    `json:"project"`
		Digest   string    `json:"digest"`
		Trusted  bool      `json:"trusted"`
		Decided  string    `json:"decided,omitempty"`
		Subjects []subject `json:"subjects"`
		Builds   []string  `json:"builds"`
	}{Version, r.Project, r.Digest, r.Trusted, decided, subjects, append([]string{}, r.Builds...)})
}
