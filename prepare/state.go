package prepare

import (
	"io/fs"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Desired is everything that a manifest asks for, already computed: contents,
// repositories, services. The command line assembles it from manifest,
// compose and prepare/odoo.
type Desired struct {
	ProjectDir   string // absolute
	ProjectName  string // Compose's project name
	Stack        string
	Scenario     string
	Inputs       []Input
	Repositories []Repository
	// Idle are the URLs of repositories that a lock may hold and this run does
	// not need: sources of services that the user has switched off.
	Idle []string
	// Discovers is set when repositories may name more repositories, and Pending
	// when some of those that may are not here yet.
	Discovers   bool
	Pending     bool
	Lock        *Lock // nil: no lock counts
	Files       []File
	Prunes      []Prune
	Directories []Directory
	Links       []Link
	Fragments   []Fragment // one plan-only step each
	Patches     []Patch
	Hooks       map[string][]manifest.HookEntry
	// Extensions are shown by one plan-only step each; ExtensionSteps is what
	// they add, evaluated.
	Extensions     []Extension
	ExtensionSteps []ExtensionStep
	Images         []Image
	CIImage        *CIImage // of the stack in the scenario ci; nil otherwise
	Services       []Service
	Shared         []Leaf // volumes, networks, configs, secrets
	Fixed          []FixedName
	ProfilesOn     []string
	Leases         []PortLease // with `ports: auto`: what the document's fixed ports became
	Warnings       diag.List
	Secrets        Secrets
	Offline        *Offline  // with --offline: what there is without a network
	Database       *Database // nil: the stack brings none
	// HashKey is what contents that hold secrets are hashed with, so that a plan
	// or a record lets nobody try values out. Without one no hash of them is told.
	HashKey []byte
	// Without names steps for which there is nothing to write, with the reason
	// that their skip line gives.
	Without map[string]string
	// Untrusted names steps that would run or expose what nobody has trusted
	// yet; with any of them the run asks first.
	Untrusted map[string]bool
}

// Offline is what can be had without a network.
type Offline struct {
	Dir     string // the vendor directory, as people name it
	Project string // whose it is; "" when there is none
	// Offered are the working trees whose repository can be had.
	Offered map[string]bool
	Images  map[string]VendoredImage // by name
	Wheels  *VendoredWheels          // nil when none are vendored, or none are needed
}

// VendoredWheels are the Python packages of the vendor directory.
type VendoredWheels struct {
	Service string // whose container installs them
	Folder  string // in the vendor directory
	Count   int
	Into    string // where the container looks for them, relative to the project
	Key     string // names the requirements that they satisfy
	Fit     bool   // those are what the project requires now
	There   bool   // Into has them
}

// VendoredImage is an image of the vendor directory.
type VendoredImage struct {
	ID       string
	Archive  string // path in the directory
	Identity string // of one that is built here: what it was built from
}

// Repository is one git repository that the project needs.
type Repository struct {
	Name   string // shown: "odoo/odoo"
	Role   string // platform, dependency, developing, source
	URL    string
	Branch string // "" with Commit set, or: the remote's default
	Commit string // "" or 7 to 40 hex digits
	Date   string // "" or YYYYMMDD: the last commit of Branch by the end of that day, UTC; Commit wins
	Dir    string // absolute working tree
	Local  bool   // file:// – used in place, never cloned, never switched
	Keep   bool   // the developer's own: cloned when absent, never switched after that
	Range  diag.Range
	Path   string // "platform.git"
	Link   string // the whole link, as locks.git names it
	Found  bool   // named by a dependency, not by the manifest
}

// RoleSource is the role of a source of services: no add-on, and cloned by a
// step of its own (spec §6.5).
const RoleSource = "source"

// File is one file that devpm generates. Step is the id of the step that
// writes it.
type File struct {
	Step    string
	Path    string // relative to the project, slashes
	Content []byte
	Mode    fs.FileMode // 0600 when it holds a resolved secret
	// Service of a fragment is the service it describes. For other files it
	// names the service that mounts the file, and is replaced when it changes.
	Service string
	Once    bool // written when it is missing, then the user's: never replaced
	// Masked: the file is closed to others only because of values that Differ
	// takes out, so its change can be shown.
	Masked bool
	// Pending is the id of the step after which the content is known; "" when it
	// is known now. Until then the file is not written.
	Pending string
	Marked  bool // its first line says that devpm generates it: what has another is kept as a copy
}

// Prune removes generated files of a directory that are not among Files.
type Prune struct {
	Step string
	Dir  string // relative to the project
	Ext  string // ".yml"
}

// Directory must exist before containers start (bind sources, data).
type Directory struct {
	Path string // absolute or relative to the project
	Mode fs.FileMode
}

// Link is a symbolic link in the project.
type Link struct {
	Path   string // relative to the project
	Target string // absolute
}

// Fragment is one manifest or extension service (`compose.fragment.<name>`).
type Fragment struct {
	Service   string
	Range     diag.Range
	Extension string // that declares it; "" when a manifest does
}

// Patch is one patched service (`compose.patch.<name>`).
type Patch struct {
	Service    string
	Keys       []string
	Range      diag.Range
	Extensions []string // that patch it
}

// Image is one image that devpm or Compose builds (`image.build.<service>`).
type Image struct {
	Service  string
	Tag      string
	Context  string // absolute
	Identity string // hash over Dockerfile, context and arguments; "" while unknown
}

// Service is a container that should run.
type Service struct {
	Name           string
	Image          string
	HasHealthcheck bool
	Replicas       int
	Profiles       []string
	Ports          []Port
	Leaves         []Leaf // what its containers are made from
}

// Leaf is one value of the document that reaches containers.
type Leaf struct {
	Path   string // "services.web.environment.GREETING"
	Value  string // one-line JSON
	Range  diag.Range
	Secret bool // a secret was expanded into it: never shown
}

// Port is a host port that a service wants.
type Port struct {
	HostIP    string
	Published int
	Protocol  string
	Range     diag.Range
	Path      string
}

// PortLease is a fixed host port, or a block of them, and the port that the
// work tree has leased for it.
type PortLease struct {
	Service   string
	HostIP    string
	Protocol  string
	Container int // the first port in the container
	Written   int // the first port that the manifest or the stack asks for
	Published int // the first port that the host has
	Count     int
}

// FixedName is a name of a container, volume or network (Kind) that the document
// gives itself, so that it is the same in every work tree.
type FixedName struct {
	Kind    string
	Name    string
	Service string // of a container
	Range   diag.Range
	Path    string
}

// Key is how EngineState.Taken knows the name.
func (f FixedName) Key() string { return f.Kind + "/" + f.Name }

// Options are the flags that change what a plan contains.
type Options struct {
	NoDocker      bool
	SkipStart     bool
	NoGitUpdate   bool
	UpdateGit     bool // --update, or update_git_repos
	Build         bool // --build
	BuildImage    bool // --build-image: build the ci image, start nothing
	PushImage     bool // --image-push: and push it
	ForceRecreate bool
	NoSystemCheck bool     // check_system: false (spec §5.1)
	Services      []string // up SERVICE…
	UpdateLock    bool     // --update-lock: resolve and write, hold to nothing
	SyncLocks     bool     // --sync-manifest-locks
	AcceptDrift   []string // --accept-database-drift: kinds
	Locked        bool     // --locked: nothing but what .odpm/lock.json holds

	// Fetched are the working trees that this run has brought up to date, which a
	// plan made again does not fetch a second time.
	Fetched map[string]bool

	// Diff asks for Plan.Diffs. Differ makes one; with it, reasons also count
	// lines. It must be pure. nil: neither.
	Diff   bool
	Differ func(path string, old, new []byte) FileDiff
}
