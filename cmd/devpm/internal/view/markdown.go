package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/termx"
	"github.com/devpm/devpm/prepare"
	"github.com/devpm/devpm/prepare/trust"
)

// CommentLimit is how many characters a comment of GitHub may have.
const CommentLimit = 65536

// How much of one thing a comment shows.
const (
	shownText   = 400 // characters of a reason or message
	shownValue  = 120 // characters of a value
	shownCauses = 12  // causes of a step
)

// comment collects the blocks of a Markdown text that must not be longer than
// CommentLimit.
type comment struct {
	b    strings.Builder
	left int
	mask func(string) string
}

func (p Printer) newComment() *comment {
	return &comment{left: CommentLimit, mask: p.masked}
}

// add writes a text that the limit has room for.
func (c *comment) add(text string) {
	c.left -= utf8.RuneCountInString(text)
	c.b.WriteString(text)
}

// rest is said in place of lines that found no room.
const rest = "\n%d more, which a comment has no room for.\n"

// lines writes a heading and lines, as many as fit into a share of the room that
// is left, and says how many did not.
func (c *comment) lines(head string, lines []string, share int) {
	if len(lines) == 0 {
		return
	}
	room := c.left/share - utf8.RuneCountInString(head) - len(rest) - 20
	c.add(head)
	for i, line := range lines {
		if room -= utf8.RuneCountInString(line) + 1; room < 0 {
			c.add(fmt.Sprintf(rest, len(lines)-i))
			return
		}
		c.add(line + "\n")
	}
}

// PlanMarkdown prints a plan as a comment of a pull request: what changes and
// why, what was found, which hooks run, what nobody has trusted yet, and with
// ShowDiff the changes of files, cut so that the whole fits into a comment.
func (p Printer) PlanMarkdown(plan *prepare.Plan, o PlanOptions) {
	c := p.newComment()
	c.add("## devpm plan: " + planCount(plan) + "\n")
	found := planFindings(plan)
	if words := counts(found); words != "" {
		c.add("\n" + strings.ToUpper(words[:1]) + words[1:] + ".\n")
	}
	c.lines("\n| Action | Required | Step | Reason | Causes |\n| --- | --- | --- | --- | --- |\n", c.steps(plan), 3)
	c.findings(found)
	c.lines("\n### Hooks that run\n\n", c.hooks(plan), 4)
	c.lines("\n### Not trusted yet\n\nThe first `devpm up` shows what this is and asks; `devpm trust --show` shows it too.\n\n", untrusted(plan), 4)
	if o.ShowDiff {
		c.diffs(plan.Diffs)
	}
	p.printf("%s", c.b.String())
}

// FindingsMarkdown prints diagnostics as a comment of a pull request, for a run
// that ends with them and has no plan.
func (p Printer) FindingsMarkdown(list diag.List) {
	c := p.newComment()
	c.add("## devpm: " + cmp.Or(counts(list), "nothing was found") + "\n")
	c.findings(list)
	p.printf("%s", c.b.String())
}

// steps are the rows of the steps that do something, or have something to tell.
func (c *comment) steps(plan *prepare.Plan) []string {
	var rows []string
	for _, s := range plan.Steps {
		if !s.Works() && len(s.Cause) == 0 {
			continue
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |", s.Outcome, required(&s), code(s.ID), prose(atMost(shownText, c.mask(s.Reason))), c.causes(s.Cause)))
	}
	return rows
}

// causes are the lines of a table's cell.
func (c *comment) causes(causes []prepare.Change) string {
	var out []string
	for i, cause := range causes {
		if i == shownCauses {
			out = append(out, fmt.Sprintf("and %d more", len(causes)-i))
			break
		}
		out = append(out, c.cause(cause))
	}
	return strings.Join(out, "<br>")
}

func (c *comment) cause(cause prepare.Change) string {
	value := func(text string) string { return code(atMost(shownValue, c.mask(text))) }
	text := code(atMost(shownText, cause.Key))
	switch {
	case cause.Effect == prepare.Orphan:
		text += ": " + value(cause.Old)
	case cause.Old == "":
		text += " is new: " + value(cause.New)
	case cause.New == "":
		text += " is gone: was " + value(cause.Old)
	default:
		text += ": " + value(cause.Old) + " → " + value(cause.New)
	}
	if at := cause.Range.String(); at != "" {
		text += " (" + code(at) + ")"
	}
	if words := effectWords[cause.Effect]; words != "" {
		text += "; " + words
	}
	return text
}

// findings are a list for each severity that there is.
func (c *comment) findings(list diag.List) {
	for _, s := range []struct {
		severity diag.Severity
		heading  string
	}{{diag.Error, "Errors"}, {diag.Warning, "Warnings"}, {diag.Notice, "Notices"}} {
		var lines []string
		for _, d := range list.Sorted() {
			if d.Severity == s.severity {
				lines = append(lines, c.finding(d))
			}
		}
		c.lines("\n### "+s.heading+"\n\n", lines, 3)
	}
}

func (c *comment) finding(d diag.Diagnostic) string {
	var b strings.Builder
	b.WriteString("- ")
	if at := d.Range.String(); at != "" {
		b.WriteString(code(at) + " ")
	}
	b.WriteString("**" + string(d.Code) + "** ")
	if d.Path != "" {
		b.WriteString(code(atMost(shownText, d.Path)) + ": ")
	}
	b.WriteString(prose(atMost(shownText, c.mask(d.Message))))
	for _, r := range d.Related {
		b.WriteString("<br>" + code(r.Range.String()) + " " + prose(atMost(shownText, c.mask(r.Message))))
	}
	if d.Fix != "" {
		b.WriteString("<br>Fix: " + prose(atMost(shownText, c.mask(d.Fix))))
	}
	return b.String()
}

// hooks are the commands that the plan would start, as they are written: what
// their variables stand for is not shown.
func (c *comment) hooks(plan *prepare.Plan) []string {
	var lines []string
	for _, s := range plan.Steps {
		for _, action := range s.Actions {
			run, ok := action.(prepare.RunHooks)
			if !ok || !s.Works() {
				continue
			}
			for _, entry := range run.Entries {
				what := "plugin " + code(entry.Plugin)
				if entry.Plugin == "" {
					argv := make([]string, len(entry.Run))
					for i, word := range entry.Run {
						argv[i] = word.Raw
					}
					what = code(atMost(shownText, c.mask(trust.Words(argv))))
				}
				if entry.Service != "" {
					what += " in service " + code(entry.Service)
				}
				if at := entry.Range.String(); at != "" {
					what += " (" + code(at) + ")"
				}
				lines = append(lines, "- "+code(run.Phase)+": "+what)
			}
		}
	}
	return lines
}

// untrusted are the steps that wait for trust.
func untrusted(plan *prepare.Plan) []string {
	var lines []string
	for _, s := range plan.Steps {
		if s.Untrusted {
			lines = append(lines, "- "+code(s.ID)+": "+prose(atMost(shownText, s.Description)))
		}
	}
	return lines
}

// The notes of the changes of files.
const (
	diffCut  = "… %d more lines; `devpm plan --show-diff` prints all of them.\n"
	diffRest = "\n%d more files change; a comment has no room for their names.\n"
)

// diffs writes the change of each file, folded. Each gets an equal share of the
// room that is left; what a small one does not need is for those that follow.
func (c *comment) diffs(diffs []prepare.FileDiff) {
	if len(diffs) == 0 {
		return
	}
	c.add("\n### Changes of files\n")
	for i, d := range diffs {
		unified := termx.Plain(c.mask(d.Unified))
		row := fence(unified)
		head := "\n<details><summary>" + htmlCode(d.Path) + " (" + prose(d.Summary) + ")</summary>\n\n"
		foot := "\n</details>\n"
		if unified != "" {
			head, foot = head+row+"diff\n", row+"\n"+foot
		}
		frame := utf8.RuneCountInString(head+foot) + len(diffCut) + 20
		if room := c.left - len(diffRest) - 20; frame > room {
			c.add(fmt.Sprintf(diffRest, len(diffs)-i))
			return
		}
		room := (c.left-len(diffRest)-20)/(len(diffs)-i) - frame
		shown, left := firstLines(unified, room)
		c.add(head + shown)
		if left > 0 {
			foot = strings.TrimPrefix(foot, row+"\n")
			c.add(row + "\n\n" + fmt.Sprintf(diffCut, left))
		}
		c.add(foot)
	}
}

// firstLines is as much of a text as fits, in whole lines, and how many lines
// are left.
func firstLines(text string, room int) (shown string, left int) {
	lines := slices.Collect(strings.Lines(text))
	var b strings.Builder
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\n") + "\n"
		if room -= utf8.RuneCountInString(line); room < 0 {
			return b.String(), len(lines) - i
		}
		b.WriteString(line)
	}
	return b.String(), 0
}

// planFindings are what refuses a plan and its warnings, each once: a plan shows
// what will stop `up` as a warning too.
func planFindings(plan *prepare.Plan) diag.List {
	type key struct {
		code diag.Code
		at   diag.Range
		text string
	}
	seen := map[key]bool{}
	var out diag.List
	for _, d := range append(plan.Refusals(), plan.Warnings...) {
		k := key{d.Code, d.Range, d.Path + ": " + d.Message}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	return out.Sorted()
}

// counts is "1 error and 2 warnings", or "".
func counts(list diag.List) string {
	var parts []string
	for _, s := range []diag.Severity{diag.Error, diag.Warning, diag.Notice} {
		if n := list.Count(s); n > 0 {
			parts = append(parts, plural(n, s.String()))
		}
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}
