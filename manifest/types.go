package manifest

import (
	"time"

	"github.com/devpm/devpm/diag"
)

// The stacks that devpm knows without an extension.
const (
	StackNone = "none"
	StackOdoo = "odoo"
)

// Text is one string of the manifest after expansion, with its place.
type Text struct {
	Value string
	Raw   string // as written
	Range diag.Range
	Path  string // dotted: "dependencies[0]"
}

// Manifest is what the rest of devpm works with: typed, expanded, checked.
// Fields that are absent in the file hold the defaults of spec §2.3.
type Manifest struct {
	Document *Document // the source, for positions
	Schema   int       // manifest_schema: 1 or 2
	Stack    string    // StackNone, StackOdoo or the name of an extension's stack
	// StackImplied is set when `stack` was absent and no Odoo key was present.
	StackImplied bool
	// Extended is set when extensions may add services that are not known here:
	// Options.Extended, or an `extensions` key that names some.
	Extended     bool
	Provided     bool // all extensions have been asked: Options.Provided is not open
	RequiresODPM string
	Scenario     string // developer, server, ci: chosen by the environment, not by the file
	ScenarioBy   Choice // what chose it

	OdooVersion  string // spec §2.3: `odoo_version`, else the branch of platform.git, else "0.0"
	Platform     Platform
	Python       string
	Distro       Distro
	Postgres     string
	Dependencies []Text // git links, expanded
	// Nested are the manifests of dependencies that add services or patches, and
	// Pending the dependencies that are not here yet; Dependencies then holds
	// what was found too.
	Nested       []*Nested
	Pending      []string
	Requirements []Text
	Developing   *Text // developing.git, nil when absent
	PlatformName string
	Arch         string // amd64, arm64
	PortsAuto    bool   // host ports are leased to the work tree

	// What a scenario may change is that of the active one: the root and over it
	// the scenario's overlay (spec §14). Values keep their place in the file.
	Hooks          map[string][]HookEntry // by phase, base before overlay, as written
	Services       *Node                  // object of services, expanded; nil when absent
	Patches        []PatchLayer           // in the order of their application
	Volumes        *Node
	Networks       *Node
	Configs        *Node
	Extra          []Member // x-* keys, passed on to the document
	OdooConf       *Node
	ServiceSources *Node
	Extensions     *Node
	Database       *Node
	Locks          *Node
	Secrets        *Node
	Scenarios      *Node // overlays as written, not expanded

	root        *Node // the document in the shape of schema 2
	flat        bool
	sourceNotes map[string]string // `source` of services, which is in no document
}

// PatchLayer is service_patches of the root or of an overlay: an object of
// patches by service, expanded.
type PatchLayer struct {
	Path    string // dotted: "service_patches", "scenarios.ci.service_patches"
	Patches *Node
}

// Platform is `platform`: the repository of the application platform.
type Platform struct {
	Git       Text
	BuildDate Text // default "latest"
}

// Distro is `distro`.
type Distro struct {
	Name    string
	Version string
}

// The hook phases: odpm's three, then devpm's.
const (
	PostClone   = "post_clone"
	PostPrepare = "post_prepare"
	PreUp       = "pre_up"
	PostUp      = "post_up"
	PreDown     = "pre_down"
	PostDown    = "post_down"
)

// HookEntry is one entry of a hook phase in any of its forms (design §5).
// Exactly one of Run and Plugin is set. Run is *not* expanded: hooks expand
// when they run.
type HookEntry struct {
	Run             []Text
	Plugin          string
	Service         string        // run inside this service; only post_up and pre_down
	Timeout         time.Duration // 0: none
	ContinueOnError bool
	Name            string
	Range           diag.Range
	Path            string // "hooks.pre_up[0]"
}
