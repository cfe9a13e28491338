package view

import (
	"html"
	"regexp"
	"strings"

	"github.com/devpm/devpm/internal/termx"
)

// What Markdown, HTML in it and GitHub's additions would not print as it is. A
// mention ("@name") and a reference ("#12") are found after rendering, so only an
// empty comment keeps them apart; two dollars would be a formula.
var (
	markdownText = strings.NewReplacer(
		"&", "&amp;", "<", "&lt;", ">", "&gt;", "$", "<span>$</span>",
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`,
	)
	markdownCode = strings.NewReplacer(
		`\`, "&#92;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", "|", "&#124;", "~", "&#126;", "@", "&#64;", ":", "&#58;",
	)
	reference = regexp.MustCompile(`[@#]\b`)
)

// prose is a text as a sentence of a Markdown list or table: one line in which
// nothing is markup.
func prose(text string) string {
	return reference.ReplaceAllString(markdownText.Replace(termx.Plain(oneLine(text))), "$0<!-- -->")
}

// code is a text in the letters of code, in one line. What a pair of backticks
// cannot hold in every place, such as the pipe of a table, is written as HTML.
func code(text string) string {
	text = termx.Plain(oneLine(text))
	switch {
	case text == "":
		return ""
	case strings.ContainsAny(text, "`|\\"):
		return htmlCode(text)
	}
	return "`" + text + "`"
}

// htmlCode is code for places in which Markdown is not read, such as a summary.
func htmlCode(text string) string {
	return "<code>" + markdownCode.Replace(html.EscapeString(termx.Plain(oneLine(text)))) + "</code>"
}

// fence is a row of backticks that is longer than any in the text.
func fence(text string) string {
	longest, run := 2, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return strings.Repeat("`", longest+1)
}

// atMost cuts a text to a number of characters.
func atMost(n int, text string) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}
