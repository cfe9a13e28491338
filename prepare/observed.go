package prepare

import (
	"io/fs"
	"time"

	"github.com/devpm/devpm/diag"
)

// Taken is a fixed name that somebody else has, or uses.
type Taken struct {
	By  string // "container shop-db of project shop in /srv/shop"; for a volume or network the projects alone
	Fix string // how a container's name can be had
}

// Observed is the world, looked at once. Nothing in it is a handle.
type Observed struct {
	Files        map[string]FileState       // by path as in Desired.Files
	Stale        map[string][]string        // Prune.Dir → files there that Desired does not name, sorted
	Directories  map[string]bool            // by path as in Desired.Directories: something is there
	Links        map[string]LinkState       // by Link.Path
	Repositories map[string]RepositoryState // by Repository.Dir
	Engine       EngineState
	Database     DatabaseState // with Desired.Database
	Record       Record
	Applied      Applied   // what the services were started from; read only when something differs
	Verdict      string    // document hash that compose.validate last accepted
	Warnings     diag.List // what looking itself found: a state file that cannot be read
}

// FileState is one file as it is.
type FileState struct {
	Exists  bool
	Content []byte
	Mode    fs.FileMode
	Problem Problem // why it could not be read, when Exists and not a readable file
}

// Problem says what stands in the way of a generated path.
type Problem string

// The problems that a look at a path can find.
const (
	NoProblem   Problem = ""
	IsDirectory Problem = "is a directory"              // or anything else that is no file
	UnderFile   Problem = "runs through a file"         // a parent is not a directory
	LeadsOut    Problem = "leads out of the project"    // through a symbolic link
	Unreadable  Problem = "cannot be read by this user" // permissions
)

// LinkState is one symbolic link as it is.
type LinkState struct {
	Exists bool
	IsLink bool
	Target string
}

// RepositoryState is a repository read without starting git where possible.
type RepositoryState struct {
	Present bool     // a git repository, or for Local a directory
	Foreign bool     // something is there that is no git repository
	Head    string   // commit, 40 hex
	Branch  string   // "" when detached
	Wanted  string   // commit that Branch or Commit resolves to locally; "" when it is not here
	Origin  string   // URL of remote origin
	Dirty   bool     // only known when a move is needed
	Changes []string // the first changed paths, when Dirty
	Unknown string   // why Dirty could not be asked; ""
}

// EngineState is what the engine's API said.
type EngineState struct {
	Asked      bool // false with --no-docker
	Reachable  bool
	Problem    string // why not reachable, one sentence; with Fix
	Fix        string
	Version    string
	Containers []Container       // of this project, in any state
	Images     map[string]string // image name → id, for the services' images; absent: not there
	// Digests are the registry digests of those images ("sha256:…"); none for
	// one that came from no registry.
	Digests map[string][]string
	// Identities say what those images were built from, where devpm built them,
	// in this project or another.
	Identities map[string]string
	Holders    map[string]string // "tcp/0.0.0.0:8080" wanted by us → who holds it ("container shop-web-1 of project shop", "another process")
	Taken      map[string]Taken  // FixedName.Key → who else has it
}

// Container is one container of the project.
type Container struct {
	ID         string
	Name       string
	Service    string
	State      string // running, exited, created …
	Health     string // "", starting, healthy, unhealthy
	ExitCode   int
	ConfigHash string // label com.docker.compose.config-hash
	ImageID    string
	// ImageIdentity is EngineState.Identities of the image that it was made from.
	ImageIdentity string
	OneOff        bool
	StartedAt     time.Time
	Settings      map[string]string // what it was made with, by key; nil when not looked at
}
