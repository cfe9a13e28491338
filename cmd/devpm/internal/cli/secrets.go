package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/manifest/secrets"
)

// secretOptions is what a command does with secrets. The zero value suits a
// command that looks at the manifest: no value is used, and what is missing is a
// warning.
type secretOptions struct {
	Use      bool   // put values where the manifest names secrets
	Need     bool   // what is missing is an error
	File     string // --secrets-file
	Provider string // --secrets-provider
	Refresh  bool   // --refresh-secrets
}

// projectSecrets is what a project says about secrets and what there is.
type projectSecrets struct {
	options  secretOptions
	file     *secrets.File   // what counts in this run; nil when there is none
	imported bool            // file is that of --secrets-file
	present  bool            // something is at .odpm/secrets.json
	old      *secrets.File   // the copy that containers have
	retired  []*secrets.File // replaced by the provider in this run
	example  []string
	provider secrets.Provider
	refs     []secrets.Reference
	block    secrets.Block
	fetch    string // why this run asks the provider; "" when it does not
	early    bool   // before everything else
	pending  []string
	redactor *secrets.Redactor
	key      []byte          // of hashes; nil before the first up
	stale    bool            // generated files may hold values that nobody knows any more
	hidden   map[string]bool // files whose change is not shown
}

// readSecrets reads the secrets files before the manifest is expanded, and
// from here on nothing that is printed holds one of their values.
func (p *project) readSecrets(app *App) error {
	s := &p.secrets
	*s = projectSecrets{options: app.Secrets}
	files, err := fsx.OpenView(p.dir)
	if err != nil {
		return fmt.Errorf("opening the project: %w", err)
	}
	defer files.Close()
	own, mode, err := files.ReadFile(secrets.Path)
	switch {
	case err == nil:
		s.present = true
		s.file = p.secretsFile(secrets.Path, own, mode)
	case p.noSecrets(err):
	default:
		d := diag.Diagnostic{Code: diag.SecretsFile, Range: diag.Range{File: secrets.Path}, Message: "the file cannot be read: " + cause(err), Fix: "make it a file that you can read"}
		if errors.Is(err, fsx.ErrLeadsOut) {
			d.Message, d.Fix = "the file is a symbolic link that leads out of the project", "put the file here, or give the other one with --secrets-file"
		}
		p.sayOfSecrets(d)
		s.present = true
	}
	if copied, _, err := files.ReadFile(secrets.RuntimePath); err == nil {
		s.old = secrets.Read(secrets.RuntimePath, copied, &diag.Collector{}) // devpm's own: written anew when it is no good
	}
	if text, _, err := files.ReadFile(secrets.ExamplePath); err == nil {
		s.example = secrets.ExampleKeys(text)
	}
	known := []*secrets.File{s.file, s.old}
	if name := s.options.File; name != "" {
		if s.file, err = p.givenSecrets(app, name); err != nil {
			return err
		}
		s.imported = true
		known = append(known, s.file)
	}
	s.redactor = redactorOf(known...)
	app.masking.redactor.Store(s.redactor)
	s.key = readHashKey(app, p.home)
	s.stale = p.staleSecrets()
	p.tokens.Secret = p.secretText
	return nil
}

func redactorOf(files ...*secrets.File) *secrets.Redactor {
	var sets []map[string]string
	for _, f := range files {
		if f != nil {
			sets = append(sets, f.Values)
		}
	}
	return secrets.NewRedactor(sets...)
}

// noSecrets reports whether an error means that there is no secrets file. A
// project directory that is in the way as a whole is told of elsewhere.
func (p *project) noSecrets(err error) bool {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fsx.ErrUnderFile) {
		return true
	}
	_, e := os.Lstat(p.path(secrets.Path))
	link, linkErr := os.Lstat(p.path(".odpm"))
	return e != nil || linkErr == nil && link.Mode()&fs.ModeSymlink != 0
}

// givenSecrets reads the file of --secrets-file, which may be anywhere.
func (p *project) givenSecrets(app *App, name string) (*secrets.File, error) {
	path := app.path(name)
	src, err := readConfig(path)
	if err != nil {
		return nil, fault(diag.SecretsFile, name, "the file cannot be read: "+cause(err), "give the path of a secrets file that you can read")
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode()
	}
	return p.secretsFile(name, src, mode), nil
}

// secretsFile reads one secrets file; nil when it cannot be used, which is
// reported.
func (p *project) secretsFile(name string, src []byte, mode fs.FileMode) *secrets.File {
	if runtime.GOOS != "windows" && mode&0o077 != 0 {
		p.findings.Add(diag.Diagnostic{
			Code: diag.SecretsOpen, Severity: diag.Warning, Range: diag.Range{File: name},
			Message: fmt.Sprintf("others on this machine can read the secrets: the mode is %04o", mode.Perm()), Fix: "chmod 600 " + name,
		})
	}
	var found diag.Collector
	f := secrets.Read(name, src, &found)
	p.sayOfSecrets(found.List()...)
	return f
}

// sayOfSecrets reports what is wrong with secrets: an error for a command that
// needs them.
func (p *project) sayOfSecrets(list ...diag.Diagnostic) {
	for _, d := range list {
		d.Severity = diag.Warning
		if p.secrets.options.Need {
			d.Severity = diag.Error
		}
		p.findings.Add(d)
	}
}

// secretText is what ${@secret:KEY} stands for while the manifest is read. A
// value that is not there is no fault yet: a provider may have it (judgeSecrets).
func (p *project) secretText(key string) (value, origin string, _ *manifest.TokenFault) {
	s := &p.secrets
	if s.file == nil {
		return secrets.Mask(key), "secrets.fetch", nil
	}
	text, ok := s.file.Values[key]
	if !ok {
		return secrets.Mask(key), "unset", nil
	}
	origin = fmt.Sprintf("%s:%d", s.file.Name, s.file.At[key].Start.Line)
	if !s.options.Use {
		return secrets.Mask(key), origin, nil
	}
	return text, origin, nil
}

// runTokens are the tokens of what runs: hooks. A secret that is not there is
// an error then.
func (p *project) runTokens() manifest.Tokens {
	tokens := p.tokens
	tokens.Secret = func(key string) (string, string, *manifest.TokenFault) {
		if f := p.secrets.file; f == nil {
			return "", "unset", tokenFault(secrets.Absent([]secrets.Reference{{Key: key}}, p.secrets.example))
		} else if d, ok := unusable(f, secrets.Reference{Key: key}); ok {
			return "", "unset", tokenFault(d)
		} else {
			return f.Values[key], f.Name, nil
		}
	}
	return tokens
}

func tokenFault(d diag.Diagnostic) *manifest.TokenFault {
	return &manifest.TokenFault{Code: d.Code, Severity: diag.Error, Message: d.Message, Fix: d.Fix}
}

// secretValues are the values that this run uses; nil while there are none.
func (p *project) secretValues() map[string]string {
	if p.secrets.file == nil {
		return nil
	}
	return maps.Clone(p.secrets.file.Values)
}
