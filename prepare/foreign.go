package prepare

import (
	"bytes"
	"path"
	"strings"

	"github.com/devpm/devpm/diag"
)

// keepForeign keeps a copy of a file that somebody wrote by hand before the
// step's actions replace it. A generated one is known by its first line, a
// comment that says so (odpm's: "Do not change").
func (b *builder) keepForeign(s *Step, files []*File) {
	for _, f := range files {
		have := b.have.Files[f.Path]
		if !f.Marked || have.Problem != NoProblem || len(bytes.TrimSpace(have.Content)) == 0 || bytes.Equal(have.Content, f.Content) {
			continue
		}
		first, _, _ := bytes.Cut(have.Content, []byte("\n"))
		ours, _, _ := bytes.Cut(f.Content, []byte("\n"))
		if bytes.Equal(first, ours) || bytes.Contains(first, []byte("Do not change")) {
			continue
		}
		dir := path.Join(StateDir, "replaced")
		keep := path.Join(dir, copyName(path.Base(f.Path), Hash(have.Content)[:8]))
		b.warn(diag.Diagnostic{
			Code: diag.ForeignDocument, Severity: diag.Warning, Range: diag.Range{File: f.Path},
			Message: "devpm did not generate this file and replaces it; a copy is kept as " + keep,
			Fix:     "move what you need from the copy into odpm.json",
		})
		// The directory stands between the two files because files that follow each
		// other are written at the same time, and the copy has to be there first.
		s.Actions = append([]Action{
			WriteFile{Path: keep, Content: have.Content, Mode: 0o600},
			MakeDirectory{Path: dir, Mode: 0o755},
		}, s.Actions...)
	}
}

// copyName puts a hash into a file's name: docker-compose.0a1b2c3d.yml.
func copyName(name, hash string) string {
	if ext := path.Ext(name); ext != name {
		return strings.TrimSuffix(name, ext) + "." + hash + ext
	}
	return name + "." + hash
}
