package diag

// Codes of `devpm explain` for generated files.
const (
	NoSuchFile Code = "DPM6121"
	NoSuchKey  Code = "DPM6122"
)

var explainCodes = []CodeInfo{
	{NoSuchFile, "devpm generates no such file"},
	{NoSuchKey, "a generated file has no such key"},
}
