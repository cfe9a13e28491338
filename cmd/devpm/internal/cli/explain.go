package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/devpm/devpm/cmd/devpm/internal/view"
	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/prepare"
)

// runExplain answers for a path of the document, for a generated file, and for
// FILE:KEY; without any of them it lists what it can answer for.
func runExplain(ctx context.Context, app *App, o explainOptions) error {
	if o.Path != "" {
		p, err := app.open(ctx, nil, nil)
		if err != nil {
			return err
		}
		explanation, err := p.model.Explain(o.Path)
		if err == nil {
			return app.printExplanation(explanation, o.Format)
		}
		if unknown, ok := errors.AsType[*compose.UnknownPathError](err); ok && !namesFile(o.Path) {
			// The least that can be meant by a word is a file without its folder.
			if files, _, err := app.generatedFiles(ctx); err == nil {
				if near := nearestFile(o.Path, pathsOf(files)); near != "" {
					return faultUnknownFile(o.Path, near)
				}
			}
			return faultUnknownPath(unknown.Path, unknown.Near)
		}
	}
	files, p, err := app.generatedFiles(ctx)
	if err != nil {
		return err
	}
	if o.Path == "" {
		return app.printExplainable(files, p.model.Top(), o.Format)
	}
	return app.explainFile(p, files, o)
}

// namesFile tells a file from a path of the document.
func namesFile(text string) bool {
	name, _, keyed := strings.Cut(text, ":")
	return keyed || strings.ContainsRune(name, '/') || strings.HasPrefix(name, ".") || slices.Contains([]string{documentName, "Dockerfile", "odoo.conf"}, name)
}

func (a *App) printExplanation(e compose.Explanation, format string) error {
	if format == "json" {
		return a.Out().ExplainJSON(e)
	}
	a.Out().Explain(e)
	return nil
}

func (a *App) printExplainable(files []view.FileExplanation, top []compose.Explanation, format string) error {
	if format == "json" {
		return a.Out().ExplainableJSON(files, top)
	}
	a.Out().Explainable(files, top)
	return nil
}

// generatedFiles describes every file that devpm writes for the project. What
// is on the disk is compared by a plan with the values of secrets; the project
// that is returned, and everything that is shown, is without them.
func (a *App) generatedFiles(ctx context.Context) ([]view.FileExplanation, *project, error) {
	a.Secrets = secretOptions{Use: true}
	p, err := a.open(ctx, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	plan, err := p.plan(ctx, a, nil, prepare.Options{NoDocker: true, SkipStart: true, NoGitUpdate: true})
	if err != nil {
		return nil, nil, err
	}
	var files []view.FileExplanation
	for i := range p.seen.desired.Files {
		f := &p.seen.desired.Files[i]
		e := view.FileExplanation{Path: f.Path, Writer: f.Step, Mode: f.Mode, Now: p.state(f)}
		if step := plan.Step(f.Step); step != nil {
			e.Description = step.Description
		}
		e.Reason = p.whyFile(f.Path, f.Step, f.Service)
		files = append(files, e)
	}
	files = append(files, p.filesOfRuns()...)
	files = append(files, p.contextFiles()...)
	slices.SortFunc(files, func(x, y view.FileExplanation) int { return strings.Compare(x.Path, y.Path) })
	a.Secrets = secretOptions{}
	bare, err := a.open(ctx, nil, nil)
	return files, bare, err
}

// state compares a file with what is on the disk.
func (p *project) state(f *prepare.File) string {
	have := p.seen.observed.Files[f.Path]
	if have.Problem != prepare.NoProblem {
		return "the path " + string(have.Problem)
	}
	switch why := f.Against(have); {
	case why != "":
		return why
	case f.Once:
		return "written once, then yours"
	default:
		return "up to date"
	}
}

// explainFile answers for a file or for one of its keys.
func (a *App) explainFile(p *project, files []view.FileExplanation, o explainOptions) error {
	i, key := findFile(p, files, o.Path)
	if i < 0 {
		name, _, _ := strings.Cut(o.Path, ":")
		return faultUnknownFile(name, nearestFile(name, pathsOf(files)))
	}
	f := files[i]
	values := p.valuesOf(f.Path, f.Writer)
	if key == "" {
		if values != nil {
			f.Values = values.all()
		}
		if o.Format == "json" {
			return a.Out().ExplainFileJSON(f)
		}
		a.Out().ExplainFile(f)
		return nil
	}
	if values == nil {
		return faultWholeFile(f.Path)
	}
	e, near, ok := values.find(key)
	if !ok {
		return faultUnknownKey(f.Path, key, near)
	}
	return a.printExplanation(e, o.Format)
}

func pathsOf(files []view.FileExplanation) []string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Path
	}
	return names
}

// findFile is the file that a text names, whole or up to a colon, and the key
// behind that. Names of files may hold colons themselves.
func findFile(p *project, files []view.FileExplanation, text string) (at int, key string) {
	at, name := -1, ""
	for i, f := range files {
		for _, spelled := range []string{f.Path, "./" + f.Path, p.path(f.Path)} {
			rest, ok := strings.CutPrefix(text, spelled)
			if ok && (rest == "" || rest[0] == ':') && len(f.Path) > len(name) {
				at, name, key = i, f.Path, strings.TrimPrefix(rest, ":")
			}
		}
	}
	return at, key
}

// nearestFile is the file that was meant: by its whole name or its last part.
func nearestFile(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return near
	}
	for _, k := range known {
		if path.Base(k) == path.Base(name) {
			return k
		}
	}
	for _, k := range known {
		if nearest(path.Base(name), []string{path.Base(k)}) != "" {
			return k
		}
	}
	return ""
}

func faultUnknownFile(name, near string) error {
	fix := "run `devpm explain` to see the files that devpm generates"
	if near != "" {
		fix = fmt.Sprintf("did you mean %s?", near)
	}
	return fault(diag.NoSuchFile, "", fmt.Sprintf("devpm generates no file %q here", name), fix)
}

func faultUnknownKey(file, key string, near []string) error {
	fix := fmt.Sprintf("run `devpm explain %s` to see all of them", file)
	if len(near) > 0 {
		fix = meant(near)
	}
	return fault(diag.NoSuchKey, "", fmt.Sprintf("%s has no %q", file, key), fix)
}

func faultWholeFile(file string) error {
	return fault(diag.NoSuchKey, "", file+" is explained as a whole: it has no keys", "leave the key out")
}
