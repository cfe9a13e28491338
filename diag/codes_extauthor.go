package diag

// Codes of the commands for authors of extensions.
const (
	NoExtension          Code = "DPM7001"
	NoExtensionProgram   Code = "DPM7002"
	NewExtensionName     Code = "DPM7003"
	NewExtensionOccupied Code = "DPM7004"
)

var extensionAuthorCodes = []CodeInfo{
	{NoExtension, "the path is no extension"},
	{NoExtensionProgram, "the extension has no program"},
	{NewExtensionName, "the name of a new extension cannot be used"},
	{NewExtensionOccupied, "the directory of a new extension is not empty"},
}
