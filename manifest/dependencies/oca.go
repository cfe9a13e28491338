package dependencies

import (
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// oca reads the repository's oca_dependencies.txt, if it has one. False means
// that the repository is not there.
func (s *search) oca(name string, read func(string) ([]byte, error)) bool {
	if _, err := read(OCAFile); errors.Is(err, ErrAbsent) {
		return false
	}
	src, ok := s.read(name, OCAFile, read)
	if !ok {
		return true
	}
	file := path.Join(name, OCAFile)
	by := name
	if by == "" {
		by = file
	}
	number := 0
	for line := range strings.Lines(string(src)) {
		number++
		text, ok := OCALine(line)
		if !ok {
			continue
		}
		line = strings.TrimRight(line, "\r\n")
		at := diag.Range{File: file, Start: diag.Position{Line: number, Column: 1}, End: diag.Position{Line: number, Column: utf8.RuneCountInString(line) + 1}}
		s.want(manifest.Text{Value: text, Raw: strings.TrimSpace(line), Range: at}, by)
	}
	return true
}

// OCALine is the git link of a line of oca_dependencies.txt, "NAME [URL]
// [BRANCH]" or a URL (DEP-01, DEP-02). A name alone is a repository of the OCA.
// From "#" on a line is a comment (unlike odpm, which drops the whole line,
// DEP-04); false means that nothing is left.
func OCALine(line string) (string, bool) {
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	if len(words) == 0 {
		return "", false
	}
	switch {
	case isURL(words[0]):
	case len(words) > 1 && isURL(words[1]):
		words = words[1:]
	default:
		words[0] = "https://github.com/OCA/" + strings.TrimSuffix(words[0], ".git") + ".git"
	}
	return strings.Join(words, " "), true
}

func isURL(word string) bool {
	return strings.Contains(word, "://") || strings.Contains(word, "@") && strings.Contains(word, ":")
}
