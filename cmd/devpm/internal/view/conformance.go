package view

import (
	"strings"

	"github.com/devpm/devpm/extensions/conformance"
	"github.com/devpm/devpm/extensions/protocol"
	"github.com/devpm/devpm/extensions/starter"
	"github.com/devpm/devpm/internal/termx"
)

// Conformance prints what was checked of an extension, and a line that counts
// what is wrong.
func (p Printer) Conformance(r conformance.Report) {
	if r.Extension.Name != "" {
		p.line(p.Style.Bold(termx.Plain(strings.TrimSpace(r.Extension.Name + " " + r.Extension.Version))))
	}
	status, width, failed, skipped := len(conformance.Skipped), 0, 0, 0
	for _, x := range r.Results {
		width = max(width, len(x.Check))
		switch x.Status {
		case conformance.Failed:
			failed++
		case conformance.Skipped:
			skipped++
		}
	}
	indent := strings.Repeat(" ", status+2+width+2)
	for _, x := range r.Results {
		word := termx.Pad(string(x.Status), status)
		switch x.Status {
		case conformance.OK:
			word = p.Style.Green(word)
		case conformance.Failed:
			word = p.Style.Red(word)
		}
		text := x.Title
		if x.Status == conformance.Skipped {
			text = termx.Plain(oneLine(x.Problem))
		}
		p.line(word, "  ", termx.Pad(x.Check, width), "  ", text)
		if x.Status == conformance.Failed {
			p.line(indent, termx.Plain(oneLine(x.Problem)))
		}
		if x.Fix != "" {
			p.line(indent, p.Style.Green("fix:"), " ", termx.Plain(oneLine(x.Fix)))
		}
	}
	p.line()
	if failed > 0 {
		p.line(p.Style.Red(plural(failed, "problem")), " to fix")
		return
	}
	p.line(p.Style.Green("the extension speaks the protocol"), ", ", plural(len(r.Results)-skipped, "check"))
}

type conformanceCheck struct {
	Check   string             `json:"check"`
	Title   string             `json:"title"`
	Status  conformance.Status `json:"status"`
	Problem string             `json:"problem,omitempty"`
	Fix     string             `json:"fix,omitempty"`
}

// ConformanceJSON prints {"version": 1, "ok": …, "extension": …, "capabilities":
// […], "checks": […]}.
func (p Printer) ConformanceJSON(r conformance.Report) error {
	checks := []conformanceCheck{}
	for _, x := range r.Results {
		checks = append(checks, conformanceCheck(x))
	}
	return p.JSON(struct {
		Version      int                   `json:"version"`
		OK           bool                  `json:"ok"`
		Extension    protocol.Party        `json:"extension"`
		Capabilities []protocol.Capability `json:"capabilities"`
		Checks       []conformanceCheck    `json:"checks"`
	}{Version, r.OK(), r.Extension, append([]protocol.Capability{}, r.Capabilities...), checks})
}

// NewExtension says what `devpm ext init` has written, and what to run next.
func (p Printer) NewExtension(dir string, l starter.Language) {
	p.line("wrote a new extension into ", p.Style.Bold(termx.Plain(dir)), "; its README.md says how to build and install it")
	p.line()
	p.line("  cd ", termx.Plain(dir))
	if l == starter.Go {
		p.line("  go test ./...")
		return
	}
	p.line("  devpm ext test .")
}
