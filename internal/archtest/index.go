package archtest

import (
	"fmt"
	"strings"
)

// parts head the sections of the list of all diagnostics, by the code's first digit.
var parts = map[byte]string{
	'1': "The manifest, `.env` and settings",
	'2': "The Compose document and policies",
	'3': "Plans: repositories, locks, secrets, trust, generated files",
	'4': "Hooks",
	'5': "The engine, containers and ports",
	'6': "The command line",
	'7': "Extensions",
}

// index is docs/diagnostics/README.md: all codes with their titles.
func index(codes []code) string {
	var b strings.Builder
	b.WriteString(`# Diagnostics

Whatever devpm finds has a code that stays the same from version to version, a place, and mostly a fix:

    odpm.json:12:5: error DPM1203: services.w.image: message
        fix: what to do

Lines and columns count from 1. An error ends the command, a warning or a notice does not. With ` + "`--format json`" + `, diagnostics are in the document:
` + "`code`, `severity`, `file`, `line`, `column`, `path`, `message`, `fix`" + `.

This list is made from devpm's own: ` + "`DEVPM_UPDATE=1 go test ./internal/archtest`" + ` writes it.
`)
	var part byte
	for _, c := range codes {
		if digit := c.code[len("DPM")]; digit != part {
			part = digit
			fmt.Fprintf(&b, "\n## %s\n\n| code | |\n| --- | --- |\n", parts[part])
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | %s |\n", c.code, c.code, strings.ReplaceAll(c.title, "|", `\|`))
	}
	return b.String()
}
