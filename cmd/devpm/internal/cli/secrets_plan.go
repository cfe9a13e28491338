package cli

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/compose"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare"
)

// addSecrets says what the plan has to do about secrets, and closes every file
// that holds one. It comes last, when all files are known.
func (p *project) addSecrets(d *prepare.Desired) {
	s := &p.secrets
	d.HashKey = s.key
	d.Secrets = prepare.Secrets{
		Provider: s.provider.Type, Fetch: s.fetch, Early: s.early, Unmet: p.unmetSecrets(),
	}
	if s.imported && s.file != nil {
		d.Secrets.Imported = s.options.File
		d.Files = append(d.Files, prepare.File{Step: "secrets.fetch", Path: secrets.Path, Content: secrets.Encode(s.file.Values), Mode: 0o600})
	}
	switch {
	case p.copiesSecrets():
		f := prepare.File{Step: "secrets.materialize", Path: secrets.RuntimePath, Content: secrets.Encode(p.secretValues()), Mode: 0o600, Service: p.names.Service(compose.OdooService)}
		if s.fetch != "" {
			f.Pending = "secrets.fetch"
		}
		d.Files = append(d.Files, f)
	default:
		// A copy of a source that is gone, or of another scenario, goes too.
		d.Prunes = append(d.Prunes, prepare.Prune{Step: "secrets.materialize", Dir: ".odpm/runtime", Ext: "secrets.json"})
		switch {
		case p.layout == nil:
			d.Secrets.Unmounted = "only the odoo service gets a copy of the secrets"
		case !p.mountsSecrets():
			d.Secrets.Unmounted = "no container gets a copy of the secrets in ci"
		}
	}
	s.hidden = map[string]bool{}
	for i := range d.Files {
		f := &d.Files[i]
		p.closeFile(f)
		s.hidden[f.Path] = s.stale && (f.Masked || p.closedNow(f.Path)) || f.Masked && s.short()
	}
}

// closedNow reports whether a file is there and closed to others.
func (p *project) closedNow(path string) bool {
	info, err := os.Lstat(p.path(path))
	return err == nil && info.Mode()&0o077 == 0
}

// short reports whether a value in use is too short to be found in a text.
func (s *projectSecrets) short() bool {
	return s.file != nil && slices.ContainsFunc(s.refs, func(r secrets.Reference) bool {
		value, ok := s.file.Values[r.Key]
		return ok && len(value) < secrets.MaskedLength
	})
}

// fileDiff is the change of one generated file, without the values of secrets.
// It is not shown where the old text may hold values that nobody knows any more.
func (p *project) fileDiff(path string, old, new []byte) prepare.FileDiff {
	if p.secrets.hidden[path] {
		return prepare.FileDiff{Path: path, Summary: "content not shown: it holds secrets that changed or are short"}
	}
	mask := func(text []byte) []byte { return []byte(p.secrets.redactor.Text(string(text))) }
	unified, added, removed := compose.UnifiedDiff(path, mask(old), mask(new))
	if added+removed == 0 {
		return prepare.FileDiff{Path: path, Summary: "only the values of secrets differ"}
	}
	return prepare.FileDiff{Path: path, Summary: fmt.Sprintf("+%d -%d lines", added, removed), Unified: unified}
}

// copiesSecrets reports whether the odoo container finds the secrets: there are
// some, or the provider is about to give some.
func (p *project) copiesSecrets() bool {
	return p.layout != nil && p.mountsSecrets() && (p.secrets.file != nil || p.secrets.fetch != "")
}

// closeFile gives a file that holds a secret the mode 0600, and marks one whose
// secrets are still to be fetched. What the model knows of where its values come
// from decides; the text is looked at as well, so that no other writer can
// forget.
func (p *project) closeFile(f *prepare.File) {
	s := &p.secrets
	for _, key := range s.pending {
		if f.Pending == "" && bytes.Contains(f.Content, []byte(secrets.Mask(key))) {
			f.Pending = "secrets.fetch"
		}
	}
	if f.Mode&0o077 == 0 || !p.fromSecrets(f) && !s.redactor.Finds(f.Content) {
		return
	}
	f.Mode &= 0o700
	f.Masked = true
}

// fromSecrets reports whether the model made the file from a secret.
func (p *project) fromSecrets(f *prepare.File) bool {
	switch {
	case len(p.secrets.refs) == 0 || p.model == nil:
		return false
	case f.Path == documentName:
		return p.model.HoldsSecret()
	case f.Path == snapshotName:
		return p.model.SnapshotHoldsSecret()
	case f.Step == "compose.fragments" && f.Service != "":
		return p.model.FragmentHoldsSecret(f.Service)
	default:
		return false
	}
}

// mountSecrets lets the odoo container find its copy.
func (l *odooLayout) mountSecrets(path string) {
	l.secrets = path
}

// quotedPart is a part of a value that a message quotes.
var quotedPart = regexp.MustCompile(`"[^"]*"`)

// maskFindings takes parts of secrets out of messages about values that hold
// one, as in "planted" is no port number: only whole values are found in texts.
func (p *project) maskFindings() {
	s := &p.secrets
	if s.file == nil || len(s.refs) == 0 {
		return
	}
	list := p.findings.List()
	for i := range list {
		for _, ref := range s.refs {
			value := s.file.Values[ref.Key]
			if list[i].Range != ref.Range || value == "" {
				continue
			}
			part := func(quoted string) string {
				if strings.Contains(value, strings.Trim(quoted, `"`)) {
					return `"` + secrets.Mask(ref.Key) + `"`
				}
				return quoted
			}
			list[i].Message = quotedPart.ReplaceAllStringFunc(list[i].Message, part)
			list[i].Fix = quotedPart.ReplaceAllStringFunc(list[i].Fix, part)
		}
	}
	p.findings.Replace(list)
}
