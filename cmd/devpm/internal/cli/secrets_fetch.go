package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/internal/execx"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare/apply"
)

// providerTimeout is how long a provider may take: it may have to wake a vault,
// and has no terminal to ask anybody.
const providerTimeout = 2 * time.Minute

// secretsEffect asks the provider of a project. fetched is set afterwards: the
// manifest means something else then.
type secretsEffect struct {
	project *project
	app     *App
	fetched bool
}

var _ apply.Secrets = (*secretsEffect)(nil)

// Fetch implements apply.Secrets. It runs the provider in the project, with the
// environment that hooks have, and gives the new secrets file. Of what the
// provider printed only its last messages are shown, and those when it failed.
func (e *secretsEffect) Fetch(ctx context.Context) ([]byte, error) {
	if err := e.project.stillTrusted(e.app); err != nil {
		return nil, err
	}
	provider := e.project.secrets.provider
	if provider.Type != secrets.TypeExec {
		return e.fetchFromExtension(ctx, provider)
	}
	var out limited
	var messages []string
	lines := execx.Lines(func(line string) {
		messages = append(messages, line)
		if len(messages) > tailOfProvider {
			messages = messages[1:]
		}
	})
	result, err := e.app.runner().Run(ctx, execx.Command{
		Argv: provider.Argv(), Dir: e.project.dir, Env: e.project.env.Merged(), Stdout: &out, Stderr: lines, Timeout: providerTimeout,
	})
	lines.Flush()
	fail := func(code diag.Code, message, fix string) error {
		return &apply.Failed{
			Err:  diag.List{{Code: code, Range: provider.Range, Path: provider.Path, Message: message, Fix: fix}}.Err(),
			Tail: e.withoutValues(provider, out.Bytes(), messages),
		}
	}
	name := provider.Argv()[0]
	var start *execx.StartError
	switch {
	case errors.As(err, &start):
		fix := "install it, or correct the command; a path with a slash is relative to the project"
		if start.Reason == execx.NotExecutable {
			fix = "make it executable: chmod +x " + name
		}
		return nil, fail(diag.SecretsFetchFailed, fmt.Sprintf("%q could not be started: %s", name, start.Reason), fix)
	case err != nil:
		return nil, fmt.Errorf("running the secrets provider: %w", err)
	case result.Interrupted:
		return nil, context.Cause(ctx)
	case result.TimedOut:
		return nil, fail(diag.SecretsFetchFailed, fmt.Sprintf("%q did not end within %s and was stopped", name, providerTimeout), "sign in to the provider first: it has no terminal to ask you")
	case result.ExitCode != 0:
		return nil, fail(diag.SecretsFetchFailed, fmt.Sprintf("%q ended with exit status %d", name, result.ExitCode), "read its last lines; run the same command by hand in the project")
	}
	values, fault := provider.Decode(out.Bytes())
	if fault != nil {
		return nil, fail(fault.Code, fault.Message, fault.Fix)
	}
	if err := e.complete(provider, values); err != nil {
		return nil, err
	}
	e.learn(values)
	e.fetched = true
	return secrets.Encode(values), nil
}

// tailOfProvider is how many of the provider's last messages a failure shows.
const tailOfProvider = 20

// complete refuses an answer that lacks what the manifest needs, before it
// takes the place of what was there.
func (e *secretsEffect) complete(provider secrets.Provider, values map[string]string) error {
	s := &e.project.secrets
	var missing []string
	for _, key := range s.wanted() {
		value, ok := values[key]
		required := s.block.Required && slices.Contains(s.block.Keys, key)
		used := slices.ContainsFunc(s.refs, func(r secrets.Reference) bool { return r.Key == key })
		if (used || required) && (!ok || secrets.IsPlaceholder(value) || required && strings.TrimSpace(value) == "") {
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return diag.List{{
		Code: diag.SecretsFetchPartial, Range: provider.Range, Path: provider.Path,
		Message: "the provider gave no value for " + strings.Join(missing, ", "), Fix: "add it at the provider, or map the provider's name for it in secrets.provider.key_map",
	}}.Err()
}

// learn masks the values from here on, beside those that were known before.
func (e *secretsEffect) learn(values map[string]string) {
	s := &e.project.secrets
	s.redactor = redactorOf(&secrets.File{Values: values}, s.file, s.old)
	e.app.masking.redactor.Store(s.redactor)
}

// withoutValues takes what the provider printed as values out of its messages,
// so that a program that echoes them gives nothing away when it fails.
func (e *secretsEffect) withoutValues(provider secrets.Provider, output []byte, messages []string) []string {
	if values, fault := provider.Decode(output); fault == nil {
		e.learn(values)
	}
	out := make([]string, len(messages))
	for i, line := range messages {
		out[i] = e.project.secrets.redactor.Text(line)
	}
	return out
}

// limited keeps as much of an output as a provider may print, and one byte more
// to tell.
type limited struct{ bytes.Buffer }

// Write implements io.Writer and never fails.
func (l *limited) Write(b []byte) (int, error) {
	if room := secrets.MaxOutput + 1 - l.Len(); room > 0 {
		l.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// lookAgain reads the manifest again when repositories came that add to it, or
// when the provider was asked: the manifest's values are other ones then.
func (p *project) lookAgain(ctx context.Context, app *App, link *engineLink, args []string, fetch *secretsEffect) error {
	if !fetch.fetched {
		return p.refresh(ctx, app, link, args)
	}
	fetch.fetched = false
	before, options := p.secrets, app.Secrets
	app.Secrets.Refresh = false
	defer func() { app.Secrets = options }()
	p.findings.Replace(p.known)
	if err := p.readSecrets(app); err != nil {
		return err
	}
	p.first.findings = p.findings.List()
	// What was replaced is masked as well: containers still run with it.
	p.secrets.early, p.secrets.retired = before.early, append(before.retired, before.file)
	p.secrets.redactor = redactorOf(append(p.secrets.retired, p.secrets.file, p.secrets.old)...)
	app.masking.redactor.Store(p.secrets.redactor)
	if err := p.refresh(ctx, app, link, args); err != nil {
		return err
	}
	return p.noteSecrets(false)
}
