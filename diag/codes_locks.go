package diag

// Codes of nested dependencies (320x) and of lock files (321x, 322x).
const (
	DependencyManifest Code = "DPM3201"
	DependencyShadowed Code = "DPM3202"
	DependencyVersion  Code = "DPM3203"
	DependencyName     Code = "DPM3204"
	DependencyLink     Code = "DPM3205"
	DependencyTwice    Code = "DPM3206"
	DependencyBound    Code = "DPM3207"
	DependencySecret   Code = "DPM3208"
	LockFile           Code = "DPM3211"
	LockMissing        Code = "DPM3212"
	LockStale          Code = "DPM3213"
	LockDrift          Code = "DPM3214"
	LockSources        Code = "DPM3215"
	LockSync           Code = "DPM3216"
	LockPlatform       Code = "DPM3217"
	LockedAbsent       Code = "DPM3221"
	LockedDiffers      Code = "DPM3222"
	LockName           Code = "DPM3223"
	LockUnknown        Code = "DPM3224"
)

var lockCodes = []CodeInfo{
	{DependencyManifest, "the manifest of a dependency is not used"},
	{DependencyShadowed, "a service of a dependency is not used"},
	{DependencyVersion, "a dependency is made for another version"},
	{DependencyName, "a dependency declares a service that it must not"},
	{DependencyLink, "a dependency names a repository that cannot be used"},
	{DependencyTwice, "dependencies want one repository in two versions"},
	{DependencyBound, "dependencies name too many repositories"},
	{DependencySecret, "a dependency asks for a secret"},
	{LockFile, "a lock file cannot be read"},
	{LockMissing, "a repository has no entry in the lock"},
	{LockStale, "the lock holds a repository that the project does not have"},
	{LockDrift, "a repository is not on its locked commit"},
	{LockSources, "two locks of the project differ"},
	{LockSync, "locks.git cannot be brought up to date"},
	{LockPlatform, "locks.git does not hold the platform"},
	{LockedAbsent, "something is not locked"},
	{LockedDiffers, "something differs from the lock"},
	{LockName, "the lock has nothing of this name"},
	{LockUnknown, "what something is cannot be told yet"},
}
