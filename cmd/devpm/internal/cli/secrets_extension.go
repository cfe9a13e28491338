package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest/secrets"
	"github.com/devpm/devpm/prepare/apply"
)

// mayProvide reports whether an extension has a secrets provider of the name,
// or might, as long as nobody has asked.
func (p *project) mayProvide(name string) bool {
	switch {
	case name == secrets.TypeFile || name == secrets.TypeExec:
		return false
	case p.ext.collected == nil || !p.ext.known():
		return p.manifest.Extended
	default:
		return slices.Contains(p.ext.collected.SecretsProviders(), name)
	}
}

// fetchFromExtension asks the provider of an extension for what the manifest
// names, and gives the new secrets file.
func (e *secretsEffect) fetchFromExtension(ctx context.Context, provider secrets.Provider) ([]byte, error) {
	e.project.ranPrograms()
	limited, cancel := context.WithTimeout(ctx, providerTimeout)
	defer cancel()
	values, err := e.project.executing(e.app).Secrets(limited, provider.Type, e.project.secrets.wanted())
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return nil, e.extensionFault(provider, fmt.Sprintf("the secrets provider %s did not answer within %s", provider.Type, providerTimeout),
			"sign in to the provider first: it has no terminal to ask you", nil)
	case err != nil:
		var tail interface{ LastLines() []string }
		var last []string
		if errors.As(err, &tail) {
			last = tail.LastLines()
		}
		return nil, e.extensionFault(provider, fmt.Sprintf("the secrets provider %s failed: %v", provider.Type, err), "the extension's documentation may say more", last)
	}
	e.learn(values)
	if err := e.complete(provider, values); err != nil {
		return nil, err
	}
	e.fetched = true
	return secrets.Encode(values), nil
}

func (e *secretsEffect) extensionFault(provider secrets.Provider, message, fix string, tail []string) error {
	return &apply.Failed{
		Err:  diag.List{{Code: diag.SecretsFetchFailed, Range: provider.Range, Path: provider.Path, Message: message, Fix: fix}}.Err(),
		Tail: tail,
	}
}
