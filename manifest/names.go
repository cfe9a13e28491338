package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/devpm/devpm/diag"
)

// The variables of the dotenv files that choose names (spec §7.3, §7.4).
const (
	prefixVariable   = "ODPM_COMPOSE_PREFIX"
	postgresVariable = "POSTGRES_SERVICE_NAME"
	networkVariable  = "ODPM_COMPOSE_NETWORK"
	externalVariable = "ODPM_COMPOSE_NETWORK_EXTERNAL"
	profileVariable  = "ODPM_SECURITY_PROFILE"
	imageVariable    = "ODPM_BASE_IMAGE_PROFILE"
)

// Choice is a value that a key, a variable or a flag settles.
type Choice struct {
	Value string // "" when nothing is chosen
	Use   Use    // what settled it
	Range diag.Range
}

// Names are the physical names that the dotenv files choose. The zero value
// leaves every name as it is.
type Names struct {
	Prefix   Choice // with its dash: "acme-"
	Postgres Choice // of the database's service; never set together with Prefix
	Network  Choice // logical
	External bool   // the network exists outside of the project

	ExternalBy Choice // what says so, when it does
}

// Project is the name of the Compose project that the prefix asks for, or "".
func (n Names) Project() string { return strings.TrimSuffix(n.Prefix.Value, "-") }

// Service is the physical name of a service of the stack odoo; other services
// keep their name (spec §7.3).
func (n Names) Service(name string) string {
	switch {
	case !slices.Contains(stackServices, name):
		return name
	case n.Prefix.Value != "":
		return n.Prefix.Value + name
	case name == "db" && n.Postgres.Value != "":
		return n.Postgres.Value
	default:
		return name
	}
}

// logical is the stack's own name of a physical one, or "".
func (n Names) logical(physical string) string {
	for _, name := range stackServices {
		if n.Service(name) == physical && name != physical {
			return name
		}
	}
	return ""
}

// By is the choice that renames a service of the stack; the zero Choice when
// none does.
func (n Names) By(name string) Choice {
	switch {
	case n.Service(name) == name:
		return Choice{}
	case n.Prefix.Value != "":
		return n.Prefix
	default:
		return n.Postgres
	}
}

var (
	prefixPattern  = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	servicePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// ReadNames reads the names from the dotenv files: the process environment has
// no say (spec §3.5). A value that is no name is a warning and counts as absent.
func ReadNames(e *Environment, c *diag.Collector) Names {
	r := choiceReader{e, c}
	var n Names
	n.Prefix = r.name(prefixVariable)
	if n.Prefix.Value != "" {
		n.Prefix.Value = strings.TrimRight(n.Prefix.Value, "-") + "-"
	}
	n.Network = r.name(networkVariable)
	n.Postgres = r.postgres(n.Prefix.Value)
	if n.External = r.external(n.Network.Value != ""); n.External {
		n.ExternalBy = r.file(externalVariable)
	}
	return n
}

type choiceReader struct {
	env *Environment
	c   *diag.Collector
}

// file reads a variable of the dotenv files, without blanks around it.
func (r choiceReader) file(variable string) Choice {
	found, ok := Choice{}, false
	if r.env != nil {
		var line entry
		if line, ok = r.env.entry(variable); ok {
			found = Choice{Value: strings.TrimSpace(line.value), Use: Use{Name: variable, Origin: line.origin()}, Range: line.at}
		}
	}
	return found
}

func (r choiceReader) warn(code diag.Code, at Choice, message, fix string) {
	r.c.Add(diag.Diagnostic{Code: code, Severity: diag.Warning, Range: at.Range, Path: at.Use.Name, Message: message, Fix: fix})
}

// name reads a prefix or network: lower case, as in `ODPM_COMPOSE_PREFIX=Acme`.
// Python's None is how odpm's own files spell an absent one (NET-01).
func (r choiceReader) name(variable string) Choice {
	found := r.file(variable)
	written := found.Value
	found.Value = strings.ToLower(written)
	switch {
	case written == "" || written == "None":
		return Choice{}
	case !prefixPattern.MatchString(found.Value):
		r.warn(diag.NameMalformed, found, fmt.Sprintf("%q is no name and is ignored", written), "use letters, digits and dashes, and start with a letter")
		return Choice{}
	}
	return found
}

// postgres reads the older setting, which a prefix replaces.
func (r choiceReader) postgres(prefix string) Choice {
	found := r.file(postgresVariable)
	switch {
	case found.Value == "" || found.Value == "db":
		return Choice{}
	case prefix != "":
		r.warn(diag.NameOverruled, found, fmt.Sprintf("the prefix decides: the service is called %sdb, and this setting is ignored", prefix), "remove the setting")
		return Choice{}
	case !servicePattern.MatchString(found.Value):
		r.warn(diag.NameMalformed, found, fmt.Sprintf("%q is no name of a service and is ignored", found.Value), "use letters, digits, dots, dashes and underscores, and start with a letter or digit")
		return Choice{}
	}
	return found
}

// external reads whether the network is made elsewhere. Without a network the
// answer does nothing (NET-16).
func (r choiceReader) external(network bool) bool {
	found := r.file(externalVariable)
	switch strings.ToLower(found.Value) {
	case "1", "true", "yes", "on", "y":
		return network
	case "", "0", "false", "no", "off", "n":
	default:
		r.warn(diag.SwitchMalformed, found, fmt.Sprintf("%q is neither yes nor no; the network is made by this project", found.Value), "write 1 or 0")
	}
	return false
}

// The security profiles (spec §7.2).
const (
	Convenience = "convenience" // ports are published as the manifest says
	Hardened    = "hardened"    // every published port is bound to this host
)

// SecurityProfiles are the values of --security-profile.
func SecurityProfiles() []string { return []string{Convenience, Hardened} }

// ReadSecurityProfile is the profile that the command line, the process
// environment or a dotenv file chooses, in this order; the zero Choice leaves
// it to the scenario.
func ReadSecurityProfile(flag string, e *Environment, c *diag.Collector) Choice {
	if flag != "" {
		return Choice{Value: flag, Use: Use{Name: "--security-profile"}}
	}
	return choiceReader{e, c}.profile(profileVariable, "security", SecurityProfiles())
}

// ImageProfiles are the values of ODPM_BASE_IMAGE_PROFILE, and the ends of the
// image's name (spec §14).
func ImageProfiles() []string { return []string{"full", "medium", "ci"} }

// ReadImageProfile is the profile of the stack's image that the process
// environment or a dotenv file chooses, in this order; the zero Choice leaves it
// to the scenario.
func ReadImageProfile(e *Environment, c *diag.Collector) Choice {
	return choiceReader{e, c}.profile(imageVariable, "image", ImageProfiles())
}

// profile reads a variable that has one of a few values.
func (r choiceReader) profile(variable, kind string, known []string) Choice {
	value, origin, _ := r.env.Lookup(variable)
	found := Choice{Value: strings.ToLower(strings.TrimSpace(value)), Use: Use{Name: variable, Origin: origin}}
	if text, at, ok := r.env.File(variable); ok && origin != "environment" && text == value {
		found.Range = at
	}
	switch {
	case found.Value == "":
		return Choice{}
	case !slices.Contains(known, found.Value):
		r.warn(diag.ProfileUnknown, found, fmt.Sprintf("the %s profile %q is not known; the scenario decides", kind, strings.TrimSpace(value)), didYouMean(found.Value, known, "profiles"))
		return Choice{}
	}
	return found
}
