package secrets

import (
	"fmt"
	"strings"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// The provider types.
const (
	TypeFile = "file" // .odpm/secrets.json as the user keeps it
	TypeExec = "exec" // a program that prints JSON
	// TypeInfisical is built into odpm; devpm asks Infisical's own program.
	TypeInfisical = "infisical"
)

// TypeVariable overrides the type of the manifest (spec §4.4).
const TypeVariable = "ODPM_SECRETS_PROVIDER"

// MaxOutput is how much a provider may print, in bytes.
const MaxOutput = 1 << 20

// Provider is where a project's secrets come from.
type Provider struct {
	Type    string
	Command []manifest.Text   // of TypeExec: argv, not expanded, no shell
	KeyMap  map[string]string // the provider's name of a secret → devpm's
	Range   diag.Range        // what named it; zero for the default and for flags
	Path    string
}

// Choose finds the provider (spec §4.4): the flag, the environment, the
// manifest, the file. A provider that cannot be used is a diagnostic without a
// severity of its own: whether it stops anything depends on what is needed.
func Choose(flag, variable string, block *manifest.Node) (Provider, *diag.Diagnostic) {
	p := Provider{Type: TypeFile}
	if t := block.Get("type"); t != nil {
		p.Type, p.Range, p.Path = strings.TrimSpace(t.Text), t.Range, "secrets.provider.type"
	}
	if variable = strings.TrimSpace(variable); variable != "" {
		p.Type, p.Range, p.Path = variable, diag.Range{}, TypeVariable
	}
	if flag != "" {
		p.Type, p.Range, p.Path = flag, diag.Range{}, "--secrets-provider"
	}
	unusable := func(message, fix string) (Provider, *diag.Diagnostic) {
		return p, &diag.Diagnostic{Code: diag.SecretsProvider, Range: p.Range, Path: p.Path, Message: message, Fix: fix}
	}
	switch p.Type {
	case TypeFile:
		return p, nil
	case TypeExec:
	case TypeInfisical:
		return unusable("devpm does not talk to Infisical itself",
			`use "type": "exec" with a program that prints the secrets as one JSON object, such as a script around Infisical's own`)
	default:
		return unusable(fmt.Sprintf("there is no secrets provider %q", p.Type), `use "file", or "exec" with the program that prints the secrets`)
	}
	command := block.Get("command")
	if command == nil || len(command.Items) == 0 {
		return unusable("the provider exec has no command", `add "command": ["program", "argument"] to secrets.provider`)
	}
	p.Range, p.Path = command.Range, "secrets.provider.command"
	for i, item := range command.Items {
		p.Command = append(p.Command, manifest.Text{Value: item.Text, Raw: item.Text, Range: item.Range, Path: fmt.Sprintf("%s[%d]", p.Path, i)})
	}
	if names := block.Get("key_map"); names != nil {
		p.KeyMap = map[string]string{}
		for _, m := range names.Members {
			p.KeyMap[m.Key] = m.Value.Text
		}
	}
	return p, nil
}

// Argv is the command as a program gets it.
func (p Provider) Argv() []string {
	argv := make([]string, len(p.Command))
	for i, word := range p.Command {
		argv[i] = word.Value
	}
	return argv
}

// Decode reads what a provider of TypeExec printed: one JSON object of strings.
// Objects in it are joined with dots ({"db": {"password": "x"}} is db.password).
// A name in KeyMap is replaced. Faults name keys, never values.
func (p Provider) Decode(output []byte) (map[string]string, *diag.Diagnostic) {
	fault := func(message, fix string) *diag.Diagnostic {
		return &diag.Diagnostic{Code: diag.SecretsFetchOutput, Range: p.Range, Path: p.Path, Message: message, Fix: fix}
	}
	if len(output) > MaxOutput {
		return nil, fault(fmt.Sprintf("the provider printed more than %d KiB", MaxOutput>>10), "let it print the project's secrets alone")
	}
	var faults []string
	root, ok := parse("the provider's output", output, func(at diag.Range, _, message, _ string) {
		faults = append(faults, fmt.Sprintf("line %d, column %d: %s", at.Start.Line, at.Start.Column, strings.Replace(message, "the file", "it", 1)))
	})
	const want = `it must print one JSON object of strings on its standard output: {"db.password": "…"}; messages belong on its standard error`
	if !ok {
		return nil, fault("the provider's output is not what it should be; "+strings.Join(faults, "; "), want)
	}
	values := map[string]string{}
	var wrong, twice []string
	var walk func(prefix string, n *manifest.Node)
	walk = func(prefix string, n *manifest.Node) {
		for _, m := range n.Members {
			key := prefix + m.Key
			switch m.Value.Kind {
			case manifest.Object:
				walk(key+".", m.Value)
				continue
			case manifest.String:
			default:
				wrong = append(wrong, key)
				continue
			}
			if name, ok := p.KeyMap[key]; ok {
				key = name
			}
			if _, ok := values[key]; ok {
				twice = append(twice, key)
			}
			values[key] = m.Value.Text
		}
	}
	walk("", root)
	switch {
	case len(wrong) > 0:
		return nil, fault("the provider gave values that are no strings: "+list(wrong), "let it print strings; a number or a truth value goes in quotes")
	case len(twice) > 0:
		return nil, fault("the provider gave two values for "+list(twice), "correct key_map, or what the provider prints")
	}
	for key := range values {
		if strings.TrimSpace(key) == "" {
			return nil, fault("the provider gave a secret with a blank name", want)
		}
	}
	return values, nil
}
