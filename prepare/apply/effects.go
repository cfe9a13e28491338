// Package apply carries a plan out. It walks the steps in their order, hands
// each action to the effect that can do it, keeps a journal and stops at the
// first failure.
//
// It decides nothing: what is done, and whether, is the plan's. It asks for a
// new plan where the plan says so.
package apply

import (
	"context"
	"io/fs"
	"time"

	"github.com/devpm/devpm/diag"
	"github.com/devpm/devpm/hooks"
	"github.com/devpm/devpm/internal/fsx"
	"github.com/devpm/devpm/manifest"
	"github.com/devpm/devpm/prepare"
)

// Effects is all that a run can do to the world. One that no action of the
// plan needs may be nil.
type Effects struct {
	Files  Files
	Git    Git
	Hooks  Hooks
	Engine Engine
	// Extensions carries out the steps of extensions.
	Extensions Extensions
	// Manifest replaces odpm.json atomically.
	Manifest func(content []byte) error
	// Secrets asks the secrets provider.
	Secrets Secrets
}

// Files changes what is below the project; *fsx.Tree is one. WriteFile is
// atomic and is called from several goroutines.
type Files interface {
	WriteFile(name string, content []byte, mode fs.FileMode) error
	RemoveFile(name string) error
	MakeDirectory(name string, mode fs.FileMode) error
	MakeLink(name, target string) error
	RemoveLeftovers(dirs ...string) error
}

// Git brings repositories to where they are wanted, several at the same time.
// The list holds warnings: repositories that were left alone.
type Git interface {
	Materialize(ctx context.Context, repos []prepare.Repository) (diag.List, error)
}

// Secrets gives the new content of the project's secrets file.
type Secrets interface {
	Fetch(ctx context.Context) (content []byte, err error)
}

// Hooks runs the entries of one phase; *hooks.Runner is one.
type Hooks interface {
	Run(ctx context.Context, phase string, entries []manifest.HookEntry) error
}

// Extensions carries out steps of extensions. A step that finds nothing to do
// any more is done.
type Extensions interface {
	Execute(ctx context.Context, extension, step string) error
}

// Engine is the container engine with Compose.
type Engine interface {
	// Check fails when containers cannot be started here.
	Check(ctx context.Context) error
	// Validate loads the document as Compose would.
	Validate(ctx context.Context, path string) error
	// Build builds images and marks each with its identity.
	Build(ctx context.Context, build prepare.BuildImages) error
	// Bake writes the build context of the ci image and builds it.
	Bake(ctx context.Context, image prepare.CIImage) error
	// Push sends an image to its registry.
	Push(ctx context.Context, image string) error
	// Load brings vendored images into the engine.
	Load(ctx context.Context, images []prepare.ImageArchive) error
	// LoadWheels brings vendored Python packages into the project.
	LoadWheels(ctx context.Context, wheels prepare.VendoredWheels) error
	// Start returns when the services are ready, or at once if the run does
	// not wait.
	Start(ctx context.Context, start prepare.StartServices) error
	// Look observes the project's containers and the services' images.
	Look(ctx context.Context) (prepare.EngineState, error)
}

var (
	_ Files = (*fsx.Tree)(nil)
	_ Hooks = (*hooks.Runner)(nil)
)

// Reporter is told how the run goes, from one goroutine.
type Reporter interface {
	StepStarted(step prepare.Step)
	// StepEnded tells how long the step took and why it failed, or nil.
	StepEnded(step prepare.Step, took time.Duration, err error)
	// Replanned hands out the plan that the run now follows.
	Replanned(plan *prepare.Plan)
}

// silent is the reporter of a run without one.
type silent struct{}

func (silent) StepStarted(prepare.Step)                     {}
func (silent) StepEnded(prepare.Step, time.Duration, error) {}
func (silent) Replanned(*prepare.Plan)                      {}
