package archtest

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	mdFence  = regexp.MustCompile("(?ms)^ *```.*?^ *```[^\\n]*$")
	mdCode   = regexp.MustCompile("`[^`\\n]*`")
	mdLink   = regexp.MustCompile(`\[[^\]]*\]\(([^()\s]+)\)`)
	mdTitle  = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	mdTarget = regexp.MustCompile(`\[([^\]]*)\]\([^()\s]+\)`)
)

// pages are the Markdown files of the repository by path from its root, with
// slashes. Hidden directories and what was built are not part of it.
func pages(root string) (map[string]string, error) {
	out := map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") || d.Name() == "dist" || d.Name() == "bin"
		if d.IsDir() && hidden && name != root {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".md" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		out[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the pages: %w", err)
	}
	return out, nil
}

// checkLinks wants every relative link of a page to lead to a file, and to a
// heading where it names one; and every page to be found from start. A link to
// a directory leads to all pages right in it.
func checkLinks(root, start string, pages map[string]string) []string {
	var out []string
	found, next := map[string]bool{start: true}, []string{start}
	leads := map[string][]string{} // page → pages that it links
	for from, text := range pages {
		for _, link := range links(text) {
			target, fault := follow(root, from, link, pages)
			if fault != "" {
				out = append(out, fmt.Sprintf("%s links %s: %s", from, link, fault))
				continue
			}
			for name := range pages {
				if name == target || path.Dir(name) == target {
					leads[from] = append(leads[from], name)
				}
			}
		}
	}
	for len(next) > 0 {
		var more []string
		for _, from := range next {
			for _, to := range leads[from] {
				if !found[to] {
					found[to], more = true, append(more, to)
				}
			}
		}
		next = more
	}
	for name := range pages {
		if !found[name] && !within(name, "testdata") {
			out = append(out, fmt.Sprintf("%s is not found from %s by links", name, start))
		}
	}
	slices.Sort(out)
	return out
}

// links are the relative targets that a page links, code left out.
func links(text string) []string {
	text = mdCode.ReplaceAllString(mdFence.ReplaceAllString(text, ""), "")
	var out []string
	for _, m := range mdLink.FindAllStringSubmatch(text, -1) {
		if u, err := url.Parse(m[1]); err != nil || u.Scheme == "" {
			out = append(out, m[1])
		}
	}
	return out
}

// follow returns the path that a link leads to, or what is wrong with it.
func follow(root, from, link string, pages map[string]string) (target, fault string) {
	file, heading, _ := strings.Cut(link, "#")
	target = from
	if file != "" {
		target = path.Join(path.Dir(from), file)
	}
	if !filepath.IsLocal(filepath.FromSlash(target)) {
		return "", "that is outside of the repository"
	}
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil {
		return "", "there is no " + target
	}
	if heading != "" && !slices.Contains(headings(pages[target]), heading) {
		return "", fmt.Sprintf("%s has no heading #%s", target, heading)
	}
	return target, ""
}

// headings are the names by which a page's headings are linked, as GitHub makes
// them: lower case, hyphens for blanks, no punctuation, a number when repeated.
func headings(text string) []string {
	var out []string
	seen := map[string]int{}
	for _, m := range mdTitle.FindAllStringSubmatch(mdFence.ReplaceAllString(text, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, mdTarget.ReplaceAllString(m[1], "$1"))
		out = append(out, name)
		if n := seen[name]; n > 0 {
			out[len(out)-1] = fmt.Sprintf("%s-%d", name, n)
		}
		seen[name]++
	}
	return out
}
