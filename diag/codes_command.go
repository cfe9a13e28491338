package diag

// Codes of the command line.
const (
	CommandFailed     Code = "DPM6001"
	NoManifest        Code = "DPM6002"
	ManifestFile      Code = "DPM6003"
	NoDirectory       Code = "DPM6004"
	ManifestExists    Code = "DPM6005"
	NoSuchPath        Code = "DPM6006"
	NoSuchService     Code = "DPM6007"
	WorkingDirectory  Code = "DPM6008"
	DotenvFile        Code = "DPM6009"
	EnvironmentValue  Code = "DPM6010"
	NoDocument        Code = "DPM6011"
	NotAppliedYet     Code = "DPM6012"
	GoingOnWithFaults Code = "DPM6013"
	ModulesMissing    Code = "DPM6014"
	UsageWrong        Code = "DPM6015"
	OverrideUnread    Code = "DPM6016"
)

var commandCodes = []CodeInfo{
	{CommandFailed, "a command failed"},
	{NoManifest, "there is no manifest"},
	{ManifestFile, "the manifest cannot be read"},
	{NoDirectory, "the directory after -C cannot be used"},
	{ManifestExists, "an odpm.json is there already"},
	{NoSuchPath, "the document has no such path"},
	{NoSuchService, "there is no such service"},
	{WorkingDirectory, "the working directory cannot be determined"},
	{DotenvFile, "a dotenv file cannot be read"},
	{EnvironmentValue, "a setting of the environment has a wrong value"},
	{NoDocument, "the project has not been brought up yet"},
	{NotAppliedYet, "a setting is not applied by this version"},
	{GoingOnWithFaults, "the manifest has faults and the command goes on"},
	{ModulesMissing, "-i or -u names no modules"},
	{UsageWrong, "wrong flags or arguments"},
	{OverrideUnread, "an override file of Compose is not read"},
}
