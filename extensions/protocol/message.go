package protocol

import "encoding/json"

// Mode says what a program is started for. A planning program runs in a
// sandbox that lets it read only.
type Mode string

// The modes.
const (
	ModePlan    Mode = "plan"
	ModeExecute Mode = "execute"
)

// Party names one side.
type Party struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Initialize opens the conversation.
type Initialize struct {
	ProtocolVersion int          `json:"protocol_version"`
	Host            Party        `json:"host"`
	Mode            Mode         `json:"mode"`
	Capabilities    []Capability `json:"capabilities"` // that the host understands
	CacheDir        string       `json:"cache_dir,omitempty"`
	Context         Context      `json:"context"`
}

// Initialized is the program's answer.
type Initialized struct {
	ProtocolVersion int          `json:"protocol_version"`
	Extension       Party        `json:"extension"`
	Capabilities    []Capability `json:"capabilities"` // those unknown to the host are left unused
}

// Context is the frozen view of the project (spec §12). Values that hold a
// secret say "<secret:KEY>" instead.
type Context struct {
	ProjectDir     string          `json:"project_dir"` // absolute
	ProjectName    string          `json:"project_name,omitempty"`
	Scenario       string          `json:"scenario"` // developer, server, ci
	Stack          string          `json:"stack"`
	ManifestSchema int             `json:"manifest_schema"`
	RequiresOdpm   string          `json:"requires_odpm,omitempty"`
	Manifest       json.RawMessage `json:"manifest"` // the whole file as read, expanded
	Services       json.RawMessage `json:"services"` // objects, as in effect
	ServicePatches json.RawMessage `json:"service_patches"`
	Hooks          json.RawMessage `json:"hooks"`
	Locks          json.RawMessage `json:"locks"`
	// Environment are the values of the project's `.env` and those of the user's
	// own that the manifest names.
	Environment map[string]string `json:"environment,omitempty"`
}

// Kind is what a registration adds.
type Kind string

// The kinds; each belongs to one capability, see Kind.Capability. What adds
// services and patches is registered twice, by the same name.
const (
	KindStep     Kind = "prepare_step"
	KindFragment Kind = "compose_fragment"
	KindPatch    Kind = "compose_patch"
	KindHook     Kind = "hook"
	KindSecrets  Kind = "secrets_provider"
	KindStack    Kind = "stack"
	KindPolicy   Kind = "policy"
	KindCommand  Kind = "command"
)

// Capability is the capability that a program needs for registrations of this
// kind; "" for a kind that this version does not know.
func (k Kind) Capability() Capability {
	switch k {
	case KindStep:
		return PrepareSteps
	case KindFragment:
		return ComposeFragment
	case KindPatch:
		return ComposePatch
	case KindHook:
		return Hooks
	case KindSecrets:
		return SecretsProvider
	case KindStack:
		return StackProvider
	case KindPolicy:
		return PolicyProvider
	case KindCommand:
		return Commands
	}
	return ""
}

// DefaultOrder is the order of a step that names none (spec §10).
const DefaultOrder = 1000

// Registration is one thing that a program can be asked for. Name is unique in
// its kind: a step's or hook runner's id, the name of a fragment, of patches, a
// provider, a stack, a policy or a command. A kind that the host does not know
// is left unused, with a notice.
type Registration struct {
	Kind        Kind   `json:"kind"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Source      string `json:"source,omitempty"` // file or module that registers it, for messages
	// Extension is whose registration it is, in a program that holds several, such
	// as the plugins of a project; absent means the program's own.
	Extension string   `json:"extension,omitempty"`
	Order     *int     `json:"order,omitempty"`  // of a step; absent means DefaultOrder
	Phases    []string `json:"phases,omitempty"` // of a hook runner; empty means all
}

// Notice is something that a program wants told about its own start: a module
// that was left out, for one.
type Notice struct {
	Severity string `json:"severity"` // warning, error
	Code     string `json:"code,omitempty"`
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"`
	Source   string `json:"source,omitempty"`
	Line     int    `json:"line,omitempty"`
	// Extension is whose start it was, as in Registration.
	Extension string `json:"extension,omitempty"`
}

// Description is all registrations.
type Description struct {
	Registrations []Registration `json:"registrations"`
	Notices       []Notice       `json:"notices,omitempty"`
}

// StepParams names a step.
type StepParams struct {
	ID string `json:"id"`
}

// Evaluation is what a step would do in this run (spec §10).
type Evaluation struct {
	Outcome  string `json:"outcome"` // run, update, noop, skip
	Required bool   `json:"required"`
	Reason   string `json:"reason"`
	// Cause is what changed, for an outcome of run or update; may be absent.
	Cause []Change `json:"cause,omitempty"`
}

// Change is a value that differs from what the last run saw.
type Change struct {
	Key string `json:"key"`           // "services.web.image", "Dockerfile"
	Old string `json:"old,omitempty"` // absent when there was nothing
	New string `json:"new,omitempty"`
}

// NameParams names a fragment or stack.
type NameParams struct {
	Name string `json:"name"`
}

// Services is what a fragment adds: an object of services.
type Services struct {
	Services json.RawMessage `json:"services"`
}

// Patches is what a fragment changes: an object of patches by service.
type Patches struct {
	ServicePatches json.RawMessage `json:"service_patches"`
}

// HookParams names a hook runner and the phase that has come.
type HookParams struct {
	ID    string `json:"id"`
	Phase string `json:"phase"`
}

// SecretsParams asks a provider for values.
type SecretsParams struct {
	Name string   `json:"name"`
	Keys []string `json:"keys"`
}

// Secrets are the values by key. Keys that the provider does not have are
// absent.
type Secrets struct {
	Secrets map[string]string `json:"secrets"`
}

// Stack is what a stack starts a document from; objects, all but Services may
// be absent.
type Stack struct {
	Services json.RawMessage `json:"services"`
	Volumes  json.RawMessage `json:"volumes,omitempty"`
	Networks json.RawMessage `json:"networks,omitempty"`
	Configs  json.RawMessage `json:"configs,omitempty"`
}

// PolicyParams asks for a judgement of the final document. Values that hold a
// secret are masked in it.
type PolicyParams struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"document"`
}

// PolicyResult is what a policy found.
type PolicyResult struct {
	Findings []Finding `json:"findings"`
}

// Finding is one thing that a policy objects to.
type Finding struct {
	Severity string `json:"severity"` // warning, error
	Path     string `json:"path"`     // in the document: "services.web.privileged"
	Message  string `json:"message"`
	Fix      string `json:"fix,omitempty"`
}

// CommandParams starts a command. Fields are its input by name.
type CommandParams struct {
	Name   string                     `json:"name"`
	Args   []string                   `json:"args,omitempty"`
	Fields map[string]json.RawMessage `json:"fields,omitempty"`
}

// CommandResult is how a command ended.
type CommandResult struct {
	ExitCode int             `json:"exit_code"`
	Message  string          `json:"message,omitempty"`
	Output   json.RawMessage `json:"output,omitempty"`
}

// CancelParams names the request that nobody waits for any more.
type CancelParams struct {
	ID json.RawMessage `json:"id"`
}

// LogParams is one line of log.
type LogParams struct {
	Level   string `json:"level"` // debug, info, warning, error
	Message string `json:"message"`
	Source  string `json:"source,omitempty"`
	// Extension is whose line it is, where one program holds several.
	Extension string `json:"extension,omitempty"`
}

// OutputParams is output that a command makes for the user, in pieces of any
// size; devpm prints it as it comes, without a prefix.
type OutputParams struct {
	ID   json.RawMessage `json:"id"` // of the command.run request
	Text string          `json:"text"`
}

// ProgressParams says how far a request is.
type ProgressParams struct {
	ID      json.RawMessage `json:"id,omitempty"`
	Message string          `json:"message,omitempty"`
	Percent *float64        `json:"percent,omitempty"` // 0 to 100; absent when unknown
}
