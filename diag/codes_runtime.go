package diag

// Codes of what surrounds a start: editor files, the database, the ci image.
const (
	EditorFileKept   Code = "DPM3611"
	EditorFileBroken Code = "DPM3612"
)

var runtimeCodes = []CodeInfo{
	{EditorFileKept, "an editor's file is left alone"},
	{EditorFileBroken, "an editor's file is malformed"},
}
