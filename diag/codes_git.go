package diag

// Codes of prepare/git (310x to 312x) and prepare/odoo (313x, 314x).
const (
	GitNotFound      Code = "DPM3101"
	GitLogin         Code = "DPM3102"
	GitUnreachable   Code = "DPM3103"
	GitBranch        Code = "DPM3104"
	GitCommit        Code = "DPM3105"
	GitForeign       Code = "DPM3106"
	GitLocalWork     Code = "DPM3107"
	GitLocalMissing  Code = "DPM3108"
	GitNotInstalled  Code = "DPM3109"
	GitFailed        Code = "DPM3110"
	GitLink          Code = "DPM3111"
	GitOrigin        Code = "DPM3112"
	GitHeld          Code = "DPM3113"
	GitOwner         Code = "DPM3114"
	GitDisk          Code = "DPM3115"
	GitDiverged      Code = "DPM3116"
	GitCertificate   Code = "DPM3117"
	GitStoreUnused   Code = "DPM3120"
	GitStoreDamaged  Code = "DPM3121"
	GitOffline       Code = "DPM3122"
	GitBuildDate     Code = "DPM3123"
	OdooConfSyntax   Code = "DPM3131"
	OdooTwoVersions  Code = "DPM3132"
	OdooConfSettings Code = "DPM3133"
	OdooBuildDate    Code = "DPM3140"
)

var gitCodes = []CodeInfo{
	{GitNotFound, "the repository was not found"},
	{GitLogin, "the git server refused the login"},
	{GitUnreachable, "the git server cannot be reached"},
	{GitBranch, "the repository has no such branch"},
	{GitCommit, "the repository has no such commit"},
	{GitForeign, "something else is where a repository belongs"},
	{GitLocalWork, "a repository with local work is left alone"},
	{GitLocalMissing, "the directory of a file:// link cannot be used"},
	{GitNotInstalled, "git cannot be started"},
	{GitFailed, "git failed"},
	{GitLink, "the git link cannot be used"},
	{GitOrigin, "the repository has another origin"},
	{GitHeld, "another program holds the repository"},
	{GitOwner, "the repository belongs to another user"},
	{GitDisk, "the disk cannot be written"},
	{GitDiverged, "a branch cannot be moved forward"},
	{GitCertificate, "the certificate of the git server is not trusted"},
	{GitStoreUnused, "the shared git store cannot be used"},
	{GitStoreDamaged, "the shared git store was damaged"},
	{GitOffline, "a repository comes from what was fetched before"},
	{GitBuildDate, "the branch has no commit that old"},
	{OdooConfSyntax, "odoo.conf cannot be read"},
	{OdooTwoVersions, "one repository is wanted in two versions"},
	{OdooConfSettings, "an odoo_conf value cannot be written"},
	{OdooBuildDate, "the build date cannot be read"},
}
