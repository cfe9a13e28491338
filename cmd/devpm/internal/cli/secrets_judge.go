package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare/odoo"
)

// unusable says why a file does not serve a reference (spec §3.4).
func unusable(f *secrets.File, ref secrets.Reference) (diag.Diagnostic, bool) {
	d := diag.Diagnostic{Range: ref.Range, Path: ref.Path}
	value, ok := f.Values[ref.Key]
	switch {
	case !ok:
		d.Code, d.Message, d.Fix = diag.SecretUnknown, fmt.Sprintf("the secret %s is not in %s", ref.Key, f.Name), fmt.Sprintf("add %q to %s", ref.Key, f.Name)
	case secrets.IsPlaceholder(value):
		d.Code, d.Message = diag.SecretPlaceholder, fmt.Sprintf("the secret %s still has the placeholder of a template for its value", ref.Key)
		d.Fix = "write its value in " + f.Name
		d.Related = []diag.Related{{Range: f.At[ref.Key], Message: "the placeholder is here"}}
	default:
		return d, false
	}
	return d, true
}

// judgeSecrets decides, once the manifest is read, whether a provider is to be
// asked, and reports what is missing.
func (p *project) judgeSecrets() {
	s := &p.secrets
	if p.manifest == nil {
		return
	}
	s.refs = secrets.References(p.manifest, p.env)
	s.block = secrets.BlockOf(p.manifest.Secrets)
	flag := s.options.Provider
	if s.imported {
		flag = secrets.TypeFile
	}
	variable, _, _ := p.env.Lookup(secrets.TypeVariable)
	provider, problem := secrets.Choose(flag, variable, s.block.Provider)
	s.provider = provider
	if problem != nil && p.mayProvide(provider.Type) {
		problem = nil
	}
	if why := s.whyFetch(p.mountsSecrets()); why != "" && provider.Type != secrets.TypeFile {
		if problem != nil {
			p.sayOfSecrets(*problem)
			return
		}
		s.fetch, s.early = why, len(s.refs) > 0
		s.pending = s.lacking()
		if s.options.Refresh {
			s.pending = s.wanted()
		}
		p.warnSecrets()
		return
	}
	if problem != nil { // the file has everything
		problem.Severity = diag.Warning
		p.findings.Add(*problem)
	}
	if s.file == nil {
		if len(s.refs) > 0 && !s.present && !s.imported {
			p.sayOfSecrets(secrets.Absent(s.refs, s.example))
		}
	} else {
		for _, ref := range s.refs {
			if d, bad := unusable(s.file, ref); bad {
				p.sayOfSecrets(d)
			}
		}
	}
	if !s.options.Need {
		p.sayOfSecrets(p.unmetSecrets()...)
	}
	p.warnSecrets()
}

// warnSecrets tells what works and gives secrets away.
func (p *project) warnSecrets() {
	s := &p.secrets
	short := map[string]bool{}
	for _, ref := range s.refs {
		if ref.Hook {
			p.findings.Add(diag.Diagnostic{
				Code: diag.SecretInArguments, Severity: diag.Warning, Range: ref.Range, Path: ref.Path,
				Message: fmt.Sprintf("the secret %s becomes an argument of a program: whoever lists the processes of this machine sees it", ref.Key),
				Fix:     "let the program read " + secrets.Path + " itself",
			})
		}
		if s.file == nil || short[ref.Key] {
			continue
		}
		if value, ok := s.file.Values[ref.Key]; ok && len(value) < secrets.MaskedLength {
			short[ref.Key] = true
			p.findings.Add(diag.Diagnostic{
				Code: diag.SecretShort, Severity: diag.Warning, Range: s.file.At[ref.Key], Path: ref.Key,
				Message: fmt.Sprintf("a value of fewer than %d characters is not masked in the output of programs", secrets.MaskedLength),
				Fix:     "choose a longer value",
			})
		}
	}
	if (s.present || s.imported || s.fetch != "") && !p.ignoresSecrets() {
		p.findings.Add(diag.Diagnostic{
			Code: diag.SecretsNotIgnored, Severity: diag.Warning, Range: diag.Range{File: ".odpm/.gitignore"},
			Message: "git does not ignore " + secrets.Path + ": the next commit may hold it", Fix: "add the line secrets.json to .odpm/.gitignore",
		})
	}
}

// whyFetch says why a provider that can be asked would be; "" when all that is
// used is there. How the provider works is not compared: --refresh-secrets is
// for that.
func (s *projectSecrets) whyFetch(mounted bool) string {
	lacking := s.lacking()
	switch {
	case s.options.Refresh:
		return "asked for with --refresh-secrets"
	case s.file == nil && s.present:
		return secrets.Path + " cannot be used"
	case s.file == nil && (len(lacking) > 0 || s.block.Required || mounted):
		return "there is no " + secrets.Path
	case len(lacking) > 0:
		return secrets.Path + " lacks " + strings.Join(lacking, ", ")
	}
	return ""
}

// wanted are the keys that the manifest names, sorted.
func (s *projectSecrets) wanted() []string {
	keys := secrets.Keys(s.refs)
	for _, key := range s.block.Keys {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// lacking are those of them that have no value.
func (s *projectSecrets) lacking() []string {
	return slices.DeleteFunc(s.wanted(), func(key string) bool {
		if s.file == nil {
			return false
		}
		_, bad := unusable(s.file, secrets.Reference{Key: key})
		return !bad
	})
}

// mountsSecrets reports whether a container gets a copy: those of the odoo
// service, but not in ci (spec §4.1).
func (p *project) mountsSecrets() bool {
	return p.manifest.Stack == manifest.StackOdoo && p.manifest.Scenario != odoo.CI
}

// unmetSecrets is what a required block lacks in this run.
func (p *project) unmetSecrets() diag.List {
	if p.secrets.fetch != "" {
		return nil // the provider's answer is judged when it is there
	}
	return p.secrets.block.Unmet(p.manifest.Scenario, p.secrets.file, p.secrets.example)
}

// ignoresSecrets reports whether git is told to leave the secrets file out. A
// .gitignore that devpm is still to write does.
func (p *project) ignoresSecrets() bool {
	for file, lines := range map[string][]string{
		".odpm/.gitignore": {"secrets.json", "/secrets.json", "*.json", "*", "/*"},
		".gitignore":       {".odpm", ".odpm/", "/.odpm", "/.odpm/", ".odpm/*", ".odpm/secrets.json", "/.odpm/secrets.json", "secrets.json"},
	} {
		text, err := readConfig(p.path(file))
		if errors.Is(err, fs.ErrNotExist) && file == ".odpm/.gitignore" {
			return true
		}
		for line := range strings.Lines(string(text)) {
			if slices.Contains(lines, strings.TrimSpace(line)) {
				return true
			}
		}
	}
	return false
}
