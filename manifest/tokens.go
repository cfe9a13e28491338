package manifest

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
)

// Tokens says what ${@service:NAME}, ${@source:NAME} and ${@secret:KEY} stand
// for (spec §4). With the zero value no service has a name (TOK-11), sources are
// known by their variables alone, and no secret can be resolved.
type Tokens struct {
	// Service returns the host name of a service of the document, from the name
	// that the manifest uses. Load sets it from Options.Names when it is nil.
	Service func(name string) string
	// Source returns the directory of an entry of service_sources, from its name
	// and expanded link. The variable ODPM_SOURCE_<NAME> wins over it (spec §3.2).
	Source func(name, link string) (dir string, ok bool)
	// Secret returns the value of a secret and, in the words of Use.Origin,
	// where it comes from; or what is wrong. A fault that is a warning keeps the
	// value.
	Secret func(key string) (value, origin string, fault *TokenFault)

	links map[string]string // of service_sources, once they are read
}

// TokenFault says why a token has no value, or what is odd about it.
type TokenFault struct {
	Code     diag.Code
	Severity diag.Severity
	Message  string
	Fix      string
}

// OfManifest are the tokens with the sources that a manifest declares, for what
// is expanded after it was read: hooks.
func (t Tokens) OfManifest(m *Manifest) Tokens {
	t.links = make(map[string]string)
	for _, source := range members(m.ServiceSources) {
		if source.Value.Kind == String && source.Value.Text != "" {
			t.links[source.Key] = source.Value.Text
		}
	}
	return t
}

// token evaluates ${@kind:name}.
func (e *evaluation) token(p piece) string {
	kind, name, _ := strings.Cut(p.name, ":")
	switch kind {
	case "@service":
		if e.tokens.Service == nil {
			e.fail(p, diag.ServiceNameUnknown, fmt.Sprintf("what the service %s is called is not known here", name), "write the name itself")
			return name
		}
		e.uses = append(e.uses, Use{Name: p.name, Origin: "project"})
		return e.tokens.Service(name)
	case "@source":
		return e.source(p, name)
	default:
		return e.secret(p, name)
	}
}

func (e *evaluation) source(p piece, name string) string {
	variable := sourceVariable(name)
	value, origin, set := e.env.Lookup(variable)
	if link, declared := e.tokens.links[name]; !set && declared && e.tokens.Source != nil {
		if value, set = e.tokens.Source(name, link); set {
			origin = "project"
		}
	}
	if !set {
		origin = "unset"
		e.fail(p, diag.ManifestSourceUnset, fmt.Sprintf("the path of the source %s is not known", name),
			fmt.Sprintf("declare it in service_sources, or set %s in .env to the directory of the source", variable))
	}
	e.uses = append(e.uses, Use{Name: p.name, Origin: origin})
	return value
}

// sourceVariable is the variable that a source is known by (spec §3.2).
func sourceVariable(name string) string { return "ODPM_SOURCE_" + strings.ToUpper(name) }

func (e *evaluation) secret(p piece, key string) string {
	value, origin := "", "unset"
	found := &TokenFault{Code: diag.ManifestSecret, Severity: diag.Error,
		Message: fmt.Sprintf("no secrets are known here, so %s has no value", key),
		Fix:     "write it in .odpm/secrets.json"}
	if e.tokens.Secret != nil {
		value, origin, found = e.tokens.Secret(key)
	}
	if found != nil {
		e.say(p, found.Severity, found.Code, found.Message, found.Fix)
	}
	e.uses = append(e.uses, Use{Name: p.name, Origin: origin})
	return value
}
