package diag

// Codes of what the user settled for extensions.
const (
	ExtensionSettings    Code = "DPM7201"
	SandboxIncomplete    Code = "DPM7202"
	ExtensionNotAccepted Code = "DPM7203"
)

var sandboxCodes = []CodeInfo{
	{ExtensionSettings, "the settings of extensions cannot be used"},
	{SandboxIncomplete, "an extension cannot be held in as the settings require"},
	{ExtensionNotAccepted, "an extension is not on the user's accept list"},
}
