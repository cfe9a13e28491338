package prepare

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/devpm/devpm/diag"
)

// fileWork is what the files of one step need: the actions, why, and the words
// for the reason.
type fileWork struct {
	actions []Action
	cause   []Change
	reasons []string // one per file to write or remove
	paths   []string // the same files
	refused []diag.Diagnostic
	pending string // the step after which a file's content is known
}

// inspectFiles compares the files of a step with what is there.
func (b *builder) inspectFiles(id string) fileWork {
	var w fileWork
	for _, f := range b.files[id] {
		have := b.have.Files[f.Path]
		if have.Problem != NoProblem {
			w.refused = append(w.refused, blockedFile(f.Path, have.Problem))
			w.note(f.Path, string(have.Problem), Change{Key: f.Path, Old: string(have.Problem), New: short(b.identity(f, f.Content))})
			continue
		}
		why := b.whyWrite(f, have)
		if why == "" {
			continue
		}
		w.note(f.Path, why, b.fileChange(f, have))
		if f.Pending != "" { // what there is to write, the plan after that step says
			w.pending = f.Pending
			continue
		}
		w.actions = append(w.actions, WriteFile{Path: f.Path, Content: f.Content, Mode: f.Mode})
		b.diff(f, have)
	}
	for _, p := range b.prunes[id] {
		for _, name := range b.have.Stale[p.Dir] {
			file := path.Join(p.Dir, name)
			w.actions = append(w.actions, RemoveFile{Path: file})
			w.note(file, "no longer wanted", Change{Key: file, Old: "present"})
		}
	}
	return w
}

func (w *fileWork) note(path, why string, c Change) {
	w.paths = append(w.paths, path)
	w.reasons = append(w.reasons, why)
	w.cause = append(w.cause, c)
}

// reason is what the step's line says: one file by name, more by number.
func (w *fileWork) reason() string {
	switch len(w.reasons) {
	case 0:
		return ""
	case 1:
		return w.paths[0] + ": " + w.reasons[0]
	}
	return fmt.Sprintf("%d files: %s", len(w.reasons), tally(w.reasons))
}

// whyWrite says why a file must be written: "missing", "content differs
// (+1 -1 lines)", "mode 0644, want 0600"; "" when it need not be.
func (b *builder) whyWrite(f *File, have FileState) string {
	why := f.Against(have)
	if why == contentDiffers && b.opt.Differ != nil && len(b.files[f.Step]) == 1 {
		return contentDiffers + " (" + b.opt.Differ(f.Path, have.Content, f.Content).Summary + ")"
	}
	return why
}

const contentDiffers = "content differs"

// Against says why a file must be written in place of what is there; "" when it
// need not be.
func (f *File) Against(have FileState) string {
	switch {
	case f.Pending != "":
		return pendingReason(f)
	case !have.Exists:
		return "missing"
	case f.Once:
		return ""
	case !bytes.Equal(f.Content, have.Content):
		return contentDiffers
	case !modeFits(have.Mode, f.Mode):
		return fmt.Sprintf("mode %04o, want %04o", have.Mode.Perm(), f.Mode.Perm())
	}
	return ""
}

// modeFits is lenient where it can be, because some file systems have one mode
// for everything: the owner's bits must be there, and a file that is closed to
// others must be closed.
func modeFits(have, want fs.FileMode) bool {
	return want&0o700&^have == 0 && (want&0o077 != 0 || have&0o077 == 0)
}

func (b *builder) fileChange(f *File, have FileState) Change {
	c := Change{Key: f.Path, New: short(b.identity(f, f.Content))}
	if have.Exists {
		c.Old = short(b.identity(f, have.Content))
	}
	return c
}

// masked stands for the diff of a file that holds secrets.
const masked = "content not shown: holds secrets"

func (b *builder) diff(f *File, have FileState) {
	if !b.opt.Diff || b.opt.Differ == nil || bytes.Equal(f.Content, have.Content) {
		return
	}
	if f.Mode&0o077 == 0 && !f.Masked {
		b.plan.Diffs = append(b.plan.Diffs, FileDiff{Path: f.Path, Summary: masked})
		return
	}
	b.plan.Diffs = append(b.plan.Diffs, b.opt.Differ(f.Path, have.Content, f.Content))
}

func blockedFile(path string, p Problem) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.PathOccupied, Range: diag.Range{File: path}, Message: "devpm generates this file, but the path " + string(p), Fix: "move what is there away; devpm never deletes what it did not make"}
	switch p {
	case LeadsOut:
		d.Code = diag.PathLeadsOut
		d.Fix = "replace the symbolic link by a real file or directory; devpm writes generated files only below the project"
	case Unreadable:
		d.Code = diag.NotWritable
		d.Fix = "give yourself access: chown or chmod the path"
	}
	return d
}

// fileStep appends a step that does nothing but keep its files right. Without
// any file the step is skipped with the reason.
func (b *builder) fileStep(id, description, none string, dependsOn ...string) {
	if len(b.files[id]) == 0 && len(b.prunes[id]) == 0 {
		b.skip(id, description, none, dependsOn...)
		return
	}
	s := Step{ID: id, Description: description, Required: true, DependsOn: dependsOn}
	b.applyFiles(&s)
	b.keepForeign(&s, b.files[id])
	b.add(s)
}

// mountedFiles gives each service that mounts generated files the identity
// that they have after this run: what the user made of his own stays.
func (b *builder) mountedFiles() map[string]string {
	contents := map[string][]byte{}
	for i := range b.want.Files {
		f := &b.want.Files[i]
		if f.Service == "" || f.Step == "compose.fragments" {
			continue
		}
		content := f.Content
		if state := b.have.Files[f.Path]; f.Once && state.Exists {
			content = state.Content
		}
		contents[f.Service] = fmt.Appendf(contents[f.Service], "%s %s\n", f.Path, b.identity(f, content))
	}
	out := make(map[string]string, len(contents))
	for service, text := range contents {
		out[service] = Hash(text)
	}
	return out
}

// applyFiles gives a step the work of its files.
func (b *builder) applyFiles(s *Step) {
	w := b.inspectFiles(s.ID)
	for _, d := range w.refused {
		b.refuse(s, d)
	}
	s.Inputs = b.want.Inputs
	s.Actions = append(s.Actions, w.actions...)
	s.Cause = append(s.Cause, w.cause...)
	s.KnownAfter = w.pending
	if len(w.reasons) > 0 {
		s.Outcome, s.Reason = Update, w.reason()
		return
	}
	s.Outcome, s.Reason = Noop, "up to date"
}

// lacks is the reason of a template step in a stack without such a file.
func (b *builder) lacks(what string) string {
	return fmt.Sprintf("stack %s has no %s", b.want.Stack, what)
}

func (b *builder) templateDockerfile() {
	b.fileStep("template.dockerfile", "Write the Dockerfile", b.lacks("Dockerfile"), "hooks.post_clone")
}

func (b *builder) templateDockerignore() {
	b.fileStep("template.dockerignore", "Write .dockerignore", b.lacks(".dockerignore"), "hooks.post_clone")
}

func (b *builder) templateOdooConf() {
	b.fileStep("template.odoo_conf", "Write odoo.conf", b.lacks("odoo.conf"), "hooks.post_clone", "git.lock_apply")
}

func (b *builder) projectMapFolders() {
	s := Step{ID: "project.map_folders", Description: "Make the folders that containers use", Required: true, DependsOn: []string{"hooks.post_clone"}}
	b.applyFiles(&s)
	var missing []string
	for _, d := range b.want.Directories {
		if b.have.Directories[d.Path] {
			continue
		}
		shown := strings.TrimPrefix(d.Path, b.want.ProjectDir+"/")
		missing = append(missing, shown)
		s.Actions = append(s.Actions, MakeDirectory(d))
		s.Cause = append(s.Cause, Change{Key: shown, New: "directory"})
	}
	switch {
	case len(missing) > 0 && s.Outcome == Update:
		s.Outcome, s.Reason = Run, "missing: "+listed(missing)+"; "+s.Reason
	case len(missing) > 0:
		s.Outcome, s.Reason = Run, "missing: "+listed(missing)
	case s.Outcome == Noop && len(b.want.Directories) == 0:
		s.Reason = "the project maps no folders"
	case s.Outcome == Noop:
		s.Reason = count(len(b.want.Directories), "folder is", "folders are") + " there"
	}
	b.add(s)
}

func (b *builder) projectUpdateLinks() {
	s := Step{ID: "project.update_links", Description: "Link repositories into the project", Required: true, Outcome: Noop, DependsOn: []string{"git.checkout", "git.ensure_present", "sources.materialize"}, Boundary: b.asksExtensions()}
	var wrong []string
	for _, l := range b.want.Links {
		have := b.have.Links[l.Path]
		switch {
		case have.IsLink && have.Target == l.Target:
		case have.Exists && !have.IsLink:
			b.warn(diag.Diagnostic{
				Code: diag.LinkOccupied, Severity: diag.Warning, Range: diag.Range{File: l.Path},
				Message: "the link to " + l.Target + " belongs here, but something else is in its place and stays",
				Fix:     "move it away, then run again",
			})
		default:
			wrong = append(wrong, l.Path)
			s.Actions = append(s.Actions, MakeLink(l))
			s.Cause = append(s.Cause, Change{Key: l.Path, Old: have.Target, New: l.Target})
		}
	}
	switch {
	case len(wrong) > 0:
		s.Outcome, s.Reason = Run, "missing or wrong: "+listed(wrong)
	case len(b.want.Links) == 0:
		s.Reason = "the project has no links"
	default:
		s.Reason = count(len(b.want.Links), "link is", "links are") + " right"
	}
	b.add(s)
}

// tally counts equal words in order of first appearance: "2 missing, 1
// content differs"; all alike are just "missing".
func tally(words []string) string {
	n := map[string]int{}
	var order []string
	for _, w := range words {
		if n[w] == 0 {
			order = append(order, w)
		}
		n[w]++
	}
	for i, w := range order {
		order[i] = fmt.Sprintf("%d %s", n[w], w)
	}
	if len(order) == 1 {
		return words[0]
	}
	return strings.Join(order, ", ")
}
