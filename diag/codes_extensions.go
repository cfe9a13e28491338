package diag

// Codes of what extensions bring into a project: what two of them both claim,
// what a manifest asks of them, what the user's rules forbid. Starting them,
// the sandbox, Python and packages have codes of their own (70xx to 75xx).
const (
	ExtensionUnusable    Code = "DPM7600"
	ExtensionTwice       Code = "DPM7601"
	ExtensionBuiltinStep Code = "DPM7602"
	ExtensionNotice      Code = "DPM7603"
	HookPhase            Code = "DPM7604"
	StackUnknown         Code = "DPM7605"
	ExtensionDenied      Code = "DPM7606"
	ExtensionPolicy      Code = "DPM7607"
	ExtensionUnlocked    Code = "DPM7608"
)

var extensionCodes = []CodeInfo{
	{ExtensionUnusable, "an extension cannot be used"},
	{ExtensionTwice, "two extensions have something of the same name"},
	{ExtensionBuiltinStep, "an extension has a step of devpm"},
	{ExtensionNotice, "an extension says something about itself"},
	{HookPhase, "a hook runner does not know the phase"},
	{StackUnknown, "no extension has the stack"},
	{ExtensionDenied, "the policy does not allow what an extension can do"},
	{ExtensionPolicy, "a policy of an extension objects"},
	{ExtensionUnlocked, "the lock does not hold an extension"},
}
