package prepare

import (
	"slices"
	"strings"
)

// Extension is one extension of the project, as a plan shows it
// (`ext.<name>`).
type Extension struct {
	Name         string
	Version      string // "" when it tells none
	Source       string // where it comes from: ".odpm/plugins/mail.py", "store"
	Runtime      string // python, exec, declarative; "" where the package is disabled and not read
	Capabilities []string
	Sandbox      string // what holds its program in while planning: full, partial, none; "" without a program
	Signature    string // "unsigned", or whose key signed it; "" for what is never signed
	// Left says why it takes no part in this run; "" when it does. Untrusted is
	// set when nobody has trusted it yet.
	Left      string
	Untrusted bool
}

// ExtensionStep is a prepare step of an extension, evaluated.
type ExtensionStep struct {
	Extension   string
	ID          string
	Description string
	Order       int
	Outcome     Outcome
	Required    bool
	Reason      string
	Cause       []Change
}

// stepFamilies are the beginnings of the ids that Build makes for services,
// phases and extensions.
var stepFamilies = []string{"compose.fragment.", "compose.patch.", "image.build.", "ext.", "hooks."}

// builtinSteps are the ids that Build may give a step, those of families left
// out.
var builtinSteps = []string{
	"secrets.fetch", "git.lock_load", "git.ensure_present", "git.materialize", "sources.materialize",
	"project.map_folders", "git.lock_apply", "template.dockerfile", "template.dockerignore", "docker.engine.check",
	"docker.ports.release", "template.odoo_conf", "database.drift", "compose.template", "compose.fragments",
	"secrets.materialize", "compose.service", "compose.generate", "compose.validate", "git.checkout",
	"git.lock_collect", "git.lock_verify", "project.update_links", "ide.debug_profile", "vscode.settings",
	"pycharm.settings", "image.load", "wheels.load", "compose.up", "ci.build_image", "ci.push_image",
}

// BuiltinStep reports whether an id belongs to devpm, so that no extension may
// have a step of that id.
func BuiltinStep(id string) bool {
	return slices.Contains(builtinSteps, id) || slices.ContainsFunc(stepFamilies, func(f string) bool { return strings.HasPrefix(id, f) })
}
