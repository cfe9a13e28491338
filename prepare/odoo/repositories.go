package odoo

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/link"
	"github.com/devpm/devpm/prepare"
)

// folderNames gives each repository a directory name of its own: its base
// name, with its owner's in front where several have the same, and a number
// where even that is not enough.
func folderNames(repos []prepare.Repository) []string {
	count := map[string]int{}
	for _, r := range repos {
		count[strings.ToLower(filepath.Base(r.Dir))]++ // some file systems ignore case
	}
	taken := map[string]bool{}
	names := make([]string, len(repos))
	for i, r := range repos {
		name := filepath.Base(r.Dir)
		if count[strings.ToLower(name)] > 1 {
			name = filepath.Base(filepath.Dir(r.Dir)) + "_" + name
		}
		unique := name
		for n := 2; taken[strings.ToLower(unique)]; n++ {
			unique = fmt.Sprintf("%s_%d", name, n)
		}
		taken[strings.ToLower(unique)] = true
		names[i] = unique
	}
	return names
}

// repository adds a link's repository, once. Without a branch or commit the
// branch is named like odoo_version (spec §6.1). In the scenario developer the
// repository being developed is the developer's own: never switched (spec §6.4).
func (l *Layout) repository(text manifest.Text, role, odooVersion string, s Settings, c *diag.Collector) (prepare.Repository, bool) {
	parsed, err := link.Parse(text.Value)
	if err != nil || strings.TrimSpace(text.Value) == "" {
		return prepare.Repository{}, false
	}
	repo := prepare.Repository{
		Role: role, URL: parsed.URL, Branch: parsed.Branch, Commit: parsed.Commit,
		Keep: role == "developing" && s.Scenario == Developer, Range: text.Range, Path: text.Path,
		Link: text.Value,
	}
	if parsed.Kind == link.File {
		repo.Local, repo.Dir = true, parsed.Local()
		repo.Branch, repo.Commit = "", ""
	} else {
		repo.Dir = filepath.Join(s.ProjectsDir, filepath.FromSlash(parsed.Directory()))
		if repo.Branch == "" && repo.Commit == "" && odooVersion != "0.0" {
			repo.Branch = odooVersion
		}
	}
	if role == "platform" && !repo.Local && repo.Commit == "" {
		repo.Date = l.date
	}
	repo.Name = shortName(repo.Dir)
	for _, r := range l.Repositories {
		if r.Dir != repo.Dir {
			continue
		}
		if r.Branch != repo.Branch || r.Commit != repo.Commit {
			c.Add(diag.Diagnostic{
				Code: diag.OdooTwoVersions, Range: repo.Range, Path: repo.Path,
				Message: fmt.Sprintf("%s is wanted at %s here and at %s elsewhere, and has one working tree", repo.Name, version(repo), version(r)),
				Fix:     "give both links the same branch and commit, or remove one",
				Related: []diag.Related{{Range: r.Range, Message: "also named by " + r.Path}},
			})
		}
		return repo, false
	}
	l.Repositories = append(l.Repositories, repo)
	return repo, true
}

// version is the branch and commit of a repository, as a person says it.
func version(r prepare.Repository) string {
	if text := strings.TrimSpace(r.Branch + " " + r.Commit); text != "" {
		return text
	}
	return "its default branch"
}

// shortName is "owner/name", as people say it.
func shortName(dir string) string {
	return filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(dir)), filepath.Base(dir)))
}

// directorySettings are what says where a repository's working tree is.
func directorySettings(r prepare.Repository, link manifest.Text, s Settings) []manifest.Choice {
	by := []manifest.Choice{link.Setting()}
	if !r.Local {
		by = append(by, s.ProjectsDirBy)
	}
	return by
}
