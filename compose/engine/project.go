package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/client"
)

// DefaultName is the project name that Compose gives to a directory: its base
// name in lower case, of which letters, digits, dashes and underscores stay,
// without leading dashes and underscores. It may be "".
func DefaultName(dir string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, strings.ToLower(filepath.Base(dir)))
	return strings.TrimLeft(name, "_-")
}

// ChooseName chooses the project's name for its first `up` (design §7
// Compose): Compose's default, unless the engine has a project of that name
// from another directory. dirsOf is what Engine.ProjectDirs said, nil when the
// engine was not asked. The caller keeps the name; it is not chosen twice.
func ChooseName(dir string, dirsOf []string) string {
	name := DefaultName(dir)
	elsewhere := slices.ContainsFunc(dirsOf, func(d string) bool { return d != "" && !samePath(d, dir) })
	if name != "" && !elsewhere {
		return name
	}
	sum := sha256.Sum256([]byte(filepath.Clean(dir)))
	suffix := hex.EncodeToString(sum[:])[:8]
	if name == "" {
		name = "project"
	}
	return name + "-" + suffix
}

// samePath also takes two names of one directory for the same.
func samePath(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	ra, errA := filepath.EvalSymlinks(a)
	rb, errB := filepath.EvalSymlinks(b)
	return errA == nil && errB == nil && ra == rb
}

// ProjectDirs returns the directories from which the containers of a project
// were made, sorted.
func (e *Engine) ProjectDirs(ctx context.Context, project string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	found, err := e.list(ctx, client.Filters{}.Add("label", labelProject+"="+project))
	if err != nil {
		return nil, e.refused(ctx, "looking for the project "+project, err)
	}
	var dirs []string
	for _, c := range found {
		if c.WorkingDir != "" {
			dirs = append(dirs, c.WorkingDir)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), nil
}

// ProjectOf is a Compose project that was started from one document.
type ProjectOf struct {
	Name    string
	Running bool // at least one of its containers runs
}

// ProjectsOf returns the projects, by name, whose containers were made from the
// document file in dir. More than one is there when the name was changed while
// containers were there.
func (e *Engine) ProjectsOf(ctx context.Context, dir, file string) ([]ProjectOf, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	found, err := e.list(ctx, client.Filters{}.Add("label", labelWorkingDir+"="+dir))
	if err != nil {
		return nil, e.refused(ctx, "looking for the projects of "+dir, err)
	}
	var out []ProjectOf
	for _, c := range found { // sorted by project
		if !slices.Contains(c.ConfigFiles, filepath.Join(dir, file)) {
			continue // somebody else's document beside ours
		}
		if len(out) == 0 || out[len(out)-1].Name != c.Project {
			out = append(out, ProjectOf{Name: c.Project})
		}
		last := &out[len(out)-1]
		last.Running = last.Running || c.State == "running"
	}
	return out, nil
}
