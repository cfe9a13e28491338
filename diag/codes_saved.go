package diag

// Codes of saved plans.
const (
	SavedMoved    Code = "DPM3501"
	SavedFile     Code = "DPM3502"
	SavedProject  Code = "DPM3503"
	SavedVersion  Code = "DPM3504"
	SavedKey      Code = "DPM3505"
	SavedBoundary Code = "DPM3506"
	SavedPlace    Code = "DPM3507"
	SavedDiffers  Code = "DPM3508"
	SavedWithout  Code = "DPM3509"
)

var savedCodes = []CodeInfo{
	{SavedMoved, "something moved since the plan was saved"},
	{SavedFile, "the file is no saved plan that can be used"},
	{SavedProject, "the plan is of another project"},
	{SavedVersion, "the plan was saved in another version of the form"},
	{SavedKey, "the plan was saved by another user or on another machine"},
	{SavedBoundary, "the run would go on with steps that the saved plan does not have"},
	{SavedPlace, "a plan cannot be saved there"},
	{SavedDiffers, "the plan of now is another one than the saved plan"},
	{SavedWithout, "a saved plan leaves an extension out"},
}
