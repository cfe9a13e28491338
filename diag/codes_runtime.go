package diag

// Codes of what surrounds a start: editor files, the database, the ci image.
const (
	DatabaseMajor    Code = "DPM3601"
	DatabaseGone     Code = "DPM3602"
	DatabaseMoved    Code = "DPM3603"
	DatabaseScenario Code = "DPM3604"
	DatabaseNone     Code = "DPM3605"
	EditorFileKept   Code = "DPM3611"
	EditorFileBroken Code = "DPM3612"
	CIImageElsewhere Code = "DPM3650"
	CIImageTag       Code = "DPM3651"
	CIImageAbsent    Code = "DPM3652"
	CIImageSource    Code = "DPM3653"
	CIImageMoved     Code = "DPM3654"
	CIImageSecret    Code = "DPM3655"
	CIImageOwnLines  Code = "DPM3656"
	CIImagePush      Code = "DPM3657"
)

var runtimeCodes = []CodeInfo{
	{DatabaseMajor, "the database's files are of another PostgreSQL"},
	{DatabaseGone, "the database's files are gone"},
	{DatabaseMoved, "the database would be looked for elsewhere"},
	{DatabaseScenario, "the database was last used in another scenario"},
	{DatabaseNone, "the project has no database of devpm's"},
	{EditorFileKept, "an editor's file is left alone"},
	{EditorFileBroken, "an editor's file is malformed"},
	{CIImageElsewhere, "only the scenario ci has a ci image"},
	{CIImageTag, "the name of the ci image cannot be this"},
	{CIImageAbsent, "the ci image is not on the engine"},
	{CIImageSource, "a source of the ci image cannot be read"},
	{CIImageMoved, "a source changed while the ci image was made"},
	{CIImageSecret, "a secret stays out of the ci image"},
	{CIImageOwnLines, "your own lines of odoo.conf stay out of the ci image"},
	{CIImagePush, "the ci image cannot be pushed"},
}
