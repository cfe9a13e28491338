package view

import (
	"strings"

	"github.com/devpm/devpm/internal/termx"
)

// CheckStatus is the result of one check of `devpm doctor`.
type CheckStatus string

// The results.
const (
	CheckOK   CheckStatus = "ok"
	CheckWarn CheckStatus = "warn" // devpm works, something will not
	CheckFail CheckStatus = "fail" // devpm cannot do its work
)

// Check is one line of `devpm doctor`. Fix is set unless the check is ok.
type Check struct {
	Name   string      `json:"name"`
	Status CheckStatus `json:"status"`
	Detail string      `json:"detail"`
	Fix    string      `json:"fix"`
}

// Doctor prints the checks and a line that counts what is wrong.
func (p Printer) Doctor(checks []Check) {
	width, warn, fail := 0, 0, 0
	for _, c := range checks {
		width = max(width, termx.Cells(c.Name))
		switch c.Status {
		case CheckWarn:
			warn++
		case CheckFail:
			fail++
		}
	}
	for _, c := range checks {
		p.line(p.check(c.Status), "  ", termx.Pad(c.Name, width), "  ", termx.Plain(oneLine(c.Detail)))
		if c.Fix != "" {
			indent := strings.Repeat(" ", len("fail")+2+width+2)
			p.line(indent, p.Style.Green("fix:"), " ", strings.ReplaceAll(termx.Plain(c.Fix), "\n", "\n"+indent+"     "))
		}
	}
	p.line()
	switch {
	case fail > 0:
		p.line(p.Style.Red(plural(fail, "problem")), " to fix, ", plural(warn, "warning"))
	case warn > 0:
		p.line("ready, with ", p.Style.Yellow(plural(warn, "warning")))
	default:
		p.line(p.Style.Green("ready"))
	}
}

func (p Printer) check(s CheckStatus) string {
	text := termx.Pad(string(s), len("fail"))
	switch s {
	case CheckOK:
		return p.Style.Green(text)
	case CheckWarn:
		return p.Style.Yellow(text)
	default:
		return p.Style.Red(text)
	}
}

// DoctorJSON prints {"version": 1, "ok": …, "checks": […]}; ok means that no
// check failed.
func (p Printer) DoctorJSON(checks []Check) error {
	ok := true
	for _, c := range checks {
		ok = ok && c.Status != CheckFail
	}
	return p.JSON(struct {
		Version int     `json:"version"`
		OK      bool    `json:"ok"`
		Checks  []Check `json:"checks"`
	}{Version, ok, append([]Check{}, checks...)})
}
