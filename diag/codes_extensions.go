package diag

// Codes of what extensions bring into a project: what two of them both claim,
// what a manifest asks of them, what the user's rules forbid. Starting them,
// the sandbox, Python and packages have codes of their own (70xx to 75xx).
const (
	ExtensionUnusable    Code = "DPM7600"
	ExtensionTwice       Code = "DPM7601"
	ExtensionBuiltinStep Code = "DPM7602"
	ExtensionNotice      Code = "DPM7604"
	HookPhase            Code = "DPM7606"
	StackUnknown         Code = "DPM7607"
	ExtensionLeftOut     Code = "DPM7608"
	ExtensionDenied      Code = "DPM7609"
	ExtensionSandbox     Code = "DPM7610"
	ExtensionUnsigned    Code = "DPM7611"
	ExtensionUnlocked    Code = "DPM7612"
	ExtensionPolicy      Code = "DPM7613"
	ExtensionProvider    Code = "DPM7614"
)

var extensionCodes = []CodeInfo{
	{ExtensionUnusable, "an extension cannot be used"},
	{ExtensionTwice, "two extensions have something of the same name"},
	{ExtensionBuiltinStep, "an extension has a step of devpm"},
	{ExtensionNotice, "an extension says something about itself"},
	{HookPhase, "a hook runner does not know the phase"},
	{StackUnknown, "no extension has the stack"},
	{ExtensionLeftOut, "an extension takes no part in this run"},
	{ExtensionDenied, "the policy does not allow what an extension can do"},
	{ExtensionSandbox, "the sandbox is required and not whole here"},
	{ExtensionUnsigned, "signatures are required and a package has none that counts"},
	{ExtensionUnlocked, "the lock holds another extension, or none"},
	{ExtensionPolicy, "a policy of an extension objects"},
	{ExtensionProvider, "no extension has the secrets provider"},
}
