package diag

// Codes of packages: extension.yml (740x to 742x), archives (743x), the store
// (745x), installing (747x), signatures (749x) and commands of packages (751x).
const (
	PackageYAML        Code = "DPM7401"
	PackageLimit       Code = "DPM7402"
	PackageType        Code = "DPM7403"
	PackageMissing     Code = "DPM7404"
	PackageKey         Code = "DPM7405"
	PackageName        Code = "DPM7406"
	PackageVersion     Code = "DPM7407"
	PackageLevel       Code = "DPM7408"
	PackagePython      Code = "DPM7409"
	PackagePaths       Code = "DPM7410"
	PackageZipSafe     Code = "DPM7411"
	PackageRuntime     Code = "DPM7412"
	PackageCapability  Code = "DPM7413"
	PackageContributes Code = "DPM7414"
	PackageBinary      Code = "DPM7415"

	ArchiveDamaged   Code = "DPM7430"
	ArchiveRoot      Code = "DPM7431"
	ArchiveEntry     Code = "DPM7432"
	ArchiveKind      Code = "DPM7433"
	ArchiveClash     Code = "DPM7434"
	ArchiveLimit     Code = "DPM7435"
	ArchiveEncrypted Code = "DPM7436"
	ArchiveWheel     Code = "DPM7437"
	BuildSource      Code = "DPM7438"

	StoreMissing  Code = "DPM7450"
	StoreConflict Code = "DPM7451"
	StoreDamaged  Code = "DPM7452"
	StorePython   Code = "DPM7453"
	StoreWheel    Code = "DPM7454"
	StorePlatform Code = "DPM7455"

	InstallSource  Code = "DPM7470"
	InstallFetch   Code = "DPM7471"
	InstallLocked  Code = "DPM7472"
	InstallProject Code = "DPM7473"
	PackageFile    Code = "DPM7474"
	RequireAbsent  Code = "DPM7475"
	StillRequired  Code = "DPM7476"

	SignatureMissing   Code = "DPM7490"
	SignatureBad       Code = "DPM7491"
	SignatureUntrusted Code = "DPM7492"
	SignatureKey       Code = "DPM7493"

	TaskNone    Code = "DPM7510"
	TaskTimeout Code = "DPM7511"
)

var packCodes = []CodeInfo{
	{PackageYAML, "extension.yml cannot be read"},
	{PackageLimit, "extension.yml is too large"},
	{PackageType, "a value of extension.yml has the wrong type"},
	{PackageMissing, "extension.yml lacks a key"},
	{PackageKey, "a key of extension.yml is wrong"},
	{PackageName, "the name of an extension is malformed"},
	{PackageVersion, "the version of an extension is malformed"},
	{PackageLevel, "the API level of an extension is not known"},
	{PackagePython, "requires_python is malformed"},
	{PackagePaths, "an entry of python_extra_paths leads elsewhere"},
	{PackageZipSafe, "zip_safe does not fit the rest"},
	{PackageRuntime, "the runtime of an extension does not fit the rest"},
	{PackageCapability, "a capability is not known"},
	{PackageContributes, "what an extension contributes is malformed"},
	{PackageBinary, "a program of an extension is malformed"},
	{ArchiveDamaged, "a package is damaged or ambiguous"},
	{ArchiveRoot, "a package lacks a file"},
	{ArchiveEntry, "a package has an entry with a dangerous name"},
	{ArchiveKind, "a package has an entry that is no plain file"},
	{ArchiveClash, "a package has two entries that are one file"},
	{ArchiveLimit, "a package is too large"},
	{ArchiveEncrypted, "a package is encrypted"},
	{ArchiveWheel, "a wheel does not fit its package"},
	{BuildSource, "a directory cannot be packed"},
	{StoreMissing, "an extension is not installed"},
	{StoreConflict, "a version is installed with other content"},
	{StoreDamaged, "the store of extensions is damaged"},
	{StorePython, "no Python is right for an extension"},
	{StoreWheel, "no wheel of an extension fits the Python"},
	{StorePlatform, "an extension has no program for this platform"},
	{InstallSource, "a package cannot be taken from there"},
	{InstallFetch, "a package cannot be downloaded"},
	{InstallLocked, "a package is not the one that is locked"},
	{InstallProject, "the manifest cannot be changed for an extension"},
	{PackageFile, "a file of a package cannot be read or written"},
	{RequireAbsent, "the project does not require the extension"},
	{StillRequired, "the project still requires an extension that was removed"},
	{SignatureMissing, "a package is not signed"},
	{SignatureBad, "the signature of a package is wrong"},
	{SignatureUntrusted, "a package is signed by a key that is not trusted"},
	{SignatureKey, "a key cannot be used"},
	{TaskNone, "an extension has no such command"},
	{TaskTimeout, "a command of an extension took too long"},
}
