package sdk

import "context"

// Extension is everything that a program adds. Functions may be called at the
// same time as others, several times, and in more than one process.
type Extension struct {
	Name    string // as in extension.yml
	Version string

	Steps    []Step
	Services []Fragment
	Patches  []Patch
	Hooks    []Hook
	Secrets  []Provider
	Stacks   []Stack
	Policies []Policy
	Commands []Command
}

// Step is a prepare step: `devpm plan` shows what Evaluate says, `devpm up`
// asks it again and calls Execute when the outcome is run or update.
type Step struct {
	ID          string // unique among all steps, with the owner in front: "acme.certificates"
	Description string
	Order       int // steps of extensions run by order, then by the extension's name and by id; 0 means 1000
	Evaluate    func(ctx context.Context, p Project) (Evaluation, error)
	Execute     func(ctx context.Context, p Project) error
}

// Fragment adds services to the document, in the shape of Compose.
type Fragment struct {
	Name        string
	Description string
	Services    func(ctx context.Context, p Project) (map[string]Service, error)
}

// Patch changes services that others add. A key replaces what was there, maps
// are merged, {"$append": […]} and {"$remove": […]} change lists.
type Patch struct {
	Name        string // may be that of a Fragment
	Description string
	Patches     func(ctx context.Context, p Project) (map[string]Service, error)
}

// Service holds Compose keys: "image", "ports", "environment".
type Service = map[string]any

// Hook is run where the manifest's hooks name its ID.
type Hook struct {
	ID          string
	Description string
	Phases      []string // those in which it can run; empty means all
	Run         func(ctx context.Context, p Project, phase string) error
}

// Provider gives values for ${@secret:KEY}.
type Provider struct {
	Name        string
	Description string
	// Fetch returns the values it has; keys without one are left out.
	Fetch func(ctx context.Context, p Project, keys []string) (map[string]string, error)
}

// Stack is what `"stack": "NAME"` starts a document from.
type Stack struct {
	Name        string
	Description string
	Get         func(ctx context.Context, p Project) (Document, error)
}

// Document is a stack's part of the Compose document.
type Document struct {
	Services map[string]Service `json:"services"`
	Volumes  map[string]any     `json:"volumes,omitempty"`
	Networks map[string]any     `json:"networks,omitempty"`
	Configs  map[string]any     `json:"configs,omitempty"`
}

// Policy judges the final document.
type Policy struct {
	Name        string
	Description string
	Check       func(ctx context.Context, p Project, document map[string]any) ([]Finding, error)
}

// Finding is one thing that a policy objects to.
type Finding struct {
	Severity string `json:"severity"` // Warning, or Error, which stops `up`
	Path     string `json:"path"`     // in the document: "services.web.privileged"
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"` // what the user can do
}

// Command is started by `devpm ext task launch`.
type Command struct {
	Name        string
	Description string
	Run         func(ctx context.Context, p Project, in Input) (Result, error)
}

// Input is what a command is started with.
type Input struct {
	Args   []string
	Fields map[string]any
}

// Result is how a command ended.
type Result struct {
	ExitCode int    `json:"exit_code"`
	Message  string `json:"message,omitempty"` // information, or with another code than 0 what went wrong
	Output   any    `json:"output,omitempty"`  // for programs; anything that JSON can hold
}

// Evaluation is what a step would do.
type Evaluation struct {
	Outcome  string   `json:"outcome"`
	Required bool     `json:"required"`
	Reason   string   `json:"reason"`
	Cause    []Change `json:"cause,omitempty"`
}

// Change is a value that differs from what was there.
type Change struct {
	Key string `json:"key"`
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// Run says that the step has work to do, which the environment needs.
func Run(reason string, cause ...Change) Evaluation {
	return Evaluation{Outcome: "run", Required: true, Reason: reason, Cause: cause}
}

// Update says that what the step made before is not what it should be.
func Update(reason string, cause ...Change) Evaluation {
	return Evaluation{Outcome: "update", Required: true, Reason: reason, Cause: cause}
}

// Noop says that everything is as it should be.
func Noop(reason string) Evaluation { return Evaluation{Outcome: "noop", Reason: reason} }

// Skip says that the step does not apply to this project.
func Skip(reason string) Evaluation { return Evaluation{Outcome: "skip", Reason: reason} }
