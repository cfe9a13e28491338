package compose

import (
	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// LayerKind says who set a value.
type LayerKind string

// The layers of a document, lowest first.
const (
	LayerBuiltin    LayerKind = "built-in"   // the stack that devpm carries
	LayerDependency LayerKind = "dependency" // services of a dependency's odpm.json
	LayerManifest   LayerKind = "manifest"   // services, volumes … of odpm.json
	LayerScenario   LayerKind = "scenario"   // services of the overlay of a scenario
	LayerExtension  LayerKind = "extension"  // a fragment from an extension
	LayerPatch      LayerKind = "patch"      // service_patches of odpm.json, a dependency or an extension
	LayerDevpm      LayerKind = "devpm"      // added by devpm to any stack: pull_policy, name …
	LayerUser       LayerKind = "user"       // the user's own line in a file that devpm and the user share
)

// Origin is the provenance of one value: which layer set it, where, what it
// was made from, why it is there if nobody wrote it, and what it replaced.
type Origin struct {
	Layer    LayerKind
	Name     string         // the stack, extension or patch ("service_patches.odoo")
	Range    diag.Range     // where it is written; zero for what no file says
	Raw      string         // as written, when expansion changed it
	Uses     []manifest.Use // variables read
	Reason                  // of what no file says
	Replaced *Replaced      // nil when nothing was there before
}

// Replaced is the value that a later layer took the place of.
type Replaced struct {
	Value  string // canonical one-line JSON
	Origin Origin
}

// Explanation answers `devpm explain PATH`.
type Explanation struct {
	Path   string
	Value  string // canonical one-line JSON of the value
	Origin Origin
	// Children lists the paths below, each with its own origin, when the path names a map or list.
	Children []Explanation
}

// Service is what planning and waiting need to know of one service of the
// document; everything else stays in the model.
type Service struct {
	Name           string // in the document
	Logical        string // as the manifest says it
	Builtin        bool
	Image          string
	MoreImages     []ImageUse // of containers that run before it, and mounted ones
	Build          bool
	Ports          []Port
	DependsOn      []string
	HasHealthcheck bool
	BindSources    []string // absolute host paths of bind mounts, in order
	NamedVolumes   []string
	Privileged     bool
	Profiles       []string
	Replicas       int
	Range          diag.Range
}

// ImageUse is an image that a service needs beside its own.
type ImageUse struct {
	Name string
	Path string // "services.web.pre_start[0].image"
}

// Port is a port published on the host.
type Port struct {
	HostIP    string // "" means all addresses
	Published int    // 0: the engine chooses
	Container int
	Protocol  string // tcp, udp
	Range     diag.Range
	Path      string // "services.web.ports[0]"
}

// FragmentFile is `.odpm/compose/fragments/<service>.yml` (spec §5).
type FragmentFile struct {
	Service   string
	Path      string // relative to the project, slashes
	Content   []byte
	Extension string // that declares the service; "" when a manifest does
	Range     diag.Range
}

// PatchSummary is one `compose.patch.<service>` step's content (spec §8.5).
type PatchSummary struct {
	Service string
	Keys    []string // patched keys, sorted
	Range   diag.Range
	// Extensions are those that patch the service, in the order of their patches.
	Extensions []string
}
