package protocol

// Version is the `protocol_version` of Initialize. It changes only when a
// message of before would be misread; what is new gets a new capability
// version.
const Version = 1

// MaxMessage is how many bytes a line may have, the line ending included. Who
// sends a longer one ends the connection.
const MaxMessage = 8 << 20

// Requests of devpm. Initialize comes first, once, and Describe before anything
// else; after that, requests come in any order and may overlap. A method that
// belongs to a capability is only asked of programs that have it.
// prepare.execute, hooks.run, secrets.fetch and command.run are asked in
// ModeExecute alone.
const (
	MethodInitialize = "initialize" // Initialize → Initialized
	MethodDescribe   = "describe"   // {} → Description; free of side effects
	MethodShutdown   = "shutdown"   // {} → {}; then devpm closes the program's input

	MethodEvaluate = "prepare.evaluate" // StepParams → Evaluation; free of side effects
	MethodExecute  = "prepare.execute"  // StepParams → {}
	MethodServices = "compose.services" // NameParams → Services
	MethodPatches  = "compose.patches"  // NameParams → Patches
	MethodRunHook  = "hooks.run"        // HookParams → {}
	MethodSecrets  = "secrets.fetch"    // SecretsParams → Secrets
	MethodStack    = "stack.get"        // NameParams → Stack
	MethodPolicy   = "policy.check"     // PolicyParams → PolicyResult
	MethodCommand  = "command.run"      // CommandParams → CommandResult
)

// Notifications. Cancel is devpm's, the others are the program's; a program
// may ignore Cancel, and gets a signal when its time is over.
const (
	NotifyCancel   = "$/cancelRequest" // CancelParams
	NotifyLog      = "log"             // LogParams
	NotifyProgress = "progress"        // ProgressParams
	NotifyOutput   = "output"          // OutputParams; of a command only
)

// Capability is something that a program can do, with the version in which it
// does it. Each is versioned on its own.
type Capability string

// The capabilities.
const (
	PrepareSteps    Capability = "prepare.steps/1"
	ComposeFragment Capability = "compose.fragment/1"
	ComposePatch    Capability = "compose.patch/1"
	Hooks           Capability = "hooks/1"
	SecretsProvider Capability = "secrets/1"
	StackProvider   Capability = "stack/1"
	PolicyProvider  Capability = "policy/1"
	Commands        Capability = "command/1"
)

// Capabilities lists all, in the order in which they are shown.
func Capabilities() []Capability {
	return []Capability{PrepareSteps, ComposeFragment, ComposePatch, Hooks, SecretsProvider, StackProvider, PolicyProvider, Commands}
}

// CapabilityOf is the capability that a method belongs to; "" for methods that every
// program has and for those that this version does not know.
func CapabilityOf(method string) Capability {
	switch method {
	case MethodEvaluate, MethodExecute:
		return PrepareSteps
	case MethodServices:
		return ComposeFragment
	case MethodPatches:
		return ComposePatch
	case MethodRunHook:
		return Hooks
	case MethodSecrets:
		return SecretsProvider
	case MethodStack:
		return StackProvider
	case MethodPolicy:
		return PolicyProvider
	case MethodCommand:
		return Commands
	}
	return ""
}

// Error codes of JSON-RPC 2.0, and those of this protocol.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeMethodNotFound = -32601
	CodeInvalidParams  = -32602
	CodeInternal       = -32603

	CodeCancelled = -32800 // the request was cancelled, as asked
	CodeFailed    = -32000 // the extension says that its work failed: Message is for the user
	CodeConfig    = -32001 // the project's or the extension's settings are wrong: Message is for the user
)

// ErrorData is the `data` of an error of the program; all of it may be absent.
type ErrorData struct {
	Source   string   `json:"source,omitempty"`    // file of the extension that failed
	Line     int      `json:"line,omitempty"`      // in Source, from 1
	Fix      string   `json:"fix,omitempty"`       // what the user can do
	ExitCode int      `json:"exit_code,omitempty"` // of a program that the work ended with
	Trace    []string `json:"trace,omitempty"`     // for the log, never for the user's first look
}
