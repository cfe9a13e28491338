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
)

var runtimeCodes = []CodeInfo{
	{DatabaseMajor, "the database's files are of another PostgreSQL"},
	{DatabaseGone, "the database's files are gone"},
	{DatabaseMoved, "the database would be looked for elsewhere"},
	{DatabaseScenario, "the database was last used in another scenario"},
	{DatabaseNone, "the project has no database of devpm's"},
	{EditorFileKept, "an editor's file is left alone"},
	{EditorFileBroken, "an editor's file is malformed"},
}
