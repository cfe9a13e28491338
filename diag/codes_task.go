package diag

// Codes of commands of extensions that are launched by hand.
const (
	TaskFailed   Code = "DPM7700"
	TaskField    Code = "DPM7702"
	TaskSecret   Code = "DPM7703"
	TaskDisabled Code = "DPM7705"
)

var taskCodes = []CodeInfo{
	{TaskFailed, "a command of an extension failed"},
	{TaskField, "a field of a command cannot be used"},
	{TaskSecret, "a field on the command line looks like a secret"},
	{TaskDisabled, "an extension is disabled in the project"},
}
