package prepare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare/lock"
)

// Lock is what the lock files of a project say, as the caller has read them
// (spec §6.4). The zero value is a project without any.
type Lock struct {
	Manifest     *ManifestLocks     // locks.git of odpm.json; nil when empty
	One          *lock.File         // .odpm/lock.json
	Dependencies *lock.Dependencies // .odpm/deps.lock.json
	// Snapshots identify file:// trees without git, by Repository.Dir.
	Snapshots map[string]string
	Now       time.Time // for generated_at of a lock that is written
	// Synced is odpm.json with other commits in locks.git, by link as written;
	// with --sync-manifest-locks only. It is pure.
	Synced func(commits map[string]string) ([]byte, error)
}

// ManifestLocks is locks.git: link text, as in the manifest, to commit.
type ManifestLocks struct {
	Commits map[string]string
	Range   diag.Range
}

// pins is the lock that a run holds repositories to.
type pins struct {
	source string // as shown; "" without one
	exact  map[string]string
	byURL  map[string]string
	at     diag.Range
}

// commit looks a repository up: by the link's text, then by canonical URL
// (LCK-11).
func (p pins) commit(repo Repository) string {
	if c, ok := p.exact[repo.Link]; ok && repo.Link != "" {
		return c
	}
	return p.byURL[lock.Canonical(repo.URL)]
}

func (l *Lock) manifestPins() pins {
	p := pins{source: "locks.git in odpm.json", exact: l.Manifest.Commits, byURL: map[string]string{}, at: l.Manifest.Range}
	for _, text := range slices.Sorted(maps.Keys(l.Manifest.Commits)) {
		p.byURL[lock.Canonical(text)] = l.Manifest.Commits[text]
	}
	return p
}

func onePins(f *lock.File) pins {
	p := pins{source: lock.Path, byURL: map[string]string{}, at: diag.Range{File: lock.Path}}
	for url, repo := range f.Repositories {
		p.byURL[url] = repo.Commit
	}
	return p
}

func dependencyPins(d *lock.Dependencies) pins {
	p := pins{source: lock.DependenciesPath, byURL: map[string]string{}, at: diag.Range{File: lock.DependenciesPath}}
	for _, e := range d.Entries() {
		p.byURL[lock.Canonical(e.URL)] = e.Commit
	}
	return p
}

// choose says which lock counts: --no-git-update and --update-lock want none,
// --locked wants devpm's own; else the manifest's, devpm's own, odpm's file. The
// findings are about the choice; in ci they are errors.
func (l *Lock) choose(repos []Repository, strict bool, o Options) (pins, diag.List) {
	if l == nil || o.NoGitUpdate && !o.Locked || o.UpdateLock {
		return pins{}, nil
	}
	if o.Locked {
		if l.One == nil {
			return pins{}, nil
		}
		return onePins(l.One), nil
	}
	var found diag.List
	if l.Manifest != nil {
		p := l.manifestPins()
		platform := slices.IndexFunc(repos, func(r Repository) bool { return r.Role == "platform" })
		if platform < 0 || p.commit(repos[platform]) != "" {
			return p, nil
		}
		d := diag.Diagnostic{
			Code: diag.LockPlatform, Severity: diag.Warning, Range: p.at, Path: "locks.git",
			Message: fmt.Sprintf("locks.git has no entry for the platform %s and is not used", repos[platform].Name),
			Fix:     "add the platform's link with its commit, or run `devpm up --update-lock --sync-manifest-locks`",
		}
		if strict {
			d.Severity = diag.Error
			return p, diag.List{d}
		}
		found = append(found, d)
	}
	switch {
	case l.One != nil && len(l.One.Repositories) > 0:
		return onePins(l.One), found
	case l.Dependencies != nil:
		return dependencyPins(l.Dependencies), found
	}
	return pins{}, found
}

// Pin sets the commit of every repository that the lock holds: those that are
// cloned, name no commit themselves and are not the developer's own (spec §6.4).
func (l *Lock) Pin(repos []Repository, scenario string, o Options) []Repository {
	p, _ := l.choose(repos, scenario == scenarioCI, o)
	if p.source == "" {
		return repos
	}
	out := slices.Clone(repos)
	for i, repo := range out {
		if repo.Local || repo.Keep || repo.Commit != "" {
			continue
		}
		out[i].Commit = p.commit(repo)
	}
	return out
}

// scenarioCI is the scenario in which a lock is not a wish (spec §14).
const scenarioCI = "ci"

// sameCommit compares commits of which one may be shortened.
func sameCommit(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}
