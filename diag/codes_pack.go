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
}
