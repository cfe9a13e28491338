package diag

// Codes of `devpm init`.
const (
	ImportSyntax      Code = "DPM6101"
	ImportUnsupported Code = "DPM6102"
	ImportDropped     Code = "DPM6103"
	ImportChanged     Code = "DPM6104"
	ImportDiffers     Code = "DPM6105"
	ImportOverride    Code = "DPM6106"
	InitAborted       Code = "DPM6107"
	InitLink          Code = "DPM6108"
)

var initCodes = []CodeInfo{
	{ImportSyntax, "a Compose file cannot be read"},
	{ImportUnsupported, "a Compose file uses what a manifest cannot say"},
	{ImportDropped, "a part of a Compose file is not carried over"},
	{ImportChanged, "a part of a Compose file is written in another way"},
	{ImportDiffers, "the imported manifest means something else"},
	{ImportOverride, "an override file is not imported"},
	{InitAborted, "the questions were not answered"},
	{InitLink, "a project cannot be made from a link"},
}
