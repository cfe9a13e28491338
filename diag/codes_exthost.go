package diag

// Codes of the programs of extensions.
const (
	ExtensionNotStarted Code = "DPM7100"
	ExtensionEnded      Code = "DPM7101"
	ExtensionSilent     Code = "DPM7102"
	ExtensionNoMessage  Code = "DPM7103"
	ExtensionTooLong    Code = "DPM7104"
	ExtensionFailed     Code = "DPM7105"
	ExtensionProtocol   Code = "DPM7106"
	ExtensionShape      Code = "DPM7107"
	ExtensionLeft       Code = "DPM7108"
	ExtensionStubborn   Code = "DPM7109"
)

var extensionHostCodes = []CodeInfo{
	{ExtensionNotStarted, "an extension cannot be started"},
	{ExtensionEnded, "an extension ended while it was needed"},
	{ExtensionSilent, "an extension did not answer in time"},
	{ExtensionNoMessage, "an extension wrote something that is no message"},
	{ExtensionTooLong, "a message of an extension is too long"},
	{ExtensionFailed, "an extension says that its work failed"},
	{ExtensionProtocol, "an extension speaks another protocol"},
	{ExtensionShape, "an answer of an extension has the wrong shape"},
	{ExtensionLeft, "an extension left processes behind"},
	{ExtensionStubborn, "an extension did not end when it was asked to"},
}
