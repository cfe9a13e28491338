package prepare

import (
	"io/fs"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/manifest"
)

// Action is one effect that apply carries out without deciding anything. The
// set is closed: the types of this file.
type Action interface{ action() }

// WriteFile replaces one generated file atomically. Path is relative to the
// project, with slashes.
type WriteFile struct {
	Path    string
	Content []byte
	Mode    fs.FileMode
}

// RemoveFile deletes a generated file that no longer belongs.
type RemoveFile struct{ Path string }

// MakeDirectory creates a directory and its parents; Path is absolute or
// relative to the project.
type MakeDirectory struct {
	Path string
	Mode fs.FileMode
}

// MakeLink points a symbolic link at a target, replacing an older link; it
// never replaces a file or directory.
type MakeLink struct {
	Path   string // relative to the project
	Target string // absolute
}

// Materialize clones a repository or moves it to its wanted commit. A dirty
// repository is left alone and reported.
type Materialize struct{ Repository Repository }

// FetchSecrets asks the secrets provider and replaces the secrets file with
// what it says.
type FetchSecrets struct{}

// RunHooks runs the entries of one phase in the order written.
type RunHooks struct {
	Phase   string
	Entries []manifest.HookEntry
}

// ExecuteStep carries out a step of an extension, unless that finds that there
// is nothing to do any more.
type ExecuteStep struct{ Extension, ID string }

// CheckEngine fails the run when the engine or Compose cannot be used.
type CheckEngine struct{}

// ValidateDocument runs Compose's own loader over the generated document and
// records the verdict for the content's hash.
type ValidateDocument struct {
	Path string
	Hash string
}

// BuildImages builds the images of the named services, marks each with its
// identity and records it.
type BuildImages struct {
	Services   []string
	Identities map[string]string // service → identity hash
}

// LoadImages brings vendored images into the engine.
type LoadImages struct{ Images []ImageArchive }

// ImageArchive is an image as a file, by the path that the vendor directory's
// index has.
type ImageArchive struct{ Name, Archive string }

// LoadWheels brings vendored Python packages to where the container looks.
type LoadWheels struct{ Wheels VendoredWheels }

// AdoptImages records images that were built from the same content elsewhere as
// if they had been built here.
type AdoptImages struct{ Identities map[string]string }

// StartServices is `docker compose up` for the named services (all when
// empty), then waiting until they are ready.
//
// Recreate names services whose containers are replaced although nothing in
// their configuration changed, because they are unhealthy; ForceRecreate
// replaces all of them. Wanted lists what must run afterwards, with what
// waiting and the record need to know.
type StartServices struct {
	Services      []string
	Recreate      []string
	ForceRecreate bool
	DocumentHash  string
	Wanted        []Service
	Shared        []Leaf            // values that containers share, for the record
	Mounted       map[string]string // service → identity of the generated files that it mounts
	// Digests are the images that have to be pulled and then be these, by name
	// (--locked).
	Digests map[string]string
	// HashKey is what the record hashes values of secrets with.
	HashKey []byte
}

// WriteManifest replaces the manifest, wherever the link to it leads.
type WriteManifest struct{ Content []byte }

// Refuse stops the run: planning found something that no step may overrule. A
// late one stops it at its step, since steps before may settle the matter.
type Refuse struct {
	Diagnostics diag.List
	Late        bool
}

func (WriteFile) action()        {}
func (RemoveFile) action()       {}
func (MakeDirectory) action()    {}
func (MakeLink) action()         {}
func (Materialize) action()      {}
func (FetchSecrets) action()     {}
func (RunHooks) action()         {}
func (ExecuteStep) action()      {}
func (CheckEngine) action()      {}
func (ValidateDocument) action() {}
func (BuildImages) action()      {}
func (LoadImages) action()       {}
func (LoadWheels) action()       {}
func (AdoptImages) action()      {}
func (StartServices) action()    {}
func (WriteManifest) action()    {}
func (Refuse) action()           {}
